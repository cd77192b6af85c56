"""Scripts as users bring them, without any configuration: what they see first.

None ends in silence, none is longer than a screen, and each says what to do next: a finding to
fix, a declaration to paste, or why there is nothing to gain.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from pexec.analyzer.cli import lint_command
from pexec.codemods.rewrite import rewrite

FOLDER = Path(__file__).parent.parent / "fixtures" / "first-contact"
SCRIPTS = sorted(FOLDER.glob("*.py"))
SCREEN = 40  # lines
NEXT = (
    "[*]", "[[tool.pexec.tools]]", "nothing to run together", "--show-blocked",
    "nothing bounds how many",
)  # fmt: skip


def output(script: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What ``pexec-lint --isolated SCRIPT`` prints in the script's folder."""
    monkeypatch.chdir(script.parent)
    result = CliRunner().invoke(lint_command, ["--isolated", script.name], obj=rewrite)
    assert result.exit_code in (0, 1), result.output
    assert result.stderr == ""
    return result.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=[s.stem for s in SCRIPTS])
def test_first_contact(script: Path, regenerate: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text = output(script, monkeypatch)
    expected = script.with_suffix(".txt")
    if regenerate:
        expected.write_text(text, encoding="utf-8", newline="\n")
    assert text == expected.read_text(encoding="utf-8")
    assert 0 < len(text.splitlines()) <= SCREEN
    assert any(words in text for words in NEXT)


def test_there_are_enough_scripts() -> None:
    assert len(SCRIPTS) >= 10
