"""What the README shows is what the tool does."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import Analyzed, analyze_bytes
from pexec.codemods.rewrite import rewrite

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


def fixed(source: str) -> str:
    result = analyze_bytes(source.encode(), "script.py", Config(), rewrite)
    assert isinstance(result, Analyzed), result
    assert result.fixed is not None, result.blocked
    return result.fixed


def test_the_first_diff() -> None:
    lines = blocks("diff")[0].splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    assert fixed(before) == after


def test_the_ordered_form() -> None:
    shown = next(block for block in blocks("python") if "async def overview" in block)
    call = 'await client.get("https://shop.example.com/orders")'
    body = [
        re.sub(r"^    (?=    )", "", line.replace("await orders_task", call))
        for line in shown.splitlines()
        if not re.search(r"ensure_future|^    try:|finally:|cancel\(\)|return_exceptions", line)
    ]
    head = "import asyncio\n\nimport httpx\n\n\n"
    assert fixed(head + "\n".join(body) + "\n") == head + shown


def test_the_library_call_runs() -> None:
    code = next(block for block in blocks("python") if "parallelize(" in block)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, "README", "exec"), {})
    assert "orders_task" in output.getvalue()


def test_the_settings_are_accepted() -> None:
    import tomllib

    for block in blocks("toml"):
        check(tomllib.loads(block)["tool"]["pexec"], "README")


def test_every_link_leads_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
