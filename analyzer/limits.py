"""Which calls a server, host or tool handles only so many of at once (``[[limits]]``).

Contract §6: where it handles one at a time, calls gain nothing from being started together. No
batch starts more of them than a limit admits, so that none waits for another one in a queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from .checks import Limit
from .effects.inference import Inference
from .effects.model import MEMORY
from .effects.selector import Literal, Text
from .effects.servers import server_of
from .ir import Call, Invoke

_PROTOCOL = "mcp:"
#: Domains of the process itself: nothing waits there.
HERE = frozenset({MEMORY, "stdout", "log", "clock", "sleep", "random", "env", "time"})


def limits_of(inference: Inference, call: Call) -> tuple[Limit, ...]:
    """The limits that a call falls under, in the order of the configuration.

    So does a function of the project, if a call that it makes does, itself or in its callees.
    """
    if not inference.config.limits:
        return ()
    names = {name for owner, made in _within(inference, call) for name in _names(owner, made)}
    return tuple(
        limit
        for limit in inference.config.limits
        if any(fnmatchcase(name, pattern) for pattern in limit.match for name in names)
    )


def limits_of_all(inference: Inference, calls: Iterable[Call]) -> tuple[Limit, ...]:
    """The limits that any of the awaited ones of ``calls`` falls under."""
    found = (limit for call in calls if call.awaited for limit in limits_of(inference, call))
    return tuple(dict.fromkeys(found))


def limits_of_any(inference: Inference, calls: Iterable[Call]) -> tuple[Limit, ...]:
    """The limits that any of ``calls`` falls under, awaited or not, if it leaves the process."""
    found = (limit for call in calls if _leaves(inference, call)
             for limit in limits_of(inference, call))  # fmt: skip
    return tuple(dict.fromkeys(found))


def _leaves(inference: Inference, call: Call) -> bool:
    """May a call ask anything else than the process that it is made in?"""
    facts = inference.facts(call)
    return facts.everything != "" or bool(set(facts.domains) - HERE)


def _within(inference: Inference, call: Call) -> Iterator[tuple[Inference, Call]]:
    """A call, and those that the functions of the project make that it runs."""
    yield inference, call
    todo = [(t.inference, t.function) for t in inference.callees.targets(call)]
    seen: set[tuple[int, str]] = set()
    while todo:
        owner, function = todo.pop()
        if function is None or (id(owner), function.scope) in seen:
            continue
        seen.add((id(owner), function.scope))
        for statement in function.block.statements:
            for event in statement.events:
                if isinstance(event, Invoke):
                    yield owner, event.call
        todo.extend(owner.summaries.edges(function))


def _names(inference: Inference, call: Call) -> Iterator[str]:
    """What a limit may call a call: its name, ``mcp:SERVER/TOOL``, or where it goes.

    That is a resource of constant text among its effects: ``http:api.example.com``.
    """
    facts = inference.facts(call)
    yield facts.name
    places = dict.fromkeys(
        (e.resource.domain, part.text)
        for e in facts.effects
        if e.resource.domain != MEMORY and isinstance(e.resource.selector, Text)
        for part in e.resource.selector.parts[:1]
        if len(e.resource.selector.parts) == 1 and isinstance(part, Literal)
    )
    yield from (f"{domain}:{text}" for domain, text in places)
    if facts.name.startswith(_PROTOCOL):
        tool = facts.name.removeprefix(_PROTOCOL)
        server = server_of(inference.resolver, call.receiver) if call.receiver else ""
        listed = [text for domain, text in places if domain == "mcp"]
        if server or len(listed) == 1:
            yield f"{_PROTOCOL}{server or listed[0]}/{tool}"


def words_of(limit: Limit) -> str:
    """What a limit says, for a note."""
    count = "one call" if limit.max_concurrency == 1 else f"{limit.max_concurrency} calls"
    return f"`limits` lets {count} of {limit.name} run at a time"


def shared(one: Sequence[Limit], other: Sequence[Limit]) -> Limit | None:
    """The narrowest limit that two calls have in common."""
    return min((x for x in one if x in other), key=lambda x: x.max_concurrency, default=None)


def least(waits: Iterable[tuple[float, Sequence[Limit]]]) -> float:
    """The shortest time in which calls of these milliseconds can be made, as far as limits say."""
    work: dict[Limit, float] = {}
    for ms, limits in waits:
        for limit in limits:
            work[limit] = work.get(limit, 0.0) + ms
    return max((ms / limit.max_concurrency for limit, ms in work.items()), default=0.0)
