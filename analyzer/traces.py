"""What a coroutine does, in order: which slots it reads and sets, and where it may be suspended.

A summary says what a function touches, not when. Whether two coroutines that run at once can get
into each other's way depends on the suspensions between what each of them does: between two of
them a task has the loop for itself (library reference, "Coroutines and Tasks": a task is suspended
only at an `await`). So a body is gone through once more, with the effects that its events have
anyway, and each of them gets the number of suspensions before it.

Only what certainly stands there is collected: a call of which nothing is known may do more, and
hides nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from .accesses import (
    OPAQUE_LOCK,
    UNLIMITED,
    Access,
    Here,
    Kind,
    Trace,
    answered,
    at_site,
    clocked,
    made_of,
    mode,
    of_facts,
    one_of,
    one_resource,
    waits_for_others,
)
from .effects.body import Body
from .effects.model import MEMORY, Effect, Resource
from .effects.selector import Memory, Name
from .held_locks import held_in
from .ir import (
    AwaitValue,
    Block,
    Call,
    Control,
    Define,
    Enter,
    Event,
    Function,
    Invoke,
    Iterate,
    Place,
    Statement,
    Store,
    Use,
    Value,
)
from .latency import latency_of
from .own_code import own_code

if TYPE_CHECKING:
    from .effects.inference import Inference

#: Calls are followed so deep, and so many accesses are kept of one body.
_DEEP = 5
_MOST = 400
_LEAVING = frozenset({"return", "raise", "break", "continue"})
_BRANCHING = frozenset({"If", "Match"})


class Traces:
    """The traces of functions, by their scope."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, int], Trace] = {}
        self._open: set[tuple[int, str]] = set()

    def of_call(self, inference: Inference, call: Call) -> Trace | None:
        """What running the coroutine of a call does, in the words of its module.

        None if that is not known to be one function, or one entry of a vocabulary.
        """
        return self._of_call(inference, call, 0)

    def _of_call(self, inference: Inference, call: Call, depth: int) -> Trace | None:
        entry = inference.resolver.entry(call)
        if entry is not None or not inference.callees.targets(call):
            return _of_entry(inference, call)
        target = inference.callees.target(call)
        if target is None or target.function is None or target.constructs or depth >= _DEEP:
            return None
        trace = self.of_function(target.inference, target.function, depth)
        return at_site(trace, inference, call, target)

    def of_function(self, inference: Inference, function: Function, depth: int = 0) -> Trace:
        """What a function does, as its caller sees it."""
        key = (id(inference), function.scope)
        found = self._known.get((*key, depth))
        if found is not None:
            return found
        if key in self._open:
            return Trace(steps=1, told=True, unseen=True)
        self._open.add(key)
        around = inference.summaries.unit
        inference.summaries.unit = inference.aliases.unit_of_scope(function.scope)
        try:
            found = _Walk(self, inference, function, depth).trace()
        finally:
            inference.summaries.unit = around
            self._open.discard(key)
        self._known[*key, depth] = found
        return found

    def follow(self, inference: Inference, call: Call, depth: int) -> Trace | None:
        return self._of_call(inference, call, depth)


def _of_entry(inference: Inference, call: Call) -> Trace | None:
    """What a call that a vocabulary knows does: all of it while it is waited for."""
    facts = inference.run(call)
    if facts.everything:
        return None
    found = tuple(of_facts(inference, call, 0, 1, Here()))
    return Trace(found, 1)


