"""Dependence edges (contract §3): what keeps a later call behind an earlier statement, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from .clocks import blocking_edge, time_edge
from .edges import Edge, EdgeKind, Member, Pair
from .effects.facts import CallFacts
from .effects.model import MEMORY, Effect, conflicts, describe, overlap
from .effects.roots import is_module
from .effects.selector import Memory, Name, Overlap, Step
from .footprint import Footprints, visible_writes
from .ir import (
    Statement,
)

Finder = Callable[[Pair], Edge | None]


def blocking(pair: Pair, finders: Sequence[Finder] | None = None) -> Edge | None:
    """The first reason why the later call must not start before the earlier statement has run."""
    for find in finders if finders is not None else FINDERS:
        edge = find(pair)
        if edge is not None:
            return edge
    return None


def _name(later: Member) -> str:
    return later.facts.name


def _control(pair: Pair) -> Edge | None:
    if not pair.earlier.controls:
        return None
    word = pair.earlier.controls[0]
    if word == "await":
        words = f"line {pair.statement.span.line} awaits something that is not a call"
        return Edge(EdgeKind.CONTROL, words, pair.statement.span.line)
    if pair.statement.blocks:
        line = pair.statement.span.line
        words = f"line {line} holds `{word}`, and `{_name(pair.later)}` comes after it"
        return Edge(EdgeKind.CONTROL, words, line)
    leaves = word in ("return", "raise", "break", "continue", "assert", "yield")
    how = f"`{word}` may leave the block before" if leaves else f"`{word}` stands before"
    return Edge(EdgeKind.CONTROL, f"line {pair.statement.span.line}: {how} `{_name(pair.later)}`",
                pair.statement.span.line)  # fmt: skip


def _unknown(pair: Pair) -> Edge | None:
    if not pair.earlier.everything:
        return None
    line = pair.statement.span.line
    return Edge(EdgeKind.UNKNOWN, f"line {line}: {pair.earlier.everything}", line,
                pair.earlier.everything_call)  # fmt: skip


def _affine(pair: Pair) -> Edge | None:
    if not pair.earlier.affine:
        return None
    line = pair.statement.span.line
    return Edge(
        EdgeKind.AFFINE, f"line {line}: `{pair.earlier.affine}` must stay in its task", line
    )


def _exclusive(pair: Pair) -> Edge | None:
    for mine in pair.later.facts.handles:
        for other in pair.earlier.handles:
            if overlap(mine, other) is not Overlap.NEVER:
                line = pair.statement.span.line
                way_out = (
                    f" (`{_name(pair.later)}` is handed what may hold it; "
                    'if it does not use it, say `concurrency = "safe"` where it is declared)'
                )
                hidden = mine in pair.later.facts.reached
                return Edge(
                    EdgeKind.EXCLUSIVE,
                    f"line {line} and `{_name(pair.later)}` use {describe(mine)}, "
                    f"of which only one call may run at a time{way_out if hidden else ''}",
                    line,
                    resource=describe(mine),
                )
    return None


def _lock(pair: Pair) -> Edge | None:
    """Two calls that could wait for each other forever, or for longer than one of them waits."""
    mine = pair.later.facts.locking
    if not mine.locks:
        return None
    line = pair.statement.span.line
    for call in pair.earlier.calls:
        facts = pair.footprints.inference.facts(call)
        other = facts.locking
        if not other.locks:
            continue
        if mine.nested or other.nested:
            name = _name(pair.later) if mine.nested else facts.name
            words = f"`{name}` {mine.nested or other.nested}, and "
            words += f"line {line}" if mine.nested else f"`{_name(pair.later)}`"
            return Edge(EdgeKind.LOCK, f"{words} takes a lock or permit too", line)
        for one, two in product(mine.locks, other.locks):
            met = overlap(one.resource, two.resource) is not Overlap.NEVER
            if met and (one.deadline or two.deadline):
                what = describe(one.resource)
                words = f"line {line} and `{_name(pair.later)}` take {what}, which one of them " \
                        "does not wait for as long as it takes"  # fmt: skip
                return Edge(EdgeKind.LOCK, words, line, resource=what)
    return None


def _one_after_the_other(pair: Pair) -> Edge | None:
    """Contract §6: calls that wait for nothing but under one lock gain nothing."""
    mine = pair.later.facts.locking
    if not mine.covered:
        return None
    waiting = [c for c in pair.earlier.calls if c.awaited]
    for call in waiting:
        other = pair.footprints.inference.facts(call).locking
        for one, two in product(mine.covered, other.covered):
            if len(waiting) == 1 and overlap(one, two) is Overlap.ALWAYS:
                line = pair.statement.span.line
                words = f"line {line} and `{_name(pair.later)}` wait under {describe(one)}, " \
                        "one after the other anyway"  # fmt: skip
                return Edge(EdgeKind.GAIN, words, line, resource=describe(one))
    return None


def _conflict(pair: Pair) -> Edge | None:
    found = conflict_of(pair.earlier.effects, pair.later.footprint.effects, pair.footprints)
    return None if found is None else _conflict_edge(pair.statement, *found, pair.later)


def meet(one: Effect, other: Effect, footprints: Footprints) -> bool:
    """Do two effects conflict, for all that is known of the project?"""
    return (
        (one.writes or other.writes)
        and conflicts(one, other, footprints.config.same_world)
        and not footprints.inference.apart(one, other)
    )


def conflict_of(
    first: Sequence[Effect], second: Sequence[Effect], footprints: Footprints
) -> tuple[Effect, Effect] | None:
    """A pair of conflicting effects, the one that says most: the world, names, then content."""
    best: tuple[int, Effect, Effect] | None = None
    for other in first:
        for effect in second:
            if meet(other, effect, footprints):
                rank = _rank(other, effect)
                if best is None or rank < best[0]:
                    best = (rank, other, effect)
    if best is not None:
        return best[1:]
    stamped = _stamped(second, first)
    return _stamped(first, second) or (stamped and (stamped[1], stamped[0]))


def _stamped(stamping: Sequence[Effect], others: Sequence[Effect]) -> tuple[Effect, Effect] | None:
    """A write of what is stamped with the time of day, and a look at the same state.

    The time that is kept in an object tells when that was done, as seen by all who look at it.
    """
    if not any(e.writes and e.resource.domain == "time" for e in stamping):
        return None
    for write in stamping:
        state = _state(write) if write.writes else None
        for other in others if state is not None else ():
            if _state(other) == state:
                return write, other
    return None


def _state(effect: Effect) -> tuple[str, Step | None] | None:
    """The global, or the name, on which a memory hangs."""
    memory = effect.resource.selector
    if not isinstance(memory, Memory) or memory.root == "?":
        return None
    first = memory.steps[0] if is_module(memory.root) and memory.steps else None
    return memory.root, first


def _rank(other: Effect, mine: Effect) -> int:
    if other.resource.domain != MEMORY:
        return 9 if other.derived or mine.derived else 0  # better said by what it follows from
    if isinstance(mine.resource.selector, Name):
        return 1
    steps = getattr(mine.resource.selector, "steps", ())
    return (2 if other.writes and mine.writes else 3) + len(steps)


def _conflict_edge(statement: Statement, other: Effect, mine: Effect, later: Member) -> Edge:
    line = statement.span.line
    name = _name(later)
    if other.resource.domain == MEMORY and mine.resource.domain == MEMORY:
        kind = {(True, False): EdgeKind.FLOW, (False, True): EdgeKind.ANTI}.get(
            (other.writes, mine.writes), EdgeKind.OUTPUT
        )
        what = describe(other.resource)
        mine_what = describe(mine.resource)
        if kind is EdgeKind.FLOW:
            verb = "binds" if isinstance(other.resource.selector, Name) else "may change"
            seen = what if what == mine_what else f"{mine_what}, which may be {what}"
            words = f"`{name}` uses {seen}; line {line} {verb} it"
        elif kind is EdgeKind.ANTI:
            words = f"line {line} uses {what}, which `{name}` changes"
        else:
            words = f"line {line} and `{name}` both change {what}"
        return Edge(kind, words, line, resource=what)
    did = "writes" if other.writes else "reads"
    does = "writes" if mine.writes else "reads"
    words = f"line {line} {did} {describe(other.resource)}, and `{name}` {does} " \
            f"{describe(mine.resource)}"  # fmt: skip
    return Edge(EdgeKind.EFFECT, words, line, resource=describe(mine.resource))


def failure_edge(pair: Pair) -> Edge | None:
    """An edge if the later call must not run when the earlier statement fails."""
    if not pair.earlier.raises:
        return None
    line = pair.statement.span.line
    name = _name(pair.later)
    # What the program itself raises is raised in runs where no call fails, too.
    unsafe = pair.around.unsafe and not pair.earlier.plain_risk
    reason = not_speculatable(pair.later.facts, unsafe=unsafe)
    if reason:
        return Edge(EdgeKind.FAILURE, f"`{name}` {reason}, and line {line} may fail first", line)
    return None


def not_speculatable(facts: CallFacts, *, unsafe: bool) -> str:
    """Why running the call in vain could be noticed, or "" (contract §3, *Speculatable*)."""
    if facts.opens and not facts.speculative:
        return f"returns an open {facts.opens}, which a failing run would leave open"
    if facts.cancel_unsafe:
        return "may leave its handle one answer behind when it is cancelled"
    if unsafe or facts.speculative:
        return ""
    for effect in facts.writes:
        if effect.resource.domain not in ("log", "random"):
            return f"writes {describe(effect.resource)}"
    return ""


FINDERS: tuple[Finder, ...] = (
    _control, _affine, _unknown, time_edge, _exclusive, _lock, _conflict, blocking_edge,
    _one_after_the_other, failure_edge,
)  # fmt: skip


def early_raise(pair: Pair) -> Edge | None:
    """An edge if the later arguments may raise, and so may the earlier part, or it shows something.

    Two errors of the program itself stay in their order; only the failure of an awaited read may
    come later than such an error (contract §4).
    """
    if pair.later.risks and not pair.around.ends and pair.earlier.own_risk:
        return order_edge(pair)
    return visible_early(pair)


def order_edge(pair: Pair) -> Edge:
    """Two errors of the program itself would change places."""
    line = pair.statement.span.line
    name = _name(pair.later)
    words = f"the arguments of `{name}` may raise, and so may line {line}, which is first"
    return Edge(EdgeKind.FAILURE, words, line)


def visible_early(pair: Pair) -> Edge | None:
    """An edge if the later arguments may raise and the statement does what a failing run shows.

    Contract §4: arguments that may raise are evaluated early only in a batch of reads.
    """
    if not pair.later.risks:
        return None
    visible = visible_writes(pair.earlier, pair.around)
    if not visible:
        return None
    line = pair.statement.span.line
    what = describe(visible[0].resource)
    name = _name(pair.later)
    words = f"the arguments of `{name}` may raise, and line {line} writes {what} before"
    return Edge(EdgeKind.FAILURE, words, line)
