"""Which calls threads may make beside others, and where (contract §5: threads)."""

from __future__ import annotations

import re

from .clocks import blocking_edge
from .dependence import FINDERS
from .edges import Edge, EdgeKind, Member, Pair
from .effects.facts import CallFacts
from .effects.inference import Inference
from .effects.model import MEMORY
from .footprint import visible_writes
from .ir import AwaitValue, Call, Enter, Function, Invoke, Iterate, Statement
from .members import NO_MEMBER, member_at
from .sites import Site, Sites
from .typetext import GENERATOR

#: What starting a thread costs (measured: a pool and its threads, started, used and closed).
THREAD_MS = 0.1
#: A call that is under way in a thread misses no deadline while another one blocks.
THREAD_FINDERS = tuple(find for find in FINDERS if find is not blocking_edge)
_MAIN = re.compile(r"""if\s+__name__\s*==\s*(['"])__main__\1\s*:""")
#: What runs coroutines.
_LOOPS = frozenset({"asyncio", "anyio", "trio"})
#: They replace threads by something else, or have to be told of each one.
_OTHER_THREADS = frozenset({"gevent", "eventlet"})
#: What runs when the interpreter ends, and can start no thread then.
_LATE = frozenset({"atexit", "weakref"})


def in_threads(sites: Sites, function: Function, call: Call) -> bool:
    """May threads make a call at the same time as others, and does it block where it stands?

    The tools of coding agents are coroutine functions in some programs, and block in others: they
    are taken to be what their vocabulary says, unless the file has no use for coroutines.
    """
    if call.awaited:
        return False
    inference = sites.inference
    facts = inference.facts(call)
    if facts.everything or not facts.threads:
        return not facts.everything and sites.threads.may_make(inference, call)
    entry = facts.entry
    if entry is None or not entry.is_async:
        return True
    module = inference.module
    awaits = any(c.awaited for c in module.calls.values())
    return not (function.is_async or awaits or _LOOPS & module.imports)


def blocking_in(sites: Sites, function: Function, statement: Statement) -> list[tuple[int, Call]]:
    """The calls of a simple statement that may run in threads, and where among its events."""
    if statement.blocks or statement.kind in NO_MEMBER:
        return []
    return [
        (i, e.call)
        for i, e in enumerate(statement.events)
        if isinstance(e, Invoke) and in_threads(sites, function, e.call)
    ]


def blocking_calls(sites: Sites) -> int:
    """How many calls of a file threads may make."""
    return sum(
        isinstance(event, Invoke) and in_threads(sites, function, event.call)
        for function in sites.module.functions
        for statement in function.block.statements
        for event in statement.events
    )


def suspends(function: Function) -> bool:
    """Does a coroutine wait for something, so that it is not atomic for other tasks anyway?

    A function that never suspended gets no suspension point (contract §1).
    """
    return function.is_async and any(map(_waits, function.block.statements))


def _waits(statement: Statement) -> bool:
    """May other tasks run meanwhile?"""
    return any(
        (isinstance(event, Invoke) and event.call.awaited)
        or isinstance(event, AwaitValue)
        or (isinstance(event, (Iterate, Enter)) and event.asynchronous)
        for event in statement.events
    )


def shared(inference: Inference, member: Member) -> str:
    """What a thread is handed that other tasks may reach, and may change while it looks at it.

    Tasks take turns where they wait, threads anywhere. Of what stands behind an attribute, and in a
    variable of a module, others know; a local name, or a parameter, is taken to be the function's.
    """
    values = [argument.value for argument in member.call.arguments]
    while values:
        value = values.pop()
        values.extend(value.held)
        place = value.place
        if place is None or inference.resolver.immutable(value):
            continue
        if place.steps or place.symbol.startswith(":"):
            return inference.resolver.place_name(place)
    return ""


def loop_edge(pair: Pair) -> Edge | None:
    """An edge if the earlier statement lets other tasks run, and they may change an argument."""
    what = shared(pair.footprints.inference, pair.later) if _waits(pair.statement) else ""
    if not what:
        return None
    line = pair.statement.span.line
    words = f"other tasks run while line {line} waits, and may change `{what}` while the thread " \
            f"of `{pair.later.facts.name}` looks at it"  # fmt: skip
    return Edge(EdgeKind.ANTI, words, line)


