"""Original and rewritten text → a refusal, or "" (contract §7).

Shares nothing with the scheduler: it undoes the shapes it finds in the output text, demands that
what remains is the original, statement by statement, and then asks of every pair that may now run
in another order whether an edge holds it. Form, drain, bound, argument rule and names are checked
from the output text as well.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from .canon import Refused
from .config import Config
from .dependence import (
    blocking,
    conflict_of,
    early_raise,
    not_speculatable,
    order_edge,
    visible_early,
)
from .edges import Member, Pair
from .engine import Analysis
from .footprint import visible_writes
from .ir import Block, Event, Function, Invoke, Statement
from .lowering.compare import Item, expression_form, outline
from .members import (
    awaited_in,
    member_of,
    nameable,
    own_risk,
    risk_key,
    several_of,
    shown,
)
from .sites import Site, Sites
from .source import SourceError
from .undo import Undo
from .undo_batch import Batch
from .undo_chains import Chained
from .undo_loops import Loop
from .validate_chains import chains_refusal
from .validate_comprehensions import elements_refusal
from .validate_headers import results_refusal
from .validate_loops import loop_refusal
from .validate_threads import threads_refusal


def refusal(analysis: Analysis, text: str, config: Config) -> str:
    """Why ``text`` must not replace the analyzed source, or ""."""
    try:
        old = outline(analysis.source)
        undone = _undone(old, outline(analysis.source.changed(text)), analysis, config)
    except SourceError as error:
        return f"the output does not parse: line {error.line}: {error.message}"
    except Refused as error:
        return str(error)
    sites = analysis.planner.sites
    blocks: dict[int, Block] = {}
    body = next(f.block for f in analysis.module.functions if not f.name)
    _pair(old, body, analysis.module.functions, blocks)
    blocking = any(undo.threading for undo in undone)
    by_block = {id(site.block): site for site in sites.all(blocking=blocking)}
    reasons = (_refusal(undo, analysis, config, blocks, by_block) for undo in undone)
    return next(filter(None, reasons), "")


def _undone(
    old: tuple[Item, ...], new: tuple[Item, ...], analysis: Analysis, config: Config
) -> list[Undo]:
    """What is undone of the file, or of each cell of a notebook: no import of another one counts.

    Raises Refused.
    """
    pairs = [(old, new)]
    if analysis.source.notebook is not None:
        cells, now = old[0].blocks[0], new[0].blocks[0]
        if len(cells) != len(now):
            raise Refused("the notebook has not the cells that it had")
        pairs = [(a.blocks[0], b.blocks[0]) for a, b in zip(cells, now, strict=True)]
    found: list[Undo] = []
    for before, after in pairs:
        undo = Undo(config.helper)
        undo.module(before, after)
        found.append(undo)
    return found


def _refusal(
    undo: Undo,
    analysis: Analysis,
    config: Config,
    blocks: dict[int, Block],
    by_block: dict[int, Site],
) -> str:
    sites = analysis.planner.sites
    clash = sorted(undo.names & (analysis.module.names | frozenset(dir(builtins))))
    if clash:
        return f"the new name `{clash[0]}` is in use already"
    for batch in undo.batches:
        site = by_block.get(id(blocks.get(batch.block)))
        reason = _names(batch, site, undo, analysis) or (
            threads_refusal(batch, site, sites, analysis.source.text, config)
            if batch.form == "threads"
            else _batch(batch, site, analysis, config)
        )
        if reason:
            return reason
    for loop in undo.loops:
        site = by_block.get(id(blocks.get(loop.block)))
        turns = site is not None and site.block.statements[loop.index].turns is not None
        asked = loop_refusal if turns else elements_refusal
        reason = _names(loop, site, undo, analysis) or asked(loop, site, sites)
        if reason:
            return reason
    for chained in undo.chains:
        site = by_block.get(id(blocks.get(chained.block)))
        reason = _names(chained, site, undo, analysis) or chains_refusal(
            chained, site, sites, analysis.source.text
        )
        if reason:
            return reason
    return ""


def _names(batch: Batch | Loop | Chained, site: Site | None, undo: Undo, analysis: Analysis) -> str:
    """The names of asyncio and of the helper must mean them where the batch stands."""
    if site is None:
        return ""
    module = analysis.module
    scope = site.function.scope
    around = [
        f.locals for f in module.functions
        if f.scope and (scope == f.scope or scope.startswith(f"{f.scope}."))
    ]  # fmt: skip
    names = dict.fromkeys(undo.aliases, "asyncio")
    if batch.form == "helper":
        names = dict.fromkeys(undo.helpers, undo.helper)
    elif batch.form == "threads":
        names |= undo.threading
    for name, wanted in names.items():
        if name not in batch.reached:
            continue
        info = module.symbols.get(f":{name}")
        if any(name in known for known in around):
            return f"`{name}` means something else here"
        if name in undo.added:
            outermost = all(block.part or block.role == "header" for _, block in site.parents)
            first = max(batch.first, batch.at) if isinstance(batch, Batch) else batch.first
            if not scope and undo.added[name] > first and outermost:
                return f"`{name}` is imported after it is used"
            if info is not None and not (info.kind == "import" and info.target == wanted):
                return f"`{name}` is bound to something else as well"
        elif info is None or info.kind != "import" or info.target != wanted:
            return f"`{name}` does not mean {wanted}"
    return ""


def _pair(
    items: tuple[Item, ...], block: Block, functions: Sequence[Function], table: dict[int, Block]
) -> None:
    """Which lowered block each block of the outline is: both walk the same text in order."""
    table[id(items)] = block
    for item, statement in zip(items, block.statements, strict=True):
        blocks = statement.blocks
        if statement.headers:
            table[id(item)] = statement.headers[0].block
        if statement.kind == "FunctionDef":
            own = [
                f for f in functions
                if f.span.end == statement.span.end and f.span.start >= statement.span.start
            ]  # fmt: skip
            blocks = (min(own, key=lambda f: f.span.start).block,)
        for inner, lowered in zip(item.blocks, blocks, strict=True):
            _pair(inner, lowered, functions, table)


def _batch(batch: Batch, site: Site | None, analysis: Analysis, config: Config) -> str:
    sites = analysis.planner.sites
    if site is None:
        return "the batch does not stand in a block of an async function"
    forbidden = sites.forbidden(site)
    if forbidden is not None:
        return forbidden.words
    if len(batch.members) > config.max_concurrency:
        return f"more than {config.max_concurrency} calls at once"
    members = _members(batch, site, sites, analysis.source.text)
    if isinstance(members, str):
        return members
    if batch.results and batch.form == "ordered":
        text, statement = analysis.source.text, site.block.statements[0]
        ordinals = [_ordinal(statement, form, nth, text) for form, nth in batch.results]
        reason = results_refusal(site, sites, ordinals)
        if reason:
            return reason
    return (
        _reordered(batch, members, site, sites)
        or _arguments(batch, members, site, sites)
        or (_gathered(batch, members, site, sites) if batch.form != "ordered" else "")
    )


def _members(batch: Batch, site: Site, sites: Sites, text: str) -> list[Member] | str:
    """The moved calls in order, and in forms that gather also the first one."""
    found: list[Member] = []
    for position, i in enumerate(batch.moved if batch.form == "ordered" else batch.members):
        statement = site.block.statements[i]
        bound = sites.bound_at(site, i)
        several = several_of(i, statement, sites.footprints, bound)
        ordinal = 0
        if several and batch.calls:
            ordinal = _ordinal(statement, *batch.calls[position], text)
            member, edge = several[ordinal] if ordinal >= 0 else (None, None)
        else:
            member, edge = member_of(i, statement, sites.footprints, bound)
        if member is None:
            return edge.words if edge is not None else f"line {statement.span.line} awaits twice"
        found.append(member)
    if [m.key for m in found] != sorted({m.key for m in found}):
        return "calls are not awaited in the order of the original"
    return found


def _ordinal(statement: Statement, form: object, nth: int, text: str) -> int:
    """Which awaited call of a statement has that form, the ``nth`` of them; -1 if there is none."""
    calls = [call for _, call in awaited_in(statement)]
    same = [
        i
        for i, call in enumerate(calls)
        if expression_form(text[call.span.start : call.span.end]) == form
    ]
    return same[nth] if nth < len(same) else -1


def _reordered(batch: Batch, members: list[Member], site: Site, sites: Sites) -> str:
    """Every statement that a call now starts ahead of must have no edge to it."""
    around = sites.surroundings(site)
    statements = site.block.statements
    for member in members[-len(batch.moved) :]:
        i = member.index
        own = blocking(Pair(statements[i], member.before, member, around, sites.footprints))
        if own is not None:
            return own.words
        for k in range(batch.first, i):
            earlier = sites.footprints.of(statements[k])
            edge = blocking(Pair(statements[k], earlier, member, around, sites.footprints))
            if edge is not None:
                return edge.words
    return ""


def _arguments(batch: Batch, members: list[Member], site: Site, sites: Sites) -> str:
    """Contract §4: what may raise is evaluated before anything runs, in order, in reads only."""
    around = sites.surroundings(site)
    statements, prints = site.block.statements, sites.footprints
    shown_at_first = shown(statements, batch.first, prints)
    for member in members[-len(batch.moved) :]:
        i = member.index
        if all(risk_key(e) in shown_at_first for e in member.risks):
            continue
        own = early_raise(Pair(statements[i], member.before, member, around, prints))
        if own is not None:
            return own.words
        for k in range(batch.first, i):
            pair = Pair(statements[k], prints.of(statements[k]), member, around, prints)
            edge = visible_early(pair)
            if edge is not None:
                return edge.words
            early = k == batch.first or k in batch.moved
            if (
                not around.ends
                and not (early and _nameable(k, site, sites))
                and own_risk(statements, k, prints, sites.bound_at(site, k))
            ):
                return order_edge(pair).words
    return _order(batch, members, site, sites)


def _nameable(k: int, site: Site, sites: Sites) -> bool:
    statement = site.block.statements[k]
    member, _ = member_of(k, statement, sites.footprints, sites.bound_at(site, k))
    return nameable(member, sites.footprints.of(statement))


def _order(batch: Batch, members: list[Member], site: Site, sites: Sites) -> str:
    """Nothing may raise once something runs, nor before what the original evaluated first."""
    statements, prints = site.block.statements, sites.footprints
    ends = sites.surroundings(site).ends
    ordered = batch.form == "ordered"
    # Forms that gather evaluate the first call's arguments after those that got names.
    known = shown(statements, batch.first, prints, own=ordered)
    risky: list[int] = []
    for i, member in enumerate(members):
        if any(risk_key(e) not in known for e in member.risks):
            risky.append(i)
        known.update(risk_key(e) for e in member.risks)
    late = [i for i in risky if i]
    for i in (*late, *(risky if late and not ends else ())):
        if i not in batch.named:
            return f"the arguments of `{members[i].facts.name}` may raise once another call runs"
    if not (ordered and risky) or ends or batch.first_named:
        return ""
    first, _ = member_of(
        batch.first, statements[batch.first], prints, sites.bound_at(site, batch.first)
    )
    before = shown(statements, batch.first, prints, own=False)
    if first is not None and any(risk_key(e) not in before for e in first.risks):
        return f"line {statements[batch.first].span.line} may raise after later arguments did"
    return ""


def _gathered(batch: Batch, members: list[Member], site: Site, sites: Sites) -> str:
    """Forms that await all members at once: what may follow them, and where they are allowed."""
    around = sites.surroundings(site)
    ends = sites.surroundings(site).ends
    if len({m.index for m in members}) < len(members):
        return _within(batch, members, sites, ends=ends)
    for member in members[:-1] if not ends else ():
        line = member.statement.span.line
        if visible_writes(member.after, around):
            return f"line {line} binds what a failing run shows"
        if member.after.own_risk:
            return f"line {line} may fail after its call, and would fail later"
    for i in batch.between:
        between = sites.footprints.of(site.block.statements[i])
        if visible_writes(between, None if ends else around):
            return f"line {site.block.statements[i].span.line} is seen by a failing run"
        for member in members:
            if member.index > i and conflict_of(
                between.effects, member.after.effects, sites.footprints
            ):
                return f"line {site.block.statements[i].span.line} now follows what it used"
    raises = any(sites.footprints.of(site.block.statements[i]).raises for i in batch.between)
    if batch.form in ("helper", "taskgroup") and raises:
        return "a statement between may raise"
    if batch.form == "helper":
        return ""
    if any(not_speculatable(m.facts, unsafe=False) for m in members):
        return "a member writes"
    if batch.form == "taskgroup" and sites.config.style != "taskgroup":
        return "a task group was not asked for"
    if batch.form == "taskgroup":
        caught = any(
            s.handlers
            or any(
                sites.footprints.manager(e.value) not in ("handle", "deadline") for e in s.managers
            )
            for s, _ in site.parents
        )
        if any(m.facts.entry is None or m.facts.entry.awaitable for m in members):
            return "a member is no coroutine"
        return "a `try` names exceptions around a task group" if caught else ""
    sure = not raises and not any(m.facts.raises for m in members)
    allowed = ends or sites.config.failures == "first" or sure
    return "" if allowed else "the plain form raises the first failure in time, not in order"


def _within(batch: Batch, members: list[Member], sites: Sites, *, ends: bool) -> str:
    """Results of one statement's calls that get names before it: what stands between follows."""
    statement = members[0].statement
    line = statement.span.line
    if batch.form != "plain" or len({m.index for m in members}) > 1:
        return f"line {line} awaits several times"
    if any(not_speculatable(m.facts, unsafe=False) for m in members):
        return "a member writes"
    own = {id(e) for m in members for e in (*m.call.setup,)}
    last = members[-1].call
    between: list[Event] = []
    for event in statement.events:
        if isinstance(event, Invoke) and event.call is last:
            break
        mine = isinstance(event, Invoke) and any(event.call is m.call for m in members)
        if id(event) not in own and not mine:
            between.append(event)
    does = sites.footprints.of_events(between)
    if does.everything or does.controls or visible_writes(does):
        return f"line {line} does more between its calls"
    if ends or not (sites.footprints.of(statement).raises):
        return ""
    return "the plain form raises the first failure in time, not in order"
