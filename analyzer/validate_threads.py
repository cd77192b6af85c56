"""Pools of threads in the output text → why the rewrite must be refused, or "" (contract §7).

Asks again of every statement that a thread may now be ahead of, of what is evaluated when the
calls are started, and of the pool itself; shares nothing with the scheduler.
"""

from __future__ import annotations

from .config import Config
from .dependence import blocking, visible_early
from .edges import Member, Pair
from .ir import Invoke, Statement
from .lowering.compare import expression_form
from .members import risk_key, risks_of, shown
from .sites import Site, Sites
from .thread_members import (
    THREAD_FINDERS,
    blocking_in,
    kept_out,
    own_edge,
    suspends,
    thread_member,
    torn,
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
    if batch.waits and not suspends(site.function):
        return "it never waited for anything, and would be atomic for other tasks no more"
    if len(batch.members) > config.max_concurrency:
        return f"more than {config.max_concurrency} calls at once"
    members: list[Member] = []
    for i, (form, _) in zip(batch.moved, batch.calls, strict=True):
        member, edge = thread_member(sites, site, i)
        if member is None:
            line = site.block.statements[i].span.line
            return edge.words if edge is not None else f"line {line}: no thread may make its call"
        span = member.call.span
        if expression_form(text[span.start : span.end]) != form:
            return f"line {span.line}: another call of its statement is made in a thread"
        if batch.waits and torn(member, site.function):
            return f"line {span.line} changes what other tasks see, and would be atomic no more"
        members.append(member)
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


def _ahead(batch: Batch, member: Member, site: Site, sites: Sites) -> str:
    """Every statement that a thread may now be ahead of must have no edge to its call."""
    around, prints = sites.surroundings(site), sites.footprints
    statements = site.block.statements
    early = any(risk_key(e) not in shown(statements, batch.first, prints) for e in member.risks)
    pairs = [Pair(statements[member.index], member.before, member, around, prints)]
    pairs += [Pair(statements[k], prints.of(statements[k]), member, around, prints)
              for k in range(batch.first, member.index)]  # fmt: skip
    for pair in pairs:
        edge = blocking(pair, THREAD_FINDERS) or (visible_early(pair) if early else None)
        if edge is not None:
            return edge.words
    for k in range(batch.first, member.index) if early else ():
        if _own_risk(k, site, sites):
            line = statements[k].span.line
            return f"the arguments of `{member.facts.name}` may raise before line {line} does"
    return ""


def _own_risk(k: int, site: Site, sites: Sites) -> bool:
    """May a statement raise, but for its blocking call, in a way that was not shown before?"""
    statements, prints = site.block.statements, sites.footprints
    calls = {c.id for _, c in blocking_in(sites, site.function, statements[k])}
    events = [e for e in statements[k].events
              if not (isinstance(e, Invoke) and e.call.id in calls)]  # fmt: skip
    known = shown(statements, k, prints, own=False)
    return any(risk_key(e) not in known for e in risks_of(events, prints, sites.bound_at(site, k)))
