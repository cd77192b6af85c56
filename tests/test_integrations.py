"""The page about formats and continuous integration: it is complete, its commands are accepted."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from pexec.analyzer.cli import lint_command
from pexec.analyzer.cli_report import report_command
from pexec.analyzer.options import FORMATS
from pexec.codemods.cli import fix_command

PAGE = (Path(__file__).parent.parent / "docs" / "integrations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = {c.name: c for c in (lint_command, fix_command, report_command)}


def test_all_formats_are_described_in_order() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE) == list(FORMATS)


@pytest.mark.parametrize("block", BLOCKS, ids=["github", "sarif", "gitlab"])
def test_commands_are_accepted(block: str) -> None:
    found = re.findall(r"pexec-(?:lint|fix|report) .*", block)
    assert found
    for line in found:
        name, *args = shlex.split(line)
        command = COMMANDS[name]
        assert isinstance(command, click.Command)
        given = command.make_context(name, args).params
        assert given["paths"] == (".",)
        if given["output_file"]:  # what is written is what is handed on
            assert block.count(given["output_file"]) == 2


def test_permissions_are_the_least() -> None:
    annotations, sarif, _ = BLOCKS
    assert re.findall(r"(\S+): (read|write)\b", annotations) == [("contents", "read")]
    assert re.findall(r"(\S+): write\b", sarif) == ["security-events"]