def may_pause(sites: Sites, site: Site, first: int) -> bool:
    """May a coroutine wait from statement ``first`` of a block on, where it did not wait before?

    Only one that waits elsewhere (contract §1), and of which nobody could tell: from there on it
    changes nothing that other tasks look at, so that no change rests on what was read before the
    pause (`self.count += load()`, or a flag that is tested and then set); and no handler, `finally`
    or deadline is around, which would see less done than before: a task that holds the loop is
    cancelled later, and misses no deadline.
    """
    around = sites.surroundings(site)
    if not suspends(site.function) or around.everything_seen:
        return False
    start = site.block.statements[first].span.start
    prints = [sites.footprints.of(s) for s in site.function.block.statements if s.span.end > start]
    return not any(
        each.everything or any(e.resource.domain == MEMORY for e in visible_writes(each, around))
        for each in prints
    )


def kept_out(inference: Inference, site: Site) -> Edge | None:
    """Why no thread may be started in a block, whatever its calls."""
    module, function = inference.module, site.function
    line = function.span.line
    others = sorted(_OTHER_THREADS & module.imports)
    if others:
        words = f"the file imports {others[0]}, which has threads of its own kind"
        return Edge(EdgeKind.FRAMEWORK, words, 1)
    late = sorted(_LATE & module.imports)
    if function.name == "__del__" or late:
        words = f"the file imports {late[0]}: " if late else "`__del__`: "
        words += "what runs when the interpreter ends can start no thread"
        return Edge(EdgeKind.CONTROL, words, line)
    return None


def unthreaded(inference: Inference, site: Site) -> Edge | None:
    """Why no turn's blocking call is started ahead there, whatever it is."""
    if site.function.is_async:
        words = "a loop of blocking calls in a coroutine is left as it is: each turn may go on " \
                "only when the event loop does"  # fmt: skip
        return Edge(EdgeKind.CONTROL, words, site.function.span.line)
    version = inference.config.target_version
    if version and int(version[3:]) < 9:
        words = "before Python 3.9 a pool cannot drop what it has not begun (`target-version`)"
        return Edge(EdgeKind.CONTROL, words, site.function.span.line)
    return kept_out(inference, site)


def thread_members(sites: Sites, site: Site, i: int) -> list[tuple[Member | None, Edge | None]]:
    """Each blocking call of statement ``i``, in order, or the reason why no thread may make it."""
    statement = site.block.statements[i]
    calls = blocking_in(sites, site.function, statement)
    bound, alone = sites.bound_at(site, i), len(calls) < 2
    found: list[tuple[Member | None, Edge | None]] = []
    for ordinal, place in enumerate(calls):
        member, edge = member_at(i, statement, ordinal, place, sites.footprints, bound, alone=alone)
        own = own_edge(sites.inference, site, member) if member is not None else None
        found.append((None, own) if own is not None else (member, edge))
    return found


def own_edge(inference: Inference, site: Site, member: Member) -> Edge | None:
    """Why a thread may not make this very call."""
    name, line = member.facts.name, member.statement.span.line
    if any(e.writes and e.resource.domain == MEMORY for e in member.facts.effects):
        words = f"`{name}` changes memory, of which threads see what is half done"
        return Edge(EdgeKind.AFFINE, words, line)
    if any(a.value.type == GENERATOR for a in member.call.arguments):
        words = f"`{name}` would advance in its thread what stands in its arguments"
        return Edge(EdgeKind.AFFINE, words, line)
    if "yield" in (*member.before.controls, *member.after.controls):
        words = f"line {line} leaves the function while threads are under way"
        return Edge(EdgeKind.CONTROL, words, line)
    imported = not site.function.name and not _of_main(inference, site)
    if imported and not _of_others(member.facts):
        words = f"at module level a thread could wait for the import of this file (`{name}`)"
        return Edge(EdgeKind.CONTROL, words, line)
    return None


def _of_main(inference: Inference, site: Site) -> bool:
    """Does it run only in the program's main file, which nobody imports meanwhile?"""
    return any(
        statement.blocks[0] is block
        and _MAIN.match(inference.text, statement.span.start) is not None
        for statement, block in site.parents
    )


def _of_others(facts: CallFacts) -> bool:
    """Is it a function of a library, or one that the host provides: no module of the project?"""
    entry = facts.entry
    return entry is not None and (entry.origin.startswith("catalog") or "." not in entry.match)
