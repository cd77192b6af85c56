"""Where a claim about a call comes from: through the project's functions, down to what causes it.

Summaries keep no chains. They are found when somebody asks, by going into the callee's body and
looking which event makes the claim there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from .aliases import events_of
from .effects.callees import Target
from .effects.inference import Inference
from .effects.model import MEMORY, Effect, Resource, describe
from .effects.summaries import Body, Site, Summary
from .ir import (
    AwaitValue,
    Call,
    Control,
    Define,
    Enter,
    Event,
    Function,
    Invoke,
    Iterate,
    Mutate,
    Place,
    Statement,
    Store,
    Use,
    Value,
)
from .latency import latency_of


@dataclass(frozen=True, slots=True)
class Hop:
    """One link of a chain: a function of the project, or at its end the event that is the cause.

    ``name`` is a qualified name, ``words`` say what happens there or who claims it. ``event`` is
    the cause of an effect, in the body ``inside``.
    """

    filename: str
    line: int
    name: str = ""
    words: str = ""
    inside: Inside | None = field(default=None, compare=False, repr=False)
    event: Event | None = field(default=None, compare=False, repr=False)


Chain = tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why nothing is known: the chain to its cause, and the name whose declaration ends it."""

    chain: Chain
    declare: str = ""


@dataclass
class Inside:
    """A callee's body as the chain goes through it."""

    inference: Inference
    call: Call
    target: Target
    function: Function
    summary: Summary
    events: tuple[Event, ...] = ()

    @cached_property
    def body(self) -> Body:
        return Body(self.inference, self.function)

    @cached_property
    def _around(self) -> dict[int, tuple[Statement, ...]]:
        """Event (its id) → the statements that hold it, outermost first."""
        found: dict[int, tuple[Statement, ...]] = {}
        for statement in self.function.block.statements:
            for event, around in zip(statement.events, _located(statement), strict=True):
                found[id(event)] = around
        return found

    def around(self, event: Event) -> tuple[Statement, ...]:
        """The statements that hold one of ``events``, outermost first."""
        return self._around.get(id(event), ())

    def line(self, event: Event) -> int:
        if isinstance(event, Invoke):
            return event.call.span.line
        around = self.around(event)
        return around[-1].span.line if around else self.function.span.line


def _located(statement: Statement) -> list[tuple[Statement, ...]]:
    """For each event of a statement, the statements that hold it, itself first.

    The events of nested blocks are folded in, in order: as they are, or marked as guarded.
    """
    events = statement.events
    found: list[tuple[Statement, ...]] = [(statement,)] * len(events)
    start = 0
    for block in statement.blocks:
        inner = [(e, at) for s in block.statements
                 for e, at in zip(s.events, _located(s), strict=True)]  # fmt: skip
        for begin in range(start, len(events) - len(inner) + 1):
            if all(_folded(events[begin + i], e) for i, (e, _) in enumerate(inner)):
                for i, (_, at) in enumerate(inner):
                    found[begin + i] = (statement, *at)
                start = begin + len(inner)
                break
    return found


def _folded(outer: Event, inner: Event) -> bool:
    """Is an event of a statement that one of a nested block?"""
    if isinstance(outer, Invoke) or isinstance(inner, Invoke):
        return isinstance(outer, Invoke) and isinstance(inner, Invoke) and outer.call is inner.call
    return outer is inner or outer == replace(inner, guarded=True)


