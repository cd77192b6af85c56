"""Text → analysis → findings and notes. Pure: reading and writing files is the caller's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .blocks import Plan, Planner
from .codes import RULES, UNUSED, Applicability
from .config import Config, ConfigError
from .effects.catalog import Catalog
from .effects.inference import Inference
from .forms import Forms
from .interrupts import interruption
from .ir import Module, Span
from .notebooks import is_notebook
from .project import Project, module_name, project_of
from .source import Source, SourceError, from_file
from .suppressions import Suppression, suppressions
from .thread_members import blocking_calls

if TYPE_CHECKING:
    from .race_findings import Race
    from .unlocking import Unknown, Unlock
    from .unused import Unused

    #: What is reported without calls that would run together.
    Remark = Unused | Unknown | Race

if TYPE_CHECKING:
    from .work_trees import FileTrees


@dataclass(frozen=True)
class Analysis:
    """Everything known about one file before anything is written."""

    source: Source
    module: Module
    inference: Inference
    planner: Planner
    plans: tuple[Plan, ...]
    forms: Forms
    suppressions: tuple[Suppression, ...] = ()
    is_package: bool = False
    tools: Catalog | None = None  # those of the library call
    project: Project | None = None  # the modules beside it

    @cached_property
    def other_plans(self) -> tuple[Plan, ...]:
        """What would be planned with `--unsafe-fixes`, or without it if it was given."""
        planner = Planner(self.inference, unsafe=not self.planner.unsafe,
                          silent=self.suppressions)  # fmt: skip
        plans = planner.plans()
        return (*plans, *planner.threads)

    @cached_property
    def races(self) -> tuple[tuple[Race, ...], tuple[Blocked, ...]]:
        """What is to be said of groups that run at once already (see `found_races`)."""
        from .race_findings import found_races

        return found_races(self)


@dataclass(frozen=True, slots=True)
class Fact:
    """One effect of a call, as printed, and where the claim comes from."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call of a finding: its qualified name, place, effects, latency and the latency's source."""

    name: str
    span: Span
    effects: tuple[Fact, ...]
    latency_ms: float
    latency_source: str
    started_early: bool


@dataclass(frozen=True, slots=True)
class Fix:
    """The replacement of a range of the text, and the import that it needs ("" if none).

    ``import_text`` is to be inserted at ``import_start`` for it, and ``more_imports`` likewise.
    """

    start: int
    end: int
    text: str
    new_import: str = ""
    import_start: int = 0
    import_text: str = ""
    more_imports: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A group of calls for which a validated rewrite exists."""

    code: str
    message: str
    span: Span
    calls: tuple[CallSite, ...]
    function: str
    form: str
    form_reason: str
    applicability: Applicability
    sequential_ms: float
    parallel_ms: float
    assumptions: tuple[str, ...] = ()
    fix: Fix | None = None
    suppressed: bool = False
    turns: str = ""  # of a loop or a comprehension: which of its turns run together

    @property
    def name(self) -> str:
        return RULES[self.code]

    @property
    def gain_ms(self) -> float:
        return self.sequential_ms - self.parallel_ms


@dataclass(frozen=True, slots=True)
class Blocked:
    """A note: a call that stays behind an earlier one, and the edge that holds it there."""

    code: str
    name: str
    span: Span
    earlier: Span
    kind: str
    words: str
    function: str
    unknown: str = ""  # qualified name of the undeclared call behind it
    unknown_line: int = 0
    undeclared: tuple[tuple[str, int], ...] = ()  # every such call on the way, with its line
    benign: tuple[str, ...] = ()  # what to declare benign, if that alone holds it there
    sequential_ms: float = 0.0
    parallel_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What a file holds, for the summary line."""

    awaited: int = 0
    known: int = 0
    threaded: int = 0  # blocking calls that threads may make, if a block or a loop makes several


