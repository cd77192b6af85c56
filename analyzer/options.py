"""Command-line options that the commands share, under ruff's names, and what they mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .config import ConfigError
from .run import Outcome
from .settings import Request, inline_settings

if TYPE_CHECKING:
    from .engine import Result
    from .report.paint import Paint
    from .workers import Progress

Command = TypeVar("Command", bound=Callable[..., Any])

INTERRUPTED = 130  # as shells report a program that Ctrl-C ended: 128 + SIGINT
ERROR = 2  # exit code: usage, configuration, a file that cannot be read or parsed, internal error


@dataclass(frozen=True, slots=True)
class Shown:
    """What is printed, and where to."""

    output_format: str
    output_file: str | None
    show_blocked: bool

    @property
    def paint(self) -> Paint:
        from .report.paint import Paint

        return Paint(self.output_file is None and on_terminal() and not os.environ.get("NO_COLOR"))


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
        click.option("--output-format", type=click.Choice(["text", "json"]), default="text",
                     show_default=True),
        output_file,
    )  # fmt: skip
    return _with(options, command)


def output_file(command: Command) -> Command:
    option = click.option("--output-file", metavar="PATH", help="Write the result to a file.")
    return option(command)


def version(command: Command) -> Command:
    return click.version_option(_version(), "-V", "--version", message="%(prog)s %(version)s")(
        command
    )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("pexec")
    except PackageNotFoundError:
        return "(not installed)"


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
        words = [w.strip() for value in given.get(key, ()) for w in value.split(",") if w.strip()]
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
    from .engine import Failed

    for path, cause in missing:
        complain(f"{path}: {cause}")
    failed = [o.result for o in outcomes if isinstance(o.result, Failed)]
    for result in failed:
        complain(f"{result.filename}:{result.line}:{result.column}: {one_line(result.message)}")
    return bool(failed or missing)


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
    """Put the result on standard output or into the file asked for."""
    if shown.output_file is None:
        click.echo(text, color=shown.paint.color)
        return
    try:
        with open(shown.output_file, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise click.FileError(shown.output_file, error.strerror) from None


def notes_shown(shown: Shown, outcomes: Sequence[Outcome]) -> bool:
    """Notes are shown on request, and when files are named by hand on a terminal."""
    by_hand = bool(outcomes) and all(o.job.target.named for o in outcomes)
    return shown.show_blocked or (by_hand and on_terminal() and shown.output_file is None)


def results_of(outcomes: Sequence[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]


def guarded(command: Callable[[], int]) -> int:
    """Run a command's body: configuration errors and defects become exit code 2 and one line."""
    try:
        return command()
    except ConfigError as error:
        complain(f"error: {one_line(str(error))}")
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        complain("interrupted; each file is either as it was or wholly fixed")
        return INTERRUPTED
    except Exception as error:
        cause = f"{type(error).__name__}: {one_line(str(error))}"
        complain(f"internal error: {cause}; please report it")
    return ERROR
