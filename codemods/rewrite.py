"""Analysis → new text, validated; ``parallelize(source)`` is the library call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ..analyzer.blocks import SHAPES, Plan, Planner
from ..analyzer.checks import parse_tools
from ..analyzer.codes import Applicability
from ..analyzer.config import Config, check
from ..analyzer.edits import Edit, apply
from ..analyzer.effects.catalog import Catalog, build
from ..analyzer.engine import Analysis, Analyzed, Blocked, Finding, analyze, counts_of, module_name
from ..analyzer.findings import finding, suppressed
from ..analyzer.forms import Form, Written
from ..analyzer.notes import blocked_of
from ..analyzer.race_findings import CODES, Race, heard_races
from ..analyzer.schedule import Region
from ..analyzer.source import SourceError, from_text
from ..analyzer.unlocking import CODE as UNKNOWN
from ..analyzer.unlocking import findings as unknown_effects
from ..analyzer.unlocking import heard, unlocks
from ..analyzer.unused import Unused, again, unused
from ..analyzer.validate import refusal
from .arguments import Names
from .candidate import Candidate, fix_of, loses_comments, mixed_ends
from .chains import ordered_chains
from .edit import Writer
from .found_loops import loop_candidates, loop_suppressed
from .gather import rewrite_region
from .headers import headed
from .imports import Import, body_at, insertions
from .threads import thread_candidates


def candidates(analysis: Analysis, config: Config, applicability: Applicability) -> list[Candidate]:
    """A rewrite for every region of the plan that is not suppressed or held by a form's rule."""
    writer = Writer(analysis.source, analysis.module, config.line_length)
    found: list[Candidate] = []
    names: dict[str, Names] = {}
    for plan in analysis.plans if SHAPES & config.select else ():
        for region in plan.regions:
            if writer.mixed and _mixed(plan, region, writer):
                continue  # which line end a moved line should get cannot be told
            written = analysis.forms.choose(plan, region)
            known = names.setdefault(plan.site.function.qualname, Names(set(analysis.module.names)))
            in_header = plan.site.block.role == "header"
            build = ordered_chains if region.chains else headed(written.form) if in_header else None
            rewritten = rewrite_region(plan, region, written, writer, known, config.helper, build)
            if written.form is not Form.ORDERED and loses_comments(rewritten.edit, analysis):
                written = Written(Form.ORDERED, "comments stand between the calls")
                build = headed(written.form) if in_header else None
                rewritten = rewrite_region(
                    plan, region, written, writer, known, config.helper, build
                )
            if loses_comments(rewritten.edit, analysis, typed=False):
                continue  # a comment stands among arguments that would have to get names
            fix = fix_of(rewritten, analysis, writer)
            found.append(
                Candidate(rewritten, finding(analysis, plan, region, written, applicability, fix))
            )
    found += loop_candidates(analysis, config, applicability, names)
    found += thread_candidates(analysis, config, applicability, names)
    return sorted(found, key=lambda c: c.rewritten.edit.start)


def _mixed(plan: Plan, region: Region, writer: Writer) -> bool:
    statements = plan.site.block.statements
    first, last = statements[region.first].lines, statements[region.last].lines
    return mixed_ends(writer, first.start, last.end)


def text_with(analysis: Analysis, chosen: Sequence[Candidate], config: Config) -> str:
    """The file with the chosen rewrites and the imports they need."""
    writer = Writer(analysis.source, analysis.module, config.line_length)
    edits: list[Edit] = [c.rewritten.edit for c in chosen]
    # Each once, in a notebook each once in a cell: by its first statement.
    imports: dict[int, tuple[int, dict[str, Import]]] = {}
    for candidate in chosen:
        for new in candidate.rewritten.imports:
            offset = candidate.rewritten.edit.start
            body = body_at(analysis.module, offset)
            where = body[0].span.start if body else 0
            imports.setdefault(where, (offset, {}))[1].setdefault(new.line(), new)
    for offset, needed in imports.values():
        edits = [*insertions(tuple(needed.values()), analysis.module, writer, offset), *edits]
    return apply(analysis.source.text, edits)


