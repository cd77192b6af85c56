"""What the tutorial shows is what a reader gets: its files are written, its commands are run.

`pytest --regenerate` writes the outputs anew, except those that hold `…` and still match.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import fix, lint
from pexec.analyzer import options

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "tutorial.md"
COMMANDS = {"pexec-lint": lint, "pexec-fix": fix}
SHELL = frozenset({"chmod", "echo", "grep"})
#: What is not run here, and what it prints: `tests/test_pre_commit.py` runs the real hooks.
PREPARATIONS = {
    "pip install": "",
    "git init": "",
    "cd agents": "",
    "git add": "",
    "pre-commit install": "pre-commit installed at .git/hooks/pre-commit\n",
}
WIDTH = 79  # of pre-commit's line for a hook
HOOK = re.compile(r"- id: (\S+)\n(?:  .*\n)*?  entry: (.+)\n")
#: A file to write (the last word in `…` before a block), or a block of commands.
BLOCK = re.compile(r"(?:`([\w.-]+)`[^`\n]*:\n\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the page and what the page says that it prints, with the place of that."""

    command: str
    shown: str
    start: int
    end: int


def steps(start: int, block: str) -> Iterator[Step]:
    """The commands of a console block that begins at ``start`` of the page."""
    for found in re.finditer(r"\$ (.*)\n((?:(?!\$ ).*\n)*)", block):
        yield Step(found[1], found[2], start + found.start(2), start + found.end(2))


def matches(shown: str, printed: str) -> bool:
    """Is it the same text, where a line `…` stands for any lines?"""
    parts = [re.escape(part) for part in re.split(r"^…\n", shown, flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)+".join(parts), printed) is not None


class Reader:
    """Somebody who follows the page at a terminal, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.at_terminal = True
        self.exit_code = 0

    def does(self, command: str) -> str:
        """What a command prints, on either stream, in the order in which a terminal shows it."""
        words = shlex.split(command)
        if words[0] in COMMANDS:
            return self._runs(words)
        if command == "echo $?":
            return f"{self.exit_code}\n"
        if command.startswith("git commit "):
            return "".join(self._hooks())
        if " ".join(words[:2]) in PREPARATIONS:
            return PREPARATIONS[" ".join(words[:2])]
        assert words[0] in SHELL, f"this test does not know how to run: {command}"
        return subprocess.run(
            command, shell=True, cwd=self.folder, capture_output=True, text=True, check=True
        ).stdout

    def _runs(self, words: list[str]) -> str:
        result = COMMANDS[words[0]](*words[1:])
        assert isinstance(result.exception, SystemExit | None), result.exception
        self.exit_code = result.exit_code
        return result.output

    def _hooks(self) -> Iterator[str]:
        """pre-commit's output: each hook on all Python files, in the order of the page's file."""
        wanted = re.findall(r"- id: (\S+)", (self.folder / ".pre-commit-config.yaml").read_text())
        entries = dict(HOOK.findall((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")))
        self.at_terminal = False
        failed = False
        for name in wanted:
            before = self._texts()
            output = self._runs([*entries[name].split(), *before])
            failed |= self.exit_code != 0
            yield f"{name}{'Failed' if self.exit_code else 'Passed':.>{WIDTH - len(name)}}\n"
            if self.exit_code:
                yield f"- hook id: {name}\n- exit code: {self.exit_code}\n"
                yield "- files were modified by this hook\n" * (before != self._texts())
                yield f"\n{output}\n"
        self.at_terminal = True
        self.exit_code = int(failed)

    def _texts(self) -> dict[str, str]:
        return {p.name: p.read_text(encoding="utf-8") for p in sorted(self.folder.glob("*.py"))}


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    folder = tmp_path / "agents"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    who = Reader(folder)
    monkeypatch.setattr(options, "on_terminal", lambda: who.at_terminal)
    return who


def test_who_follows_the_page_sees_what_it_shows(reader: Reader, regenerate: bool) -> None:
    page = PAGE.read_text(encoding="utf-8")
    renewed, copied = "", 0
    for block in BLOCK.finditer(page):
        if block[2] != "console":
            (reader.folder / block[1]).write_text(block[3], encoding="utf-8")
            continue
        for step in steps(block.start(3), block[3]):
            printed = reader.does(step.command)
            if regenerate and not matches(step.shown, printed):
                renewed += page[copied : step.start] + printed
                copied = step.end
            elif not matches(step.shown, printed):
                assert printed == step.shown, step.command
    if regenerate:
        PAGE.write_text(renewed + page[copied:], encoding="utf-8")


def test_what_is_left_out_is_marked() -> None:
    printed = "one\ntwo\nthree\n"
    assert matches("one\n…\nthree\n", printed)
    assert matches("one\n…\n", printed)
    assert not matches("one\nthree\n", printed)
    assert not matches("one\n…\ntwo\nthree\n", printed)
