"""Where a claim about a call comes from: through the project's functions, down to what causes it.

Summaries keep no chains. They are found when somebody asks, by going into the callee's body and
looking which event makes the claim there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from .effects.inference import Inference
from .effects.model import MEMORY, Effect, Resource
from .effects.site import Site
from .effects.summary import Summary
from .hops import Chain, Hop, Inside, describe_event
from .ir import (
    Call,
    Control,
    Enter,
    Event,
    Invoke,
)
from .latency import latency_of


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why nothing is known: the chain to its cause, and the name whose declaration ends it."""

    chain: Chain
    declare: str = ""


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

    def lock(self, call: Call, lock: Resource) -> Chain:
        """Where a call takes a lock or permit."""
        return self._lock(self.inference, call, lock, frozenset())

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
        return Inside(target.inference, call, target, function, summary)

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
        lines: set[int] = set()
        for event, inner in self._causes(inside, mine):
            line = inside.line(event)
            chain = self._below(inside, event, inner, seen) if line not in lines else ()
            if chain:
                found.append(chain)
                lines.add(line)
        if not found:
            return ()
        first, *others = found
        return _also(first, len(others))

    @staticmethod
    def _causes(inside: Inside, mine: Effect) -> list[tuple[Event, Effect]]:
        """The events that have an effect, those first of which it does not only follow."""
        firm: list[tuple[Event, Effect]] = []
        following: list[tuple[Event, Effect]] = []
        for event in inside.events:
            own = inside.inference.facts(event.call).effects if isinstance(event, Invoke) else None
            for inner in inside.inference.footprints.events.of(event):
                if mine in set(inside.body.outside(inner)):
                    outer = inner.resource.domain != MEMORY
                    follows = inner not in own if own is not None else outer
                    (following if follows else firm).append((event, inner))
                    break
        return firm + following

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

    def _lock(
        self, inference: Inference, call: Call, lock: Resource, seen: frozenset[str]
    ) -> Chain:
        inside = self._into(inference, call)
        if inside is None:
            return (self._end(inference, call, ""),)
        if inside.function.scope in seen:
            return ()
        seen = seen | {inside.function.scope}
        site = Site(inference, call, inside.target, inside.summary)
        taken = (k.resource for k in inside.summary.locking.locks)
        wanted = {resource for resource in taken if lock in site.handle(resource)}
        for event in inside.events:
            if not isinstance(event, Invoke):
                continue
            for inner in inside.inference.facts(event.call).locking.locks:
                if wanted & set(inside.body.handle_outside(inner.resource)):
                    below = self._lock(inside.inference, event.call, inner.resource, seen)
                    if below:
                        return (self._start(inside), *below)
        for line, resources in inside.body.locks.places:
            if wanted & set(resources):
                hop = Hop(self._file(inside.inference), line, "", "waits for it")
                return (self._start(inside), hop)
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


def chains_of(inference: Inference, filename: str) -> Chains:
    """Chains of the calls of a file; other files are named from the working folder."""
    from .settings import shown

    def path_of(module: str) -> str:
        path = inference.project.path(module) if inference.project is not None else None
        return str(shown(path.absolute())) if path is not None else module

    return Chains(filename, inference, path_of)
