"""``pexec-lint`` and ``pexec-report``. What rewrites code is handed in as click's ``ctx.obj``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .config import Config, ConfigError
from .options import (
    ERROR,
    Shown,
    complain,
    emit,
    failures,
    guarded,
    notes_shown,
    output_file,
    request_of,
    results_of,
    rules,
    selection,
    version,
)
from .run import Outcome, run

if TYPE_CHECKING:
    from .baseline import Baseline
    from .engine import Rewriter
    from .report.summary import Done

_EXITS = """\b
Exit code: 0 nothing found, 1 findings, 2 a wrong option or setting, a file that
cannot be read or parsed, or an internal error (the other files are still done)."""


@click.command("pexec-lint", epilog=_EXITS)
@selection
@rules
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option(
    "--show-effects",
    metavar="FILE:LINE",
    help="Print what the calls on one line do, and where each claim comes from.",
)
@click.option(
    "--add-ignore",
    is_flag=True,
    help="Write a `# pexec: ignore[CODE]` beside each finding, and report none.",
)
@click.option("--baseline", metavar="FILE", help="Do not report the findings that this file holds.")
@click.option(
    "--write-baseline",
    metavar="FILE",
    help="Write the findings to a file for --baseline, and report none.",
)
@version
@click.pass_context
def lint_command(ctx: click.Context, **given: Any) -> None:
    """Find independent awaited calls that run one after the other. Changes no code."""
    ctx.exit(guarded(lambda: _lint(ctx.obj, given)))


def _lint(rewriter: Rewriter, given: dict[str, Any]) -> int:
    shown = Shown(given["output_format"], given["output_file"], given["show_blocked"])
    _one_of(given, "show_effects", "add_ignore", "write_baseline")
    _one_of(given, "show_effects", "baseline", "write_baseline")
    if given["show_effects"]:
        return _show_effects(given, shown)
    request = request_of(given)
    known = _baseline(given)
    if given["add_ignore"] and "-" in request.paths:
        raise ConfigError("--add-ignore changes files; `-` (standard input) is none")
    outcomes, missing = run(request, rewriter)
    failed = failures(outcomes, missing)
    if given["write_baseline"]:
        return _write_baseline(outcomes, given["write_baseline"], failed)
    if known is not None:
        from .baseline import left_out

        outcomes = left_out(outcomes, known)
    if given["add_ignore"]:
        return _add_ignores(outcomes, failed)
    text, summary = listing(outcomes, len(missing), shown)
    emit(text, shown)
    if summary:
        complain(summary)
    if failed:
        return ERROR
    return int(_findings(outcomes) and not given["exit_zero"])


def _findings(outcomes: list[Outcome]) -> bool:
    from .engine import Analyzed

    return any(isinstance(o.result, Analyzed) and bool(o.result.reported) for o in outcomes)


def listing(
    outcomes: list[Outcome], missing: int, shown: Shown, done: Done | None = None
) -> tuple[str, str]:
    """What goes to standard output, and the summary if that belongs on standard error."""
    from .engine import Analyzed
    from .report.jsonform import findings_json
    from .report.summary import Done, summary_line, totals_of, undeclared
    from .report.text import result_texts, undeclared_text

    results = results_of(outcomes)
    analyzed = [r for r in results if isinstance(r, Analyzed)]
    summary = summary_line(totals_of(results, missing), done or Done.FOUND)
    if shown.output_format == "json":
        return findings_json(analyzed), summary
    paint, notes = shown.paint, notes_shown(shown, outcomes)
    texts = [
        text
        for result in analyzed
        for text in result_texts(
            result, paint, notes=notes, flow=shown.show_blocked, fixed=done is Done.FIXED
        )
    ]
    unknown = undeclared(
        [(r.filename, note) for r in analyzed for note in r.blocked], _in_pyproject(outcomes)
    )
    texts.append(undeclared_text(unknown, paint))
    return "\n\n".join([*filter(None, texts), summary]), ""


def _in_pyproject(outcomes: list[Outcome]) -> bool:
    paths = {o.job.config.path for o in outcomes}
    return any(path is None or path.name == "pyproject.toml" for path in paths)


def _one_of(given: dict[str, Any], *options: str) -> None:
    named = [f"--{option.replace('_', '-')}" for option in options if given[option]]
    if len(named) > 1:
        raise ConfigError(f"{' and '.join(named)} exclude each other")


# -- --add-ignore, --baseline, --write-baseline ------------------------------------------------


def _add_ignores(outcomes: list[Outcome], failed: bool) -> int:
    from .add_ignore import add_ignores
    from .engine import Analyzed
    from .files import FileError, write
    from .report.summary import plural

    comments = files = 0
    for outcome in outcomes:
        result = outcome.result
        if not isinstance(result, Analyzed) or not result.reported:
            continue
        added = add_ignores(result)
        for finding in added.left:
            place = f"{outcome.job.filename}:{finding.span.line}:{finding.span.column}"
            complain(f"{place}: {finding.code}: no comment can stand on the lines of its calls")
            failed = True
        try:
            if added.comments:
                data = result.source.encode(added.text)
                write(outcome.job.target.filename, data, expected=outcome.data)
        except FileError as error:
            complain(f"{outcome.job.filename}: not changed: it cannot be written: {error}")
            failed = True
            continue
        comments += added.comments
        files += bool(added.comments)
    complain(f"Added {plural(comments, 'ignore comment')} in {plural(files, 'file')}.")
    return ERROR if failed else 0


def _baseline(given: dict[str, Any]) -> Baseline | None:
    """The baseline to leave out. One that is to be written must be none or one that can be read."""
    if not (given["baseline"] or given["write_baseline"]):
        return None
    from .baseline import read

    if given["write_baseline"]:
        read(given["write_baseline"], missing_ok=True)
        return None
    return read(given["baseline"])


def _write_baseline(outcomes: list[Outcome], filename: str, failed: bool) -> int:
    from .baseline import save
    from .report.summary import plural

    count = save(outcomes, filename)
    complain(f"Wrote {plural(count, 'finding')} to {filename}.")
    return ERROR if failed else 0


# -- --show-effects ----------------------------------------------------------------------------


def _show_effects(given: dict[str, Any], shown: Shown) -> int:
    from .engine import Analysis, Analyzed, counts_of
    from .report.effects import Known, effects_at, effects_json, effects_text

    filename, _, line = str(given["show_effects"]).rpartition(":")
    if not filename or not line.isdecimal():
        raise ConfigError("--show-effects takes FILE:LINE, such as agent.py:12")
    if given["paths"]:
        raise ConfigError("--show-effects names its file itself; no other can be given")
    found: list[Known] = []

    def look(analysis: Analysis, config: Config, name: str, unsafe: bool) -> Analyzed:
        found.extend(effects_at(analysis, int(line)))
        return Analyzed(name, (), 0, (), counts_of(analysis), analysis.source)

    outcomes, missing = run(request_of({**given, "paths": (filename,)}), look)
    if failures(outcomes, missing):
        return ERROR
    if shown.output_format == "json":
        emit(effects_json(found), shown)
    elif not found:
        emit(f"{filename}:{line}: no call on this line", shown)
    else:
        emit(effects_text(filename, found, shown.paint), shown)
    return 0


# -- pexec-report ------------------------------------------------------------------------------


@click.command("pexec-report")
@selection
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=False,
    help="Project what `pexec-fix --unsafe-fixes` would write.",
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
@output_file
@version
@click.pass_context  # fmt: skip
def report_command(ctx: click.Context, **given: Any) -> None:
    """One page: calls, batches, time now and projected, and what holds the rest back."""
    ctx.exit(guarded(lambda: _report(ctx.obj, given)))


def _report(rewriter: Rewriter, given: dict[str, Any]) -> int:
    from .engine import Analysis, Analyzed
    from .projection import FileProjection, project
    from .report import markdown, projection_json, projection_text
    from .report.page import page_of

    projected: dict[str, FileProjection] = {}

    def measured(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
        result = rewriter(analysis, config, filename, unsafe)
        projected[filename] = project(analysis, result)
        return result

    shown = Shown(given["output_format"], given["output_file"], False)
    outcomes, missing = run(request_of(given), measured)
    failed = failures(outcomes, missing)
    page = page_of(list(projected.values()), results_of(outcomes), len(missing))
    if shown.output_format == "json":
        emit(projection_json.render(page), shown)
    elif shown.output_format == "markdown":
        emit(markdown.render(page), shown)
    else:
        emit(projection_text.render(page, shown.paint), shown)
    return ERROR if failed else 0