class _Walk:
    """One body on its way to a trace."""

    def __init__(
        self, traces: Traces, inference: Inference, function: Function, depth: int
    ) -> None:
        self.traces = traces
        self.inference = inference
        self.function = function
        self.depth = depth
        self.body = Body(inference, function)
        self.found: list[Access] = []
        self.told = False
        self.bound = self.unseen = self.outside = False
        self.most = 0

    def trace(self) -> Trace:
        if self.function.is_generator:
            return Trace(steps=1, told=True, unseen=True)
        here = Here()
        if any(
            isinstance(e, Invoke) and e.call.method in ("acquire", "__aenter__", "__enter__")
            for s in self.function.block.statements for e in s.events
        ):  # fmt: skip
            here = Here(locks=frozenset({OPAQUE_LOCK}))
            self.bound = True
        step, _ = self._block(self.function.block, 0, here)
        found = [replace(a, order=i) for i, a in enumerate(self._outside(self.found[:_MOST]))]
        return Trace(tuple(found), max(step, self.most), self.told, self.bound,
                     self.unseen, self.outside)  # fmt: skip

    def _outside(self, accesses: Iterable[Access]) -> Iterable[Access]:
        """The accesses in the words of callers; what only this function sees is left out."""
        for access in accesses:
            resource = one_resource(self.body.outside(Effect(mode(access), access.resource)))
            if access.kind is Kind.HANDLE:
                kept = self.body.handle_outside(access.resource)
                resource = kept[0] if len(kept) == 1 else None
            if resource is None or resource.domain in ("time", "sleep", "clock"):
                continue
            locks = frozenset(map(self._lock_outside, access.locks))
            given = self.body.handle_outside(access.given) if access.given is not None else []
            yield replace(access, resource=resource, locks=locks, given=one_of(given))

    def _lock_outside(self, lock: Resource) -> Resource:
        if lock.domain != MEMORY:
            return lock
        found = self.body.handle_outside(lock)
        return found[0] if len(found) == 1 else OPAQUE_LOCK

    # -- walking -------------------------------------------------------------------------------

    def _block(self, block: Block, step: int, here: Here) -> tuple[int, bool]:
        """The suspensions after a block, and whether nothing comes after it."""
        for statement in block.statements:
            if statement.kind in ("FunctionDef", "ClassDef"):
                continue
            step, left = self._statement(statement, step, here)
            if left:
                return step, True
        return step, False

    def _statement(self, statement: Statement, step: int, here: Here) -> tuple[int, bool]:
        inner = here
        if statement.managers:
            locks, bound = held_in(self.body, statement)
            inner = replace(here, locks=here.locks | locks)
            self.bound = self.bound or bound
        at = 0
        ends: list[int] = []
        gone: list[bool] = []
        branching = statement.kind in _BRANCHING
        head = step
        asks = here
        if statement.kind == "If":
            leaves = any(_leaves(block) for block in statement.blocks)
            asks = replace(here, asking=id(statement), leaves=leaves)
        for number, block in enumerate(statement.blocks):
            head = self._events(statement.events[at : block.at], head, asks)
            loop = block.role == "loop"
            inside = replace(
                inner if block.role == "with" else here,
                path=(*here.path, (id(statement), number, branching)),
                again=here.again or loop,
            )
            end, left = self._block(block, head, inside)
            ends.append(end)
            gone.append(left and not loop)
            if not branching:
                head = max(head, end) if block.role != "handler" else head
            at = block.at + sum(len(s.events) for s in block.statements)
        if not statement.blocks:
            step = self._events(statement.events, step, here)
            word = next((e.word for e in statement.events if isinstance(e, Control)
                         and not e.guarded), "")  # fmt: skip
            return step, word in _LEAVING
        head = self._events(statement.events[at:], head, here)
        self.most = max(self.most, head, *ends)
        staying = [e for e, left in zip(ends, gone, strict=True) if not left]
        if branching:
            complete = self._complete(statement)
            return max([head, *staying]), complete and not staying
        left = bool(gone) and gone[0] and statement.kind in ("With", "Try") and all(
            left for left, b in zip(gone, statement.blocks, strict=True) if b.role != "finalbody"
        )  # fmt: skip
        return max([head, *staying]), left

    @staticmethod
    def _complete(statement: Statement) -> bool:
        """Is one of the branches gone through in any case?"""
        roles = [b.role for b in statement.blocks]
        if statement.kind == "If":
            return "orelse" in roles
        return any(b.always for b in statement.blocks)

    def _events(self, events: Sequence[Event], step: int, here: Here) -> int:
        for event in events:
            step = self._event(event, step, here)
        return step

    def _event(self, event: Event, step: int, here: Here) -> int:
        match event:
            case Invoke(call=call):
                return self._invoke(call, step, here)
            case AwaitValue():
                self.told = self.unseen = True
                return step + 1
            case Enter(asynchronous=True):
                for i in range(len(self.found) - 1, -1, -1):  # what makes it is done by entering
                    if self.found[i].end < step:
                        break
                    if self.found[i].kind in (Kind.WORLD_READ, Kind.WORLD_WRITE):
                        self.found[i] = replace(self.found[i], end=step + 1)
                        self.outside |= self.found[i].resource.domain not in UNLIMITED
                return step + 1
            case Iterate(asynchronous=True):
                self.unseen = True
                return step + 1
            case Control(word="yield"):
                self.told = True
                return step + 1
            case Store(value=value):
                self._set(event, value, step, here)
            case Define(value=value):
                self._set(event, value, step, here)
            case Use():
                self._read(event, step, here)
            case _:
                pass
        return step

    def _set(self, event: Store | Define, value: Value, step: int, here: Here) -> None:
        if isinstance(event, Store) and own_code(self.inference, event):
            return
        for effect in self.inference.footprints.events.of(event):
            if effect.writes and self._slot(effect.resource) and not effect.derived:
                constant = repr(value.literal) if value.is_literal else ""
                place = event.place if isinstance(event, Store) else Place(event.symbol)
                self._add(Kind.SET, effect.resource, step, here, event)
                self.found[-1] = replace(
                    self.found[-1],
                    constant=constant,
                    stamp=clocked(self.inference, value),
                    awaited=answered(self.inference, value),
                    based=made_of(self.inference, value, place),
                    given=self._given(value),
                )
                return

    def _given(self, value: Value) -> Resource | None:
        """The object that is set, by a path that may be the caller's too."""
        place = value.place
        if place is None or place.symbol.startswith("call#"):
            return None
        return Resource(MEMORY, self.inference.memory(place))

    def _read(self, event: Use, step: int, here: Here) -> None:
        for effect in self.inference.footprints.events.of(event):
            if not effect.writes and self._slot(effect.resource):
                self._add(Kind.READ, effect.resource, step, here, event)
        if event.place.steps:  # an object is found by the slot that it stands in
            memory = self.inference.memory(event.place, deep=False)
            self._add(Kind.READ, Resource(MEMORY, memory), step, here, event)

    @staticmethod
    def _slot(resource: Resource) -> bool:
        selector = resource.selector
        return isinstance(selector, Name) or (
            isinstance(selector, Memory) and selector.slot is not None
        )

    def _add(self, kind: Kind, resource: Resource, step: int, here: Here, event: Event) -> None:
        line = self._lines.get(id(event), self.function.span.line)
        self.found.append(
            Access(
                kind, resource, step, step, line, self.function.qualname,
                here.locks, here.path, self.told, here.again,
                module=self.inference.resolver.module_name,
                asking=here.asking, leaves=here.leaves,
            )
        )  # fmt: skip

    @cached_property
    def _lines(self) -> dict[int, int]:
        """The line of each event's statement, the innermost one."""
        return dict(_lines(self.function.block))

    def _invoke(self, call: Call, step: int, here: Here) -> int:
        targets = self.inference.callees.targets(call)
        entry = self.inference.resolver.entry(call)
        self.told = self.told or waits_for_others(
            self.inference, call, known=bool(entry or targets)
        )
        if entry is None and targets:
            function = targets[0].function
            runs = call.awaited or (function is not None and not function.is_async)
            trace = self.traces.follow(self.inference, call, self.depth + 1) if runs else None
            self.unseen = self.unseen or (call.awaited and trace is None)
            if trace is not None and not targets[0].constructs:
                self._inline(trace, call, step, here)
                return step + trace.steps if call.awaited else step
            return step + 1 if call.awaited else step
        facts = self.inference.facts(call)
        waits = call.awaited and (bool(facts.everything) or latency_of(facts)[0] > 0)
        end = step + 1 if waits else step
        self.bound = self.bound or bool(facts.locking.locks)
        self.unseen = self.unseen or (waits and bool(facts.everything))
        if waits and not facts.everything and set(facts.domains) - UNLIMITED:
            self.outside = True
        if not facts.everything:
            for access in of_facts(self.inference, call, step, end, here):
                self.found.append(replace(access, function=self.function.qualname, told=self.told))
        return end

    def _inline(self, trace: Trace, call: Call, step: int, here: Here) -> None:
        for access in trace.accesses[: _MOST - len(self.found)]:
            self.found.append(
                replace(
                    access,
                    start=access.start + step,
                    end=access.end + step,
                    locks=access.locks | here.locks,
                    path=(*here.path, (id(call), 0, False), *access.path),
                    told=access.told or self.told,
                    again=access.again or here.again,
                    asking=access.asking or here.asking,
                    leaves=access.leaves or here.leaves,
                )
            )
        self.told = self.told or trace.told
        self.bound = self.bound or trace.bound
        self.unseen = self.unseen or trace.unseen
        self.outside = self.outside or trace.outside


def _leaves(block: Block) -> bool:
    """Does a block of an `if` end by leaving what stands around it?"""
    last = block.statements[-1] if block.statements else None
    return last is not None and any(
        isinstance(e, Control) and e.word in _LEAVING and not last.blocks for e in last.events
    )


def _lines(block: Block) -> Iterable[tuple[int, int]]:
    for statement in block.statements:
        for event in statement.events:
            yield id(event), statement.span.line
        for inner in statement.blocks:
            yield from _lines(inner)
