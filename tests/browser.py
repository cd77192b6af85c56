"""A real Chromium for tests of pages: what a reader sees, clicks, hears and prints.

`browser` and `mermaid` (fixtures in conftest.py) hand these out. Nothing is downloaded, and the
browser reaches no host but this machine.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

#: Set where the tests must run: what would be skipped is a failure then.
REQUIRE = "PEXEC_REQUIRE_BROWSER"
#: How the reason of each skipped test begins; the run ends with a line that has it.
SKIPPED = "not tested in a browser: "
WIDTH, HEIGHT = 1280, 900
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # needed by root; only pages of the tests are opened
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--force-device-scale-factor=1",
    "--lang=en-US",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    f"--window-size={WIDTH},{HEIGHT}",
)


def unavailable(reason: str) -> NoReturn:
    """Skip a test that needs a browser, or fail it where `PEXEC_REQUIRE_BROWSER` is set."""
    if os.environ.get(REQUIRE):
        pytest.fail(f"{REQUIRE} is set, but {reason}", pytrace=False)
    pytest.skip(SKIPPED + reason)


def program(*names: str) -> str:
    """The path of the first of these programs that is installed, or no test."""
    for name in names:
        if found := shutil.which(name):
            return found
    unavailable(f"`{names[0]}` is missing (Debian: apt-get install chromium chromium-driver)")


@contextmanager
def chromium(folder: Path) -> Iterator[Chrome]:
    """A headless Chromium that keeps its data in ``folder``; it ends with the block."""
    binary = program("chromium", "chromium-browser", "google-chrome")
    driver = program("chromedriver")
    os.environ["SE_OFFLINE"] = "true"  # both programs are named, so nothing is looked for
    try:
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver import Chrome, ChromeOptions, ChromeService
    except ImportError:
        unavailable("`selenium` is missing (pip install 'pexec[dev]')")
    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        opened = Chrome(options=options, service=ChromeService(driver))
    except WebDriverException as error:  # of another version than the browser, say
        unavailable(f"Chromium does not start: {(error.msg or 'no reason given').splitlines()[0]}")
    opened.set_script_timeout(30)
    opened.set_page_load_timeout(60)
    try:
        yield opened
    finally:
        opened.quit()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address, with a slash at its end, under which a folder is served during the block."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@dataclass(frozen=True, slots=True)
class Node:
    """What a screen reader is told of one thing on the page."""

    role: str
    name: str
    description: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Browser:
    """The open page. ``selector`` is CSS; what matches nothing is an error that names it."""

    driver: Chrome

    # -- pages ---------------------------------------------------------------------------------

    def open(self, page: Path | str) -> None:
        """Open a file or an address, and forget the console and the requests so far."""
        self.errors()
        self.requests()
        self.driver.get(page.resolve().as_uri() if isinstance(page, Path) else page)

    def reset(self) -> None:
        """An empty page of the usual size, online, as on a screen."""
        self.offline(False)
        self.media()
        self.resize()
        self.open("about:blank")

    def resize(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        """The size of what is seen of the page, in CSS pixels."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)  # fmt: skip

    def media(self, scheme: str = "light", *, type: str = "", reduced_motion: bool = False) -> None:
        """Emulate ``prefers-color-scheme`` (dark or light), and a medium such as ``print``."""
        motion = "reduce" if reduced_motion else "no-preference"
        features = [{"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": motion}]  # fmt: skip
        self.devtools("Emulation.setEmulatedMedia", media=type, features=features)

    def offline(self, off: bool = True) -> None:
        """Take the network away, or give it back."""
        self.devtools("Network.enable")
        self.devtools("Network.emulateNetworkConditions", offline=off, latency=0,
                      downloadThroughput=-1, uploadThroughput=-1)  # fmt: skip

    # -- acting --------------------------------------------------------------------------------

    def click(self, selector: str) -> None:
        """Click as a reader does: what is hidden, or lies below something else, is an error."""
        self._one(selector).click()

    def hover(self, selector: str) -> None:
        """Move the mouse to the middle of what matches."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).move_to_element(self._one(selector)).perform()

    def press(self, *keys: str) -> None:
        """Press keys one after the other where the focus is: ``"Tab"``, ``"Enter"``, ``"a"``.

        ``"Shift+Tab"`` holds the first one down.
        """
        from selenium.webdriver import ActionChains, Keys

        def code(name: str) -> str:
            return getattr(Keys, name.upper()) if len(name) > 1 else name

        for key in keys:
            *held, last = key.split("+") if len(key) > 1 else [key]
            chain = ActionChains(self.driver)
            for name in held:
                chain = chain.key_down(code(name))
            chain = chain.send_keys(code(last))
            for name in reversed(held):
                chain = chain.key_up(code(name))
            chain.perform()

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self._one(selector).send_keys(text)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns; it may `await`, and takes ``arguments[0]`` and so on."""
        found = self.driver.execute_async_script(
            "const given = Array.from(arguments), done = given.pop();"
            f"(async function () {{ {script} }}).apply(null, given)"
            ".then(v => done({value: v}), e => done({error: String(e && e.message || e)}));",
            *arguments,
        )
        if "error" in found:
            raise ScriptError(found["error"])
        return found.get("value")

    # -- looking -------------------------------------------------------------------------------

    def text(self, selector: str = "body") -> str:
        """The text of the first match as it is seen: hidden text is left out."""
        return self._one(selector).text

    def texts(self, selector: str) -> list[str]:
        """The texts of all matches, in order of the page."""
        return [found.text for found in self.driver.find_elements("css selector", selector)]

    def count(self, selector: str) -> int:
        """How many things match."""
        return len(self.driver.find_elements("css selector", selector))

    def shown(self, selector: str) -> bool:
        """Is the first match displayed?"""
        return self._one(selector).is_displayed()

    def attribute(self, selector: str, name: str) -> str | None:
        """An attribute of the first match as it is written, None if it has none."""
        return self._one(selector).get_dom_attribute(name)

    def style(self, selector: str, name: str) -> str:
        """A computed style, such as ``background-color``: ``rgba(255, 255, 255, 1)``."""
        return self._one(selector).value_of_css_property(name)

    def box(self, selector: str) -> dict[str, float]:
        """Where the first match lies: x, y, width and height in CSS pixels."""
        return {name: float(value) for name, value in self._one(selector).rect.items()}

    def focused(self) -> str:
        """What has the focus, as ``tag#id`` (``body`` if nothing has)."""
        return str(self.run(
            "const e = document.activeElement;"
            "return e.tagName.toLowerCase() + (e.id ? '#' + e.id : '');"
        ))  # fmt: skip

    def wider_than_window(self) -> bool:
        """Would a reader have to scroll sideways?"""
        return bool(self.run(
            "const e = document.documentElement; return e.scrollWidth > e.clientWidth;"
        ))  # fmt: skip

    def errors(self) -> list[str]:
        """Warnings and errors of the console since the last call: uncaught exceptions too."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]  # fmt: skip

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call, the page's own included."""
        messages = [json.loads(entry["message"])["message"]
                    for entry in self.driver.get_log("performance")]  # fmt: skip
        return [m["params"]["request"]["url"] for m in messages
                if m["method"] == "Network.requestWillBeSent"]  # fmt: skip

    def accessibility(self) -> list[Node]:
        """The accessibility tree in order, without what a screen reader is not told."""
        self.devtools("Accessibility.enable")
        tree = self.devtools("Accessibility.getFullAXTree")["nodes"]
        self.devtools("Accessibility.disable")

        def value(node: dict[str, Any], key: str) -> str:
            return str(node.get(key, {}).get("value", ""))

        return [
            Node(value(n, "role"), value(n, "name"), value(n, "description"),
                 {p["name"]: p["value"].get("value") for p in n.get("properties", ())})
            for n in tree if not n.get("ignored")
        ]  # fmt: skip

    # -- pictures ------------------------------------------------------------------------------

    def screenshot(self, path: Path, selector: str = "") -> Path:
        """A PNG file of the whole page, or of the first match."""
        clip: dict[str, float] = {}
        if selector:
            clip = self.box(selector)
        else:
            size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
            clip = {name: size[name] for name in ("x", "y", "width", "height")}
        made = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                             clip={**clip, "scale": 1})  # fmt: skip
        path.write_bytes(base64.b64decode(made["data"]))
        return path

    def pdf(self, path: Path) -> int:
        """Print to a file, backgrounds as the page's style wants them; how many pages it has."""
        made = self.devtools("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        data = base64.b64decode(made["data"])
        path.write_bytes(data)
        return data.count(b"/Type /Page\n") or data.count(b"/Type /Page ")

    def devtools(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the Chrome DevTools Protocol."""
        return self.driver.execute_cdp_cmd(method, parameters)

    def _one(self, selector: str) -> Any:
        found = self.driver.find_elements("css selector", selector)
        assert found, f"nothing on the page matches {selector!r}"
        return found[0]


class ScriptError(Exception):
    """A script on the page failed; the message is the script's."""
