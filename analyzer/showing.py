"""``--show-effects FILE:LINE``: find the file and the line, and print what its calls do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import Config, ConfigError
from .files import FileError, read
from .in_cells import known_in
from .notebooks import is_notebook
from .options import Shown, complain, emit, request_of
from .run import jobs
from .spans import line_text

if TYPE_CHECKING:
    from .engine import Analysis, Analyzed

_NEAR = 3  # lines with calls that are named for a line without


def place_of(words: str) -> tuple[str, int, int]:
    """``FILE:LINE`` or, of a notebook, ``FILE:cell CELL:LINE`` → file, cell and line.

    The cell of a plain file is 0. Raises ConfigError.
    """
    filename, _, line = words.rpartition(":")
    if not filename or not line.isdecimal() or int(line) < 1:
        raise ConfigError(f"--show-effects takes FILE:LINE, such as agent.py:12, not {words!r}")
    notebook, _, cell = filename.rpartition(":cell ")
    if is_notebook(notebook) and cell.isdecimal():
        return notebook, int(cell), int(line)
    if is_notebook(filename):
        raise ConfigError(
            f"--show-effects {words}: a line of a notebook is named with its cell, such as "
            f'"{filename}:cell 3:{line}"'
        )
    return filename, 0, int(line)


def show_effects(given: dict[str, Any], shown: Shown) -> int:
    """Print what is known of the calls on one line. Raises ConfigError."""
    from .chains import chains_of
    from .engine import Analyzed as Found
    from .engine import Failed, analyze_bytes, counts_of
    from .report.effects import Known, effects_at, effects_json, effects_text, lines_with_calls

    filename, cell, line = place_of(given["show_effects"])
    place = f"{filename}:{line_text(cell, line)}"
    if given["paths"]:
        raise ConfigError("--show-effects names its file itself; no other can be given")
    if shown.output_format not in ("text", "json") or shown.statistics:
        raise ConfigError("--show-effects is printed as text or json")
    if Path(filename).is_dir():
        raise ConfigError(f"--show-effects {place}: {filename} is a folder; name a file")
    work, found = jobs(request_of({**given, "paths": (filename,)}))
    for path, cause in found.missing:
        raise ConfigError(f"--show-effects {place}: {path}: {cause}")
    job = work[0]
    try:
        data = read(job.target)
    except FileError as error:
        raise ConfigError(f"--show-effects {place}: {error}") from None
    calls: list[Known] = []
    lines: list[int] = []

    def look(analysis: Analysis, config: Config, name: str, unsafe: bool) -> Analyzed:
        source = analysis.source
        at = source.line_at(cell, line)
        in_pyproject = config.path is None or config.path.name == "pyproject.toml"
        found = effects_at(analysis, at, chains_of(analysis.inference, name), in_pyproject)
        calls.extend(known_in(call, source, name) for call in found)
        places = map(source.where, lines_with_calls(analysis))
        lines.extend(n for where, n in places if where == cell)
        return Found(name, (), 0, (), counts_of(analysis), analysis.source)

    result = analyze_bytes(
        data, job.filename, job.config, look,
        root=job.config.root, script=not job.target.is_stdin, screened=False,
    )  # fmt: skip
    if isinstance(result, Failed):
        at = f"{line_text(result.cell, result.line)}:{result.column}"
        raise ConfigError(f"{result.filename}:{at}: {result.message}")
    last = len(data.splitlines())
    if not cell and line > last:
        words = f"the file has {last} line{'' if last == 1 else 's'}"
        raise ConfigError(f"--show-effects {place}: {words}")
    if shown.output_format == "json":
        emit(effects_json(calls), shown)
        if not calls:
            complain(nothing_there(place, line, lines))
    elif not calls:
        emit(nothing_there(place, line, lines), shown)
    else:
        emit(effects_text(job.filename, calls, shown.paint), shown)
    return 0


def nothing_there(place: str, line: int, lines: list[int]) -> str:
    """Say that a line holds no call, and which ones near it do."""
    near = sorted(sorted(lines, key=lambda n: (abs(n - line), n))[:_NEAR])
    if not near:
        return f"{place}: no call on this line, nor on any other"
    words = ", ".join(map(str, near))
    return f"{place}: no call on this line; the nearest begin on {words}"
