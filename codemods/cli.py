"""``pexec-fix``, and the console scripts of all three commands."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ..analyzer.cli import lint_command, listing
from ..analyzer.cli_report import report_command
from ..analyzer.config import ConfigError
from ..analyzer.options import (
    ERROR,
    Shown,
    complain,
    emit,
    failures,
    guarded,
    progress,
    request_of,
    rules,
    selection,
    shown_of,
    version,
    write_output,
)
from ..analyzer.run import Outcome, run

if TYPE_CHECKING:
    from ..analyzer.config import Config
    from ..analyzer.engine import Analysis, Analyzed, Rewriter

_EXITS = """\b
Exit code: 0 nothing to fix or all of it fixed, 1 with --check or --diff: something would
change, 2 a wrong option or setting, a file that cannot be read, parsed or written, or an
internal error (the other files are still done)."""


@click.command("pexec-fix", epilog=_EXITS)
@selection
@rules
@click.option("--diff", is_flag=True, help="Print what would change; change nothing.")
@click.option("--check", is_flag=True, help="Only say whether something would change.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if anything was fixed.")
@click.option(
    "--print-helper", is_flag=True, help="Print `gather_in_order`, for the setting `helper`."
)
@version
@click.pass_context  # fmt: skip
def fix_command(ctx: click.Context, **given: Any) -> None:
    """Let independent awaited calls run together, in place. `-` filters standard input."""
    if given["print_helper"]:
        from importlib import resources

        helper = resources.files(__package__ or "pexec.codemods") / "helper.py"
        click.echo(helper.read_text(encoding="utf-8"), nl=False)
        ctx.exit(0)
    ctx.exit(guarded(lambda: _fix(ctx.obj, given)))


def _fix(rewriter: Rewriter, given: dict[str, Any]) -> int:
    from ..analyzer.report.summary import Done

    request = request_of(given)
    dry = given["diff"] or given["check"]
    filters = "-" in request.paths
    if filters and len(request.paths) > 1:
        raise ConfigError("`-` (standard input) goes with no other file")
    shown = shown_of(given)
    if shown.statistics and (given["diff"] or (filters and not dry)):
        raise ConfigError("--statistics does not go with --diff or a filter (`-`): add --check")
    done = Done.WOULD_FIX if dry else Done.FIXED
    outcomes, missing = run(request, rewriter, None if dry or filters else _write, progress())
    failed = failures(outcomes, missing)
    text, summary = listing(outcomes, missing, shown, done)
    if given["diff"]:
        _put_raw([_diff(outcome, shown) for outcome in outcomes], shown)
        complain(summary or text.splitlines()[-1])
    elif filters and not dry:
        _put_raw([_filtered(outcome) for outcome in outcomes], shown)
        complain(summary or text.splitlines()[-1])
    else:
        emit(text, shown)
        if summary:
            complain(summary)
    if failed:
        return ERROR
    return int(_changes(outcomes) and (dry or given["exit_non_zero_on_fix"]))


def _fixed(outcome: Outcome) -> bytes | None:
    """The file's new bytes, or None if nothing changes."""
    from ..analyzer.engine import Analyzed

    result = outcome.result
    if not isinstance(result, Analyzed) or result.fixed is None:
        return None
    data = result.source.encode(result.fixed)
    return None if data == outcome.data else data


def _changes(outcomes: list[Outcome]) -> bool:
    return any(_fixed(outcome) is not None for outcome in outcomes)


def _write(outcome: Outcome) -> Outcome:
    """Write a fixed file; an outcome whose file cannot be written becomes a failure."""
    from ..analyzer.engine import Failed
    from ..analyzer.files import FileError, write

    data = _fixed(outcome)
    if data is None:
        return outcome
    try:
        write(outcome.job.target.filename, data, expected=outcome.data)
    except FileError as error:
        message = f"not fixed: it cannot be written: {error}"
        return replace(outcome, result=Failed(outcome.job.filename, message))
    return outcome


def _filtered(outcome: Outcome) -> bytes:
    """What the filter hands on: the fixed text, or the very bytes it was given."""
    data = _fixed(outcome)
    return outcome.data if data is None else data


def _diff(outcome: Outcome, shown: Shown) -> bytes:
    from ..analyzer.engine import Analyzed
    from ..analyzer.report.diff import painted, unified, unified_cell

    result = outcome.result
    if not isinstance(result, Analyzed) or result.fixed is None:
        return b""
    source = result.source
    if source.notebook is not None:
        diffs = [
            unified_cell(f"{outcome.job.filename}:cell {cell.number}", cell.text, new)
            for cell, new in source.notebook.changed(result.fixed)
        ]
        return painted("".join(diffs), shown.paint).encode("utf-8", "surrogateescape")
    mark = source.bom.decode("utf-8")
    diff = unified(outcome.job.filename, mark + source.text, mark + result.fixed)
    return painted(diff, shown.paint).encode(source.encoding, "surrogateescape")


def _put_raw(pieces: list[bytes], shown: Shown) -> None:
    data = b"".join(pieces)
    if shown.output_file is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    write_output(data, shown.output_file)


# -- console scripts ---------------------------------------------------------------------------


def _rewriter(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
    from .rewrite import rewrite  # LibCST: not before a file needs it

    return rewrite(analysis, config, filename, unsafe)


def lint() -> None:
    """``pexec-lint``"""
    _start(lint_command)


def report() -> None:
    """``pexec-report``"""
    _start(report_command)


def fix() -> None:
    """``pexec-fix``"""
    _start(fix_command)


def _start(command: click.Command) -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name or word that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    sys.exit(command.main(prog_name=command.name, obj=_rewriter, standalone_mode=True))
