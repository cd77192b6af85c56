"""What `pexec-lint` does with findings instead of reporting them: comments and baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .config import ConfigError
from .options import ERROR, complain
from .run import Outcome

if TYPE_CHECKING:
    from .baseline import Baseline


def one_of(given: dict[str, Any], *options: str) -> None:
    named = [f"--{option.replace('_', '-')}" for option in options if given[option]]
    if len(named) > 1:
        raise ConfigError(f"{' and '.join(named)} exclude each other")


# -- --add-ignore, --baseline, --write-baseline ------------------------------------------------


def add_ignore(outcomes: list[Outcome], failed: bool) -> int:
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
            place = f"{outcome.job.filename}:{finding.span.place}"
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


def baseline_of(given: dict[str, Any]) -> Baseline | None:
    """The baseline to leave out. One that is to be written must be none or one that can be read."""
    if not (given["baseline"] or given["write_baseline"]):
        return None
    from .baseline import read

    if given["write_baseline"]:
        read(given["write_baseline"], missing_ok=True)
        return None
    return read(given["baseline"])


def write_baseline(outcomes: list[Outcome], filename: str, failed: bool) -> int:
    from .baseline import save
    from .report.summary import plural

    count = save(outcomes, filename)
    complain(f"Wrote {plural(count, 'finding')} to {filename}.")
    return ERROR if failed else 0