def rewrite(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
    """Findings with validated fixes at the level asked for, and what unknown calls hold back."""
    held_back = heard(analysis, unlocks(analysis, config))
    costs = unknown_effects(analysis, held_back) if UNKNOWN in config.select else ()
    return replace(_rewritten(analysis, config, filename, unsafe), unlocks=held_back, unknown=costs)


def _rewritten(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
    """Findings with validated fixes at the level asked for, and the fixed text."""
    selected = bool((SHAPES | {"PX102", "PX103", "PX104"}) & config.select)
    good, refused, found = _chosen(analysis, config, unsafe=unsafe)
    fixed = text_with(analysis, good, config) if good else None
    dead, cleaned = unused(analysis, config)
    if cleaned is not None:
        # The fixes of both rules may touch the same lines, so one comes after the other.
        after = again(analysis, cleaned)
        then, _, _ = _chosen(after, config, unsafe=unsafe)
        if len(then) == len(good):
            fixed = text_with(after, then, config) if then else cleaned
        else:  # the comments were in the way of a rewrite: not dead, though they silence nothing
            dead = tuple(replace(item, fix=None) for item in dead)
    findings = [c.finding for c in good]
    races, doubts = _races(analysis, config)
    notes = blocked_of(analysis)
    more = 0
    if unsafe:
        findings = [_graded(f) for f in findings]
    elif selected and any(note.kind == "failure" for note in notes):
        more = _more_with_unsafe(analysis, found)
    return Analyzed(
        filename=filename,
        findings=tuple(findings),
        unsafe_findings=more,
        blocked=(*notes, *refused, *doubts),
        counts=counts_of(analysis),
        source=analysis.source,
        fixed=fixed,
        unused=dead,
        races=races,
        silenced=_silenced(analysis, config),
    )


def _races(analysis: Analysis, config: Config) -> tuple[tuple[Race, ...], tuple[Blocked, ...]]:
    """What is selected of the groups that run at once already, and the notes on them."""
    if not CODES & config.select:
        return (), ()
    found, notes = analysis.races
    return tuple(r for r in heard_races(analysis, found) if r.code in config.select), tuple(
        note for note in notes if note.code in config.select
    )


def _silenced(analysis: Analysis, config: Config) -> int:
    """How many regions a comment silences, or a rule that is not selected."""
    left_out = SHAPES - config.select
    found = analysis.races[0] if CODES & config.select else ()
    quiet = len(found) - len(heard_races(analysis, found))
    planner = Planner(analysis.inference, unsafe=analysis.planner.unsafe, shapes=SHAPES,
                      silent=analysis.suppressions)  # fmt: skip
    return (
        sum(
            region.code in left_out or suppressed(analysis, plan, region)
            for plan in (planner.plans() if left_out else analysis.plans)
            for region in plan.regions
        )
        + sum(code == "PX106" for plan in analysis.plans for code, _ in plan.silenced)
        + sum(loop_suppressed(analysis, plan) for plan in analysis.planner.loops)
        + quiet
        + sum(
            suppressed(analysis, plan, region)
            for plan in analysis.planner.threads
            for region in plan.regions
        )
    )


def _chosen(
    analysis: Analysis, config: Config, *, unsafe: bool
) -> tuple[list[Candidate], list[Blocked], int]:
    """The validated rewrites, what the validator refused, and how many were tried."""
    level = Applicability.UNSAFE if unsafe else Applicability.SAFE
    active = [c for c in candidates(analysis, config, level) if not c.finding.suppressed]
    return *_validated(analysis, active, config), len(active)


def _graded(item: Finding) -> Finding:
    """Under ``--unsafe-fixes`` a batch of reads is still a safe fix."""
    writes = any(fact.text.startswith("write") for c in item.calls if c.started_early
                 for fact in c.effects)  # fmt: skip
    return item if writes else replace(item, applicability=Applicability.SAFE)


def _more_with_unsafe(analysis: Analysis, found: int) -> int:
    """How many more findings ``--unsafe-fixes`` would give (ruff counts them in its summary)."""
    planned = sum(
        not suppressed(analysis, plan, region)
        for plan in analysis.other_plans
        for region in plan.regions
    )
    return max(0, planned - found)


def _validated(
    analysis: Analysis, chosen: list[Candidate], config: Config
) -> tuple[list[Candidate], list[Blocked]]:
    """The rewrites that pass together; what is wrong with a file is found by halving."""
    if not chosen:
        return [], []
    reason = _refusal(analysis, chosen, config)
    if not reason:
        return chosen, []
    if len(chosen) == 1:
        return [], [_refused(chosen[0].finding, reason)]
    half = len(chosen) // 2
    good, refused = _validated(analysis, chosen[:half], config)
    more, others = _validated(analysis, chosen[half:], config)
    both = [*good, *more]
    reason = _refusal(analysis, both, config) if good and more else ""
    if reason:  # each half passes, not the two together
        return good, [*refused, *others, *(_refused(c.finding, reason) for c in more)]
    return both, [*refused, *others]


def _refused(item: Finding, reason: str) -> Blocked:
    return Blocked(
        code=item.code,
        name=item.calls[-1].name,
        span=item.calls[-1].span,
        earlier=item.calls[0].span,
        kind="validator",
        words=f"the validator refused the rewrite: {reason}; please report it",
        function=item.function,
        sequential_ms=item.sequential_ms,
        parallel_ms=item.parallel_ms,
    )


def _refusal(analysis: Analysis, chosen: Sequence[Candidate], config: Config) -> str:
    return refusal(analysis, text_with(analysis, chosen, config), config)


# -- the library call --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What :func:`parallelize` made of a source: the new text, what was found, what went wrong.

    ``error`` is "" or the reason why the source could not be read; ``source`` is unchanged then.
    ``unused`` are suppressions that silence nothing (PX001), ``races`` what is wrong with calls
    that run at once already (PX201 to PX203): it has no fix.
    """

    source: str
    findings: tuple[Finding, ...]
    blocked: tuple[Blocked, ...]
    changed: bool
    error: str = ""
    unused: tuple[Unused, ...] = ()
    races: tuple[Race, ...] = ()


def parallelize(
    source: str,
    *,
    config: Mapping[str, Any] | Config | None = None,
    tools: Sequence[Mapping[str, Any]] | Mapping[str, Any] | object | None = None,
    filename: str | None = None,
    unsafe_fixes: bool = False,
) -> Rewrite:
    """Rewrite independent awaited calls of ``source`` so that they run together.

    ``config`` takes the keys of ``[tool.pexec]``; without it no file is read. ``tools`` takes
    ``[[tools]]`` entries as dicts, or an MCP ``tools/list`` result. Never raises on unparsable
    source: ``.error`` says so. Raises ConfigError for a wrong ``config`` or ``tools``.
    """
    if source.startswith("\ufeff"):
        rest = parallelize(
            source[1:], config=config, tools=tools, filename=filename, unsafe_fixes=unsafe_fixes
        )
        return replace(rest, source="\ufeff" + rest.source)
    settings = config if isinstance(config, Config) else check(config or {}, "config")
    catalog = _catalog(tools)
    name, package = ("", False) if filename is None else module_name(
        Path(filename), settings.src, Path.cwd()
    )  # fmt: skip
    try:
        analysis = analyze(from_text(source), settings, name=name, unsafe=unsafe_fixes,
                           is_package=package, tools=catalog, script=False)  # fmt: skip
        # No second plan of the text: the library call answers with no costs of unknown calls.
        result = _rewritten(analysis, settings, filename or "<source>", unsafe_fixes)
    except SourceError as error:
        return Rewrite(source, (), (), False, f"{error.line}:{error.column}: {error.message}")
    text = source if result.fixed is None else result.fixed
    return Rewrite(text, result.findings, result.blocked, text != source, unused=result.unused,
                   races=result.races)  # fmt: skip


def _catalog(tools: object) -> Catalog | None:
    """Declarations, a ``tools/list`` result (a dict or the SDK's model), or its list of tools."""
    if tools is None:
        return None
    dump = getattr(tools, "model_dump", None)
    listing: Any = dump(by_alias=True) if callable(dump) else tools
    rows = list(cast("Sequence[Any]", listing)) if isinstance(listing, (list, tuple)) else []
    if rows and all(isinstance(row, Mapping) and "match" not in row for row in rows):
        listing = {"tools": rows}
    if isinstance(listing, Mapping):
        from ..analyzer.effects.manifests import mcp_entries

        return build(mcp_entries(cast("object", listing), "tools", bare=True))
    return build(parse_tools(listing, "tools"))