@dataclass(frozen=True, slots=True)
class Analyzed:
    """A file that was read: findings, notes, counts, and the fixed text if it differs.

    ``silenced`` findings are left out by a comment or a setting, ``baselined`` ones by the
    baseline, of which ``outdated`` entries no longer occur.
    """

    filename: str
    findings: tuple[Finding, ...]
    unsafe_findings: int
    blocked: tuple[Blocked, ...]
    counts: Counts
    source: Source
    fixed: str | None = None
    trees: FileTrees | None = None  # what its functions wait for
    unused: tuple[Unused, ...] = ()
    unlocks: tuple[Unlock, ...] = ()  # batches that unknown calls hold back
    unknown: tuple[Unknown, ...] = ()
    races: tuple[Race, ...] = ()
    silenced: int = 0
    baselined: int = 0
    outdated: int = 0

    @property
    def reported(self) -> tuple[Finding | Remark, ...]:
        """The findings of all rules, in order of the file."""
        found = (*self.findings, *self.unused, *self.unknown, *self.races)
        return tuple(sorted(found, key=lambda f: f.span.start))


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that cannot hold an opportunity."""

    filename: str
    counts: Counts = Counts()
    outdated: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that could not be read, parsed or analyzed; one line says where and why."""

    filename: str
    message: str
    line: int = 1
    column: int = 1
    cell: int = 0


Result = Analyzed | Skipped | Failed


def analyze(
    source: Source,
    config: Config,
    *,
    name: str = "",
    unsafe: bool = False,
    is_package: bool = False,
    tools: Catalog | None = None,
    script: bool = True,
    project: Project | None = None,
) -> Analysis:
    """Lower, infer and plan. Raises SourceError, or ConfigError for a wrong line comment.

    ``script``: a failure may end the program, as the text is a file that may be run. ``project``
    holds the modules that the text may import; without it only its own functions are followed.
    """
    from .lowering import lower  # LibCST: not needed for files that hold no opportunity

    lowered = lower(source, name, is_package=is_package)
    module = replace(lowered, script=script and lowered.script)
    silent = suppressions(module.directives)
    sources = (*([tools] if tools is not None else []), *config.sources)
    inference = Inference(module, sources, config, project, text=source.program,
                          is_package=is_package)  # fmt: skip
    planner = Planner(inference, unsafe=unsafe, silent=silent)
    plans = tuple(planner.plans())
    return Analysis(source, module, inference, planner, plans, Forms(planner.sites), silent,
                    is_package, tools, project)  # fmt: skip


def counts_of(analysis: Analysis) -> Counts:
    awaited = [c for c in analysis.module.calls.values() if c.awaited]
    known = sum(not analysis.inference.facts(c).everything for c in awaited)
    planner = analysis.planner
    turns = (*planner.loops, *planner.loop_notes)
    if not planner.threads and all(one.code != "PX102" for one in turns):
        return Counts(len(awaited), known)
    return Counts(len(awaited), known, blocking_calls(planner.sites))


#: Turns an analysis into findings with fixes; the codemods hand it in.
Rewriter = Callable[[Analysis, Config, str, bool], Analyzed]


def analyze_bytes(
    data: bytes,
    filename: str,
    config: Config,
    rewriter: Rewriter,
    *,
    unsafe: bool = False,
    root: Path | None = None,
    script: bool = True,
    screened: bool = True,
) -> Result:
    """One file's result; never raises for what the file holds. ``script``: see ``analyze``.

    ``screened``: a file that can hold no opportunity is skipped.
    """
    from .in_cells import in_cells, localized
    from .screen import may_hold_opportunity, may_hold_suppression
    from .screen_threads import threaded

    silent = UNUSED in config.select and may_hold_suppression(data)
    notebook = is_notebook(filename)
    screens = threaded(config)
    if screened and not silent and not notebook and not may_hold_opportunity(data, screens):
        return Skipped(filename)
    source: Source | None = None
    try:
        source = from_file(data, filename)
        if source is None or (
            screened and notebook and not silent and not may_hold_opportunity(source.text.encode())
        ):
            return Skipped(filename)
        folder = root or Path.cwd()
        name, package = module_name(Path(filename), config.src, folder)
        project = project_of(folder, config, config.sources, Path(filename))
        if notebook and project.holds(name):
            name = "__main__"  # a module of that name is another one
        analysis = analyze(source, config, name=name, unsafe=unsafe, is_package=package,
                           script=script, project=project)  # fmt: skip
        return localized(rewriter(analysis, config, filename, unsafe))
    except SourceError as error:
        if source is not None and source.notebook is not None and not error.cell:
            cell, line = source.where(error.line)
            return Failed(filename, error.message, line, error.column, cell)
        return Failed(filename, error.message, error.line, error.column, error.cell)
    except ConfigError as error:
        return Failed(filename, in_cells(str(error), source))
    except Exception as error:  # one bad file never stops the others
        if (stopped := interruption(error)) is not None:
            raise stopped from None
        return Failed(
            filename, f"internal error: {type(error).__name__}: {error}; please report it"
        )
