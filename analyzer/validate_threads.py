"""Pools of threads in the output text → why the rewrite must be refused, or "" (contract §7).

Asks again of every statement that a thread may now be ahead of, of what is evaluated when the
calls are started, and of the pool itself; shares nothing with the scheduler.
"""

from __future__ import annotations

from .config import Config
from .dependence import blocking, early_raise, visible_early
from .edges import Edge, Member, Pair
from .ir import Invoke, Statement
from .lowering.compare import expression_form
from .members import awaited_in, risk_key, risks_of, shown
from .sites import Site, Sites
from .thread_members import (
    THREAD_FINDERS,
    blocking_in,
    kept_out,
    loop_edge,
    may_pause,
    own_edge,
    shared,
    thread_members,
    unthreaded,
)
from .turn_calls import Ahead, blocking_of
from .undo_batch import Batch
from .undo_loops import Loop


def threads_refusal(
    batch: Batch, site: Site | None, sites: Sites, text: str, config: Config
) -> str:
    """Why the calls of a pool must not be made at the same time, or ""."""
    if site is None:
        return "the pool does not stand in a block of a function"
    edge = sites.forbidden(site) or kept_out(sites.inference, site)
    if edge is not None:
        return edge.words
    if batch.workers != len(batch.moved):
        return "a call waits for the thread of another one"
    if batch.waits and not may_pause(sites, site, batch.first):
        return "it would wait where it did not, and be atomic for other tasks no more"
    if len(batch.members) > config.max_concurrency:
        return f"more than {config.max_concurrency} calls at once"
    members: list[Member] = []
    for i, (form, nth) in zip(batch.moved, batch.calls, strict=True):
        member, edge = _member(i, form, nth, site, sites, text)
        line = site.block.statements[i].span.line
        if member is None:
            return edge.words if edge is not None else f"line {line}: no thread may make its call"
        if batch.waits and shared(sites.inference, member):
            return f"line {line} hands its thread what other tasks may change meanwhile"
        members.append(member)
    keys = [member.key for member in members]
    if keys != sorted(set(keys)):
        return "the results are not taken in the order of the original"
    if batch.waits and len(set(batch.moved)) < len(keys):
        return "a statement waits between its calls, and would be atomic for other tasks no more"
    first = site.block.statements[batch.first]
    stays = bool(blocking_in(sites, site.function, first))
    if stays and batch.waits == (keys[0] != (batch.first, 0)):
        return "the first call stays in its place unless all results are awaited"
    if not stays and not awaited_in(first):
        return "the pool is opened before anything that its calls run beside"
    return next(filter(None, (_ahead(batch, member, site, sites) for member in members)), "")


def moved_in_turns(loop: Loop, site: Site, sites: Sites, statement: Statement) -> Ahead:
    """The calls that threads may make, and that have the form of the one that they do make."""
    text = sites.inference.text
    called = [e.call for e in statement.events if isinstance(e, Invoke)]
    blocks = blocking_of(sites, site, [statement])
    return Ahead(
        frozenset(
            c.id
            for c in called
            if blocks.names(c) and expression_form(text[c.span.start : c.span.end]) == loop.call
        )
    )


def turn_refusal(loop: Loop, member: Member, site: Site, sites: Sites) -> str:
    """Why a thread must not make the call of each turn of a loop, or "".

    ``site``: the block in which that stands.
    """
    inference, call = sites.inference, member.call
    edge = unthreaded(inference, site) or own_edge(inference, site, member)
    if edge is not None:
        return edge.words
    if not loop.width:
        return "there is no thread"
    reason = sites.threads.evaluated(inference, call) if loop.parameters is not None else ""
    return f"line {call.span.line}: a thread evaluates the arguments, and it {reason}" \
        if reason else ""  # fmt: skip


def _member(
    i: int, form: object, nth: int, site: Site, sites: Sites, text: str
) -> tuple[Member | None, Edge | None]:
    """The blocking call of statement ``i`` that is the ``nth`` of all calls of that form in it."""
    events = site.block.statements[i].events
    calls = [e.call for e in events if isinstance(e, Invoke)]
    same = [c for c in calls if expression_form(text[c.span.start : c.span.end]) == form]
    blocking_ = [call for _, call in blocking_in(sites, site.function, site.block.statements[i])]
    found = thread_members(sites, site, i)
    for call, (member, edge) in zip(blocking_, found, strict=True):
        if nth < len(same) and call is same[nth]:
            return member, edge
    return None, None


def _ahead(batch: Batch, member: Member, site: Site, sites: Sites) -> str:
    """Every statement that a thread may now be ahead of must have no edge to its call."""
    around, prints = sites.surroundings(site), sites.footprints
    statements = site.block.statements
    early = any(risk_key(e) not in shown(statements, batch.first, prints) for e in member.risks)
    own = Pair(statements[member.index], member.before, member, around, prints)
    first = early_raise(own) if early else None
    if first is not None:
        return first.words
    pairs = [own]
    pairs += [Pair(statements[k], prints.of(statements[k]), member, around, prints)
              for k in range(batch.first, member.index)]  # fmt: skip
    for pair in pairs:
        edge = blocking(pair, THREAD_FINDERS) or (visible_early(pair) if early else None)
        edge = edge or loop_edge(pair)
        if edge is not None:
            return edge.words
    for k in range(batch.first, member.index) if early else ():
        if _own_risk(k, site, sites):
            line = statements[k].span.line
            return f"the arguments of `{member.facts.name}` may raise before line {line} does"
    return ""


def _own_risk(k: int, site: Site, sites: Sites) -> bool:
    """May a statement raise, but for its calls that wait, in a way that was not shown before?"""
    statements, prints = site.block.statements, sites.footprints
    calls = {c.id for _, c in blocking_in(sites, site.function, statements[k])}
    calls |= {c.id for _, c in awaited_in(statements[k])}
    events = [e for e in statements[k].events
              if not (isinstance(e, Invoke) and e.call.id in calls)]  # fmt: skip
    known = shown(statements, k, prints, own=False)
    return any(risk_key(e) not in known for e in risks_of(events, prints, sites.bound_at(site, k)))
