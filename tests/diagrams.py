"""What GitHub shows of a Markdown text: its style, and Mermaid diagrams in a real browser.

The npm packages that `tests/npm/package-lock.json` pins are the only thing that is downloaded.
"""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from browser import Browser, unavailable

NPM = Path(__file__).parent / "npm"


@dataclass(frozen=True, slots=True)
class Mermaid:
    """The `mermaid` bundle, put into whatever page is open. Syntax errors are ScriptErrors.

    A page's own policy does not keep it out, as it comes through the protocol and not as a script.
    """

    browser: Browser
    bundle: Path

    def parse(self, text: str) -> str:
        """The type of the diagram that the text is: ``gantt``, ``flowchart-v2``."""
        self._load()
        found = self.browser.run("return await mermaid.parse(arguments[0]);", text)
        return str(found["diagramType"])

    def render(self, text: str) -> str:
        """The SVG that GitHub's readers see (``securityLevel: strict``, as there).

        Finds what parsing does not: a date that is none, say.
        """
        self._load()
        script = "return (await mermaid.render('mermaid-test', arguments[0])).svg;"
        return str(self.browser.run(script, text))

    def _load(self) -> None:
        if self.browser.run("return typeof mermaid === 'undefined';"):
            text = self.bundle.read_text(encoding="utf-8")
            self.browser.devtools("Runtime.evaluate", expression=text)
            self.browser.run(
                "mermaid.initialize({startOnLoad: false, securityLevel: 'strict'});"
                "document.body || document.documentElement.append(document.createElement('body'));"
            )


def npm_packages() -> Path:
    """The folder of the npm packages, as the lock file has them; `npm ci` brings them once.

    No test without npm, and none if the registry does not answer.
    """
    modules = NPM / "node_modules"
    if _packages(modules / ".package-lock.json") == _packages(NPM / "package-lock.json"):
        return modules  # npm writes the hidden file when everything else is there
    npm = shutil.which("npm")
    if npm is None:
        unavailable("`npm` is missing (Debian: apt-get install npm)")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=NPM, capture_output=True, text=True, check=False,
                              timeout=600)  # fmt: skip
    except subprocess.TimeoutExpired:
        unavailable("`npm ci` in tests/npm did not end in ten minutes")
    if done.returncode:
        cause = next((line for line in done.stderr.splitlines() if "npm error" in line), "")
        unavailable(f"`npm ci` in tests/npm failed: {cause or done.stderr[-200:]}")
    return modules


def _packages(lock: Path) -> dict[str, Any] | None:
    """What a lock file names besides its own folder, None if there is no such file."""
    if not lock.is_file():
        return None
    packages: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return {name: package for name, package in packages.items() if name}


def comment_page(path: Path, markdown: str, modules: Path, *, scheme: str = "light") -> Path:
    """Write the page on which a Markdown comment looks as on GitHub, Mermaid diagrams included.

    What GitHub does besides (it leaves out most HTML, links names and numbers) is not done here.
    """
    from markdown_it import MarkdownIt  # comes with rich

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    def fence(renderer: Any, tokens: Any, i: int, options: Any, env: Any) -> str:
        content = html.escape(tokens[i].content)
        if tokens[i].info.strip() == "mermaid":
            return f'<pre class="mermaid">{content}</pre>'
        return f'<div class="highlight"><pre><code>{content}</code></pre></div>'

    parser.add_render_rule("fence", fence)
    css = (modules / "github-markdown-css" / f"github-markdown-{scheme}.css").read_text("utf-8")
    bundle = (modules / "mermaid" / "dist" / "mermaid.min.js").as_uri()
    theme = "dark" if scheme == "dark" else "default"
    frame = "max-width: 760px; margin: 24px auto; padding: 16px; border: 1px solid #8884"
    ground = "#0d1117" if scheme == "dark" else "#ffffff"
    path.write_text(
        f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Comment</title>
<style>{css}
body {{ margin: 0; background: {ground} }} .markdown-body {{ {frame}; border-radius: 6px }}
pre.mermaid {{ background: none !important; padding: 0 !important }}
</style>
<article class="markdown-body">{parser.render(markdown)}</article>
<script src="{bundle}"></script>
<script>
mermaid.initialize({{startOnLoad: false, securityLevel: "strict", theme: "{theme}"}});
window.drawn = mermaid.run({{querySelector: "pre.mermaid"}});
</script></html>
""",
        encoding="utf-8",
    )
    return path