@dataclass
class Chains:
    """Chains of the calls of one file. ``path_of`` names the file of another module."""

    filename: str
    inference: Inference
    path_of: Callable[[str], str]
    _inside: dict[tuple[int, int], Inside | None] = field(
        default_factory=dict[tuple[int, int], "Inside | None"]
    )

    # -- questions -----------------------------------------------------------------------------

    def effect(self, call: Call, effect: Effect) -> Chain:
        """How an effect of a call comes about."""
        return self._effect(self.inference, call, effect, frozenset())

    def handle(self, call: Call, handle: Resource) -> Chain:
        """Where a call uses an exclusive handle."""
        return self._handle(self.inference, call, handle, frozenset())

    def raises(self, call: Call) -> Chain:
        """A place at which a call may raise: the first one."""

        def may_raise(inside: Inside, event: Event) -> bool:
            if isinstance(event, Control):
                return event.word in ("raise", "assert") or self._may_raise(inside, event)
            return self._may_raise(inside, event)

        return self._flag(self.inference, call, may_raise, frozenset())

    def affine(self, call: Call) -> Chain:
        """What ties a call to its task."""

        def tied(inside: Inside, event: Event) -> bool:
            return isinstance(event, Invoke) and inside.inference.facts(event.call).affine

        return self._flag(self.inference, call, tied, frozenset())

    def waits(self, call: Call) -> Chain:
        """What a call waits for the longest."""
        return self._waits(self.inference, call, frozenset())

    def unknown(self, call: Call) -> Unknown:
        """What makes a call unknown, and which declaration would make it known."""
        return self._unknown(self.inference, call, "", frozenset())

    def assumes(self, call: Call, words: str) -> Chain:
        """The call that rests on an assumption."""

        def rests(inside: Inside, event: Event) -> bool:
            return isinstance(event, Invoke) and words in inside.inference.facts(event.call).assumes

        return self._flag(self.inference, call, rests, frozenset())

    def opened(self, call: Call) -> list[Hop]:
        """The handles that a call opens and closes itself."""
        return list(dict.fromkeys(self._opened(self.inference, call, frozenset())))

    def summary(self, call: Call) -> Summary | None:
        """The summary of the function of the project that a call runs."""
        inside = self._into(self.inference, call)
        return inside.summary if inside is not None else None

    # -- going in ------------------------------------------------------------------------------

    def _into(self, inference: Inference, call: Call) -> Inside | None:
        """The body that a call runs; None if its facts come from somewhere else."""
        key = (id(inference), call.id)
        if key not in self._inside:
            self._inside[key] = self._enter(inference, call)
        return self._inside[key]

    @staticmethod
    def _enter(inference: Inference, call: Call) -> Inside | None:
        facts = inference.facts(call)
        target = inference.callees.target(call) if facts.entry is None else None
        if target is None or target.function is None:
            return None
        if facts.everything and facts.known:
            return None
        function = target.function
        summary = target.inference.summary(function)
        return Inside(target.inference, call, target, function, summary, tuple(events_of(function)))

    def _file(self, inference: Inference) -> str:
        if inference is self.inference:
            return self.filename
        return self.path_of(inference.resolver.module_name)

    def _start(self, inside: Inside) -> Hop:
        name = f"{inside.inference.resolver.module_name}.{inside.function.qualname}"
        return Hop(self._file(inside.inference), inside.function.span.line, name)

    def _end(self, inference: Inference, call: Call, words: str) -> Hop:
        facts = inference.facts(call)
        return Hop(self._file(inference), call.span.line, facts.name, words)

    def _cause(self, inside: Inside, event: Event) -> Hop:
        words = "" if isinstance(event, Invoke) else describe_event(inside.inference, event)
        name = inside.inference.facts(event.call).name if isinstance(event, Invoke) else ""
        return Hop(self._file(inside.inference), inside.line(event), name, words)

    # -- effects -------------------------------------------------------------------------------

    def _effect(
        self, inference: Inference, call: Call, effect: Effect, seen: frozenset[str]
    ) -> Chain:
        inside = self._into(inference, call)
        if inside is None:
            run = self._run(inference, call, effect, seen)
            end = self._end(inference, call, "" if run else effect.source)
            return (end, *run)
        key = f"{inside.function.scope} {effect}"
        if key in seen:
            return ()
        site = Site(inference, call, inside.target, inside.summary)
        for mine in inside.summary.effects:
            if effect not in set(site.effect(mine)):
                continue
            found = self._of_effect(inside, mine, seen | {key})
            if found:
                return (self._start(inside), *found)
        return (self._start(inside),)

    def _run(self, inference: Inference, call: Call, effect: Effect, seen: frozenset[str]) -> Chain:
        """The rest of the chain if a call such as `asyncio.wait_for` runs what has the effect."""
        entry = inference.facts(call).entry
        if entry is None or not entry.transparent:
            return ()
        for argument in call.arguments:
            for value in argument.value.held if argument.star else (argument.value,):
                made = inference.module.calls.get(value.place.symbol) if value.place else None
                inside = self._into(inference, made) if made is not None else None
                if made is None or inside is None:
                    continue
                if effect in set(Site(inference, made, inside.target, inside.summary).effects()):
                    return self._effect(inference, made, effect, seen)
        return ()

    def _of_effect(self, inside: Inside, mine: Effect, seen: frozenset[str]) -> Chain:
        found: list[Chain] = []
        lines: dict[int, None] = {}
        for event in inside.events:
            for inner in inside.inference.footprints.effects(event):
                if mine not in set(inside.body.outside(inner)):
                    continue
                line = inside.line(event)
                chain = self._below(inside, event, inner, seen) if line not in lines else ()
                if chain:
                    found.append(chain)
                    lines[line] = None
                break
        if not found:
            return ()
        first, *others = found
        return _also(first, len(others))

    def _below(self, inside: Inside, event: Event, effect: Effect, seen: frozenset[str]) -> Chain:
        if isinstance(event, Invoke):
            facts = inside.inference.facts(event.call)
            if effect not in facts.effects:
                return (self._end(inside.inference, event.call, effect.source),)
            found = self._effect(inside.inference, event.call, effect, seen)
            if len(found) == 1 and found[0].event is None:
                return (replace(found[0], inside=inside, event=event),)
            return found
        hop = replace(self._cause(inside, event), inside=inside, event=event)
        return (replace(hop, words=effect.source) if effect.source else hop,)

    def _handle(
        self, inference: Inference, call: Call, handle: Resource, seen: frozenset[str]
    ) -> Chain:
        inside = self._into(inference, call)
        if inside is None:
            return (self._end(inference, call, inference.facts(call).origin),)
        if inside.function.scope in seen:
            return ()
        seen = seen | {inside.function.scope}
        site = Site(inference, call, inside.target, inside.summary)
        wanted = {h for h in inside.summary.handles if handle in site.handle(h)}
        for event in inside.events:
            if not isinstance(event, Invoke):
                continue
            for inner in inside.inference.facts(event.call).handles:
                if wanted & set(inside.body.handle_outside(inner)):
                    below = self._handle(inside.inference, event.call, inner, seen)
                    if below:
                        return (self._start(inside), *below)
        return (self._start(inside),)

    # -- other facts ---------------------------------------------------------------------------

    @staticmethod
    def _may_raise(inside: Inside, event: Event) -> bool:
        return inside.inference.footprints.may_raise(event)

    def _flag(
        self,
        inference: Inference,
        call: Call,
        holds: Callable[[Inside, Event], bool],
        seen: frozenset[str],
    ) -> Chain:
        """The way to the first event for which something holds."""
        inside = self._into(inference, call)
        if inside is None:
            return (self._end(inference, call, inference.facts(call).origin),)
        if inside.function.scope in seen:
            return ()
        seen = seen | {inside.function.scope}
        for event in inside.events:
            if not holds(inside, event):
                continue
            if isinstance(event, Invoke):
                below = self._flag(inside.inference, event.call, holds, seen)
            else:
                below = (self._cause(inside, event),)
            if below:
                return (self._start(inside), *below)
        return (self._start(inside),)

    def _waits(self, inference: Inference, call: Call, seen: frozenset[str]) -> Chain:
        inside = self._into(inference, call)
        if inside is None:
            ms, source = latency_of(inference.facts(call))
            return (self._end(inference, call, f"{ms:.0f} ms, {source}"),)
        if inside.function.scope in seen:
            return ()
        facts = inside.inference.facts
        waiting = [
            (latency_of(facts(e.call))[0], -i, e.call)
            for i, e in enumerate(inside.events)
            if isinstance(e, Invoke) and e.call.awaited
        ]
        if not waiting or max(waiting)[0] == 0:
            return (self._start(inside),)
        longest = max(waiting)[2]
        below = self._waits(inside.inference, longest, seen | {inside.function.scope})
        return (self._start(inside), *below)

    def _opened(self, inference: Inference, call: Call, seen: frozenset[str]) -> Iterator[Hop]:
        inside = self._into(inference, call)
        if inside is None or inside.summary.everything or inside.function.scope in seen:
            return
        seen = seen | {inside.function.scope}
        for event in inside.events:
            if isinstance(event, Invoke):
                yield from self._opened(inside.inference, event.call, seen)
            elif isinstance(event, Enter):
                kind = inside.inference.resolver.type_of(event.value)
                origins = inside.body.sources.of_value(event.value)
                handle = inside.inference.footprints.manager(event.value) == "handle"
                if handle and kind and all(o.new for o in origins):
                    yield Hop(self._file(inside.inference), inside.line(event), kind)

    # -- unknown calls -------------------------------------------------------------------------

    def _unknown(
        self, inference: Inference, call: Call, around: str, seen: frozenset[str]
    ) -> Unknown:
        """``around`` is the function of the project in which the call stands."""
        facts = inference.facts(call)
        inside = self._into(inference, call)
        if inside is None or not inside.summary.everything:
            # A known barrier is one for good; what calls it may still be declared.
            target = inference.callees.target(call)
            own = target is not None and target.function is not None
            declare = facts.name if own or not facts.known else around
            return Unknown((self._end(inference, call, facts.everything),), declare)
        hop = self._start(inside)
        if inside.function.scope in seen:
            return Unknown((replace(hop, words="calls itself"),), hop.name)
        seen = seen | {inside.function.scope}
        refused = inside.body.refused()
        footprints = inside.inference.footprints
        if not refused:
            for event in inside.events:
                if isinstance(event, Invoke):
                    if inside.inference.facts(event.call).everything:
                        below = self._unknown(inside.inference, event.call, hop.name, seen)
                        return Unknown((hop, *below.chain), below.declare)
                elif words := footprints.barrier(event):
                    return Unknown((hop, replace(self._cause(inside, event), words=words)),
                                   hop.name)  # fmt: skip
        words = refused or inside.summary.everything
        return Unknown((replace(hop, words=words),), hop.name)


