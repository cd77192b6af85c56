"""docs/vocabularies.md shows the files of the example, and what the commands print for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import fix, lint

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "fixtures" / "vocabulary"
PAGE = ROOT / "docs" / "vocabularies.md"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example's agent, and its package as if it were installed."""
    shutil.copytree(EXAMPLE / "acme_pexec", tmp_path / "site" / "acme_pexec")
    (tmp_path / "work").mkdir()
    for name in ("agent.py", "pexec.toml"):
        shutil.copy(EXAMPLE / name, tmp_path / "work" / name)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_the_page_shows_the_files(regenerate: bool) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for path in (EXAMPLE / "acme_pexec" / "acme.toml", EXAMPLE / "pyproject.toml"):
        content = path.read_text(encoding="utf-8").rstrip("\n")
        if regenerate:
            text = text.replace(f"{{{path.name}}}", content)
        assert f"```toml\n{content}\n```" in text
    if regenerate:
        PAGE.write_text(text, encoding="utf-8", newline="\n")


@pytest.mark.usefixtures("project")
def test_the_page_shows_what_the_commands_print(regenerate: bool) -> None:
    shown = {
        "effects": lint("--show-effects", "agent.py:5").stdout.rstrip("\n"),
        "diff": fix("--diff", "agent.py").stdout.rstrip("\n"),
    }
    text = PAGE.read_text(encoding="utf-8")
    for name, printed in shown.items():
        if regenerate:
            text = text.replace(f"{{{name}}}", printed)
        assert printed in text
    if regenerate:
        PAGE.write_text(text, encoding="utf-8", newline="\n")


def test_a_write_is_left_in_its_place(project: Path) -> None:
    fix("agent.py")
    text = (project / "agent.py").read_text(encoding="utf-8")
    assert text.count("asyncio.gather") == 1
    assert '    await client.orders.create(account_id, "tea")\n    return await' in text
