"""Command-line options that the commands share, under ruff's names, and what they mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .config import ConfigError
from .interrupts import interruption
from .run import Outcome
from .settings import Request, inline_settings

if TYPE_CHECKING:
    from .engine import Result
    from .report.paint import Paint
    from .report.paths import Paths
    from .workers import Progress

Command = TypeVar("Command", bound=Callable[..., Any])

INTERRUPTED = 130  # as shells report a program that Ctrl-C ended: 128 + SIGINT
ERROR = 2  # exit code: usage, configuration, a file that cannot be read or parsed, internal error
FOR_PEOPLE = ("text", "concise")  # these end with the summary line; elsewhere it is a message
FORMATS = (*FOR_PEOPLE, "json", "json-lines", "github", "gitlab", "sarif")
COUNTED = (*FOR_PEOPLE, "json")  # formats of --statistics


@dataclass(frozen=True, slots=True)
class Shown:
    """What is printed, and where to."""

    output_format: str
    output_file: str | None
    show_blocked: bool = False
    statistics: bool = False

    @property
    def paint(self) -> Paint:
        from .report.paint import Paint

        return Paint(self.output_file is None and colored())


def shown_of(given: dict[str, Any]) -> Shown:
    """The options that say what is printed. Raises ConfigError before any work is done in vain."""
    shown = Shown(
        given["output_format"],
        given["output_file"],
        given.get("show_blocked", False),
        given.get("statistics", False),
    )
    if shown.statistics and shown.output_format not in COUNTED:
        formats = ", ".join(COUNTED)
        raise ConfigError(f"--statistics knows no {shown.output_format} (formats: {formats})")
    if shown.output_file is not None:
        _check_writable(shown.output_file)
    return shown


def _check_writable(filename: str) -> None:
    path = Path(filename)
    cause = ""
    if path.is_dir():
        cause = "it is a folder"
    elif not path.parent.is_dir():
        cause = f"there is no folder {path.parent}"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        cause = "permission denied"
    if cause:
        raise ConfigError(f"--output-file {filename!r} cannot be written: {cause}")


def colored() -> bool:
    """Colours for standard output, as ruff decides: NO_COLOR wins over FORCE_COLOR.

    Any value but an empty one counts (no-color.org, force-color.org).
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or on_terminal()


def on_terminal() -> bool:
    return sys.stdout.isatty()


def selection(command: Command) -> Command:
    """Options that say which files are looked at, and with which settings."""
    options = (
        click.argument("paths", nargs=-1, metavar="[FILES]..."),
        click.option("--config", "config", multiple=True, metavar="CONFIG_OPTION",
                     help="A pexec.toml or pyproject.toml, or a setting such as "
                          "\"max-concurrency = 4\"; may be repeated."),
        click.option("--isolated", is_flag=True, help="Ignore all configuration files."),
        click.option("--include-tests", is_flag=True, help="Look into test functions too."),
        click.option("--force-exclude", is_flag=True,
                     help="Leave out excluded files also where they are named (for hooks)."),
        click.option("--workers", "-W", type=click.IntRange(min=0), default=0, metavar="N",
                     help="Processes for many files; 0: one per processor."),
        click.option("--stdin-filename", metavar="PATH",
                     help="The name of the file that `-` (standard input) stands for."),
    )  # fmt: skip
    return _with(options, command)


def rules(command: Command) -> Command:
    """Options that say what is looked for and how it is shown."""
    options = (
        click.option("--select", multiple=True, metavar="CODES",
                     help="Codes or prefixes to look for, separated by commas (or ALL)."),
        click.option("--ignore", multiple=True, metavar="CODES", help="Codes to leave out."),
        click.option("--unsafe-fixes/--no-unsafe-fixes", default=False,
                     help="Also rewrites after which, in a run where a call fails, writes of "
                          "later calls may have happened already."),
        click.option("--style", type=click.Choice(["gather", "taskgroup"]),
                     help="`taskgroup`: asyncio.TaskGroup where it may stand; failures then "
                          "arrive as an ExceptionGroup."),
        click.option("--show-blocked", is_flag=True,
                     help="Show for each other call what keeps it in its place."),
        click.option("--statistics", is_flag=True,
                     help="Show counts for every rule with at least one finding, and what they "
                          "would save."),
        click.option("--output-format", type=click.Choice(FORMATS), default="text",
                     show_default=True),
        output_file,
    )  # fmt: skip
    return _with(options, command)


def output_file(command: Command) -> Command:
    option = click.option("--output-file", metavar="PATH", help="Write the result to a file.")
    return option(command)


