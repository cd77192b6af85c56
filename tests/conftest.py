"""Options of the test run, and the browser that several tests share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import SKIPPED, Browser, chromium
from diagrams import Mermaid, npm_packages

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="write golden files anew from what the tool does now; read the diff before committing",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line why tests were left out that need what this machine has not."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in reasons.items():
        if reason.startswith((SKIPPED, "not measured: ")):
            terminalreporter.write_line(f"{count} tests skipped: {reason}")


@pytest.fixture(scope="session")
def regenerate(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--regenerate"))


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One Chromium for the whole run: starting it takes longer than most tests."""
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def browser(chrome: Chrome) -> Browser:
    """Chromium with an empty page; the test is skipped where there is none."""
    found = Browser(chrome)
    found.reset()
    return found


@pytest.fixture(scope="session")
def npm() -> Path:
    """The folder of the npm packages that tests use."""
    return npm_packages()


@pytest.fixture
def mermaid(browser: Browser, npm: Path) -> Mermaid:
    """Parses and renders Mermaid texts in the page that is open."""
    return Mermaid(browser, npm / "mermaid" / "dist" / "mermaid.min.js")