def _also(chain: Chain, more: int) -> Chain:
    """The chain, with how many other places of the same body say the same."""
    if not more:
        return chain
    places = "one more place" if more == 1 else f"{more} more places"
    *before, last = chain
    words = f"{last.words}; and {places}" if last.words else f"and {places}"
    return (*before, replace(last, words=words))


# ------------------------------------------------------------------------------------------- words


def describe_event(inference: Inference, event: Event) -> str:
    """What an event other than a call does, in words."""
    match event:
        case Use(place=place):
            return f"reads {_place(inference, place)}"
        case Define(symbol=symbol):
            return f"binds `{symbol.rpartition(':')[2]}`"
        case Store(place=place):
            return f"sets {_place(inference, place)}"
        case Mutate(place=place):
            return f"changes {_place(inference, place)}"
        case Iterate(value=value):
            return f"iterates {_value(inference, value)}"
        case Enter(value=value):
            return f"enters {_value(inference, value)}"
        case AwaitValue():
            return "awaits something that is not a call"
        case Control(word=word):
            return f"`{word}`"
        case _:
            return "an operator"


def _place(inference: Inference, place: Place) -> str:
    made = inference.module.calls.get(place.symbol)
    if made is not None:
        return f"the result of `{inference.facts(made).name}`"
    deep = not place.steps
    return describe(Resource(MEMORY, inference.memory(place, deep=deep)))


def _value(inference: Inference, value: Value) -> str:
    return _place(inference, value.place) if value.place is not None else "a value"


def chains_of(inference: Inference, filename: str) -> Chains:
    """Chains of the calls of a file; other files are named from the working folder."""
    from .settings import shown

    def path_of(module: str) -> str:
        path = inference.project.path(module) if inference.project is not None else None
        return str(shown(path.absolute())) if path is not None else module

    return Chains(filename, inference, path_of)