def version(command: Command) -> Command:
    """`--version`; reading what is installed takes a tenth of the start-up, so not before."""

    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            click.echo(f"{ctx.info_name} {installed_version() or '(not installed)'}")
            ctx.exit()

    option = click.option("-V", "--version", is_flag=True, expose_value=False, is_eager=True,
                          callback=show, help="Show the version and exit.")  # fmt: skip
    return option(command)


def installed_version() -> str:
    """The version of the installed distribution, or "" in a folder that is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("pexec")
    except PackageNotFoundError:
        return ""


def _with(options: Sequence[Callable[[Any], Any]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def request_of(given: dict[str, Any]) -> Request:
    """The options of :func:`selection` and :func:`rules` → a request. Raises ConfigError."""
    path, settings = inline_settings(given["config"])
    if path is not None and given["isolated"]:
        raise ConfigError("--isolated and a file in --config exclude each other")
    for key in ("select", "ignore"):
        values: tuple[str, ...] = given.get(key, ())
        words = [w.strip() for value in values for w in value.split(",") if w.strip()]
        if values and not words:
            raise ConfigError(f"--{key} names no code (for all of them: ALL)")
        if words:
            settings[key] = words
    if given.get("style"):
        settings["style"] = given["style"]
    if given["stdin_filename"] and "-" not in given["paths"]:
        raise ConfigError("--stdin-filename is for `-` (standard input)")
    return Request(
        paths=tuple(given["paths"]) or (".",),
        settings=settings,
        config=path,
        isolated=given["isolated"],
        include_tests=given["include_tests"],
        unsafe=given.get("unsafe_fixes", False),
        stdin_filename=given["stdin_filename"],
        force_exclude=given["force_exclude"],
        workers=given["workers"],
    )


def failures(outcomes: Sequence[Outcome], missing: Sequence[tuple[str, str]]) -> bool:
    """Say on standard error which files failed and why, a line each. True if there are any."""
    from .report.diagnostic import failures_of

    failed = failures_of(results_of(outcomes), missing)
    for failure in failed:
        complain(f"{failure.place}: {failure.message}")
    return bool(failed)


def progress() -> Progress | None:
    """A bar on standard error if the run takes long; none unless that is a terminal."""
    if not sys.stderr.isatty():
        return None
    from .report.progress import Bar

    return Bar()


def complain(words: str) -> None:
    click.echo(words, err=True)


def one_line(words: str) -> str:
    return " ".join(words.split())


def emit(text: str, shown: Shown) -> None:
    """Put the result on standard output or into the file asked for. Raises ConfigError."""
    end = "\n" if text else ""  # a report without lines is empty
    if shown.output_file is None:
        click.echo(text + end, nl=False, color=shown.paint.color)
    else:
        # A name that is no Unicode text gets JSON's own escapes, as on standard output.
        write_output((text + end).encode("utf-8", "backslashreplace"), shown.output_file)


def write_output(data: bytes, filename: str, option: str = "--output-file") -> None:
    """Write the file asked for. Raises ConfigError."""
    try:
        Path(filename).write_bytes(data)
    except OSError as error:
        cause = error.strerror or str(error)
        raise ConfigError(f"{option} {filename!r} cannot be written: {cause}") from None


def paths_here() -> Paths:
    """Reports name files from the root of the repository, which GitHub and GitLab want.

    Both say where it is (``GITHUB_WORKSPACE``, ``CI_PROJECT_DIR``: their documentation of default
    variables); elsewhere it is the working folder.
    """
    from .report.paths import Paths, root_above

    here = Path.cwd()
    named = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    return Paths(here, root_above(here, named))


def notes_shown(shown: Shown, outcomes: Sequence[Outcome]) -> bool:
    """Notes are shown on request, and when files are named by hand on a terminal."""
    by_hand = bool(outcomes) and all(o.job.target.named for o in outcomes)
    return shown.show_blocked or (by_hand and on_terminal() and shown.output_file is None)


def results_of(outcomes: Sequence[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]


def in_pyproject(outcomes: Sequence[Outcome]) -> bool:
    """Do declarations belong into a `pyproject.toml`, where their table has another name?"""
    paths = {o.job.config.path for o in outcomes}
    return any(path is None or path.name == "pyproject.toml" for path in paths)


def guarded(command: Callable[[], int]) -> int:
    """Run a command's body: configuration errors and defects become exit code 2 and one line."""
    try:
        return command()
    except ConfigError as error:
        complain(f"error: {one_line(str(error))}")
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        if isinstance(interruption(error), KeyboardInterrupt):
            return _interrupted()
        cause = f"{type(error).__name__}: {one_line(str(error))}"
        complain(f"internal error: {cause}; please report it")
    return ERROR


def _interrupted() -> int:
    complain("interrupted; each file is either as it was or wholly fixed")
    return INTERRUPTED
