"""Manager functions of the project, where a function that is called enters what they make.

Entering and leaving such a manager does what the body of its function does: what runs before the
``yield`` and what runs behind it, handlers included, are effects of the call that makes it. What is
yielded is the result of that call. Between the two runs the ``with`` body, so two things are asked
that no other function is asked for. What the body raises must come out again, as nothing here
follows a failure that is kept. And an object that is made here and yielded comes back changed, with
things in it that were put in by whoever entered the manager: what runs behind the ``yield`` must
not look into it.

In the block that is looked at itself a manager of the project stays one of which nothing is known
(contract §3), as it may hold a lock, unless it is shown to do nothing but open a handle.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ..classes import events_of
from ..ir import Call, Control, Enter, Event, Invoke, Operate, Place, Use, Value
from ..managing import around_yield, makes_manager, odd, values_of, yielded
from ..returned import entered

if TYPE_CHECKING:
    from .body import Body
    from .callees import Target
    from .inference import Inference

#: Kinds of managers that may stand around a `yield`: they let out what is raised in them, and set
#: nothing for the `with` body that this analysis has no word for. What is "" is asked elsewhere.
_AROUND = frozenset({"", "handle", "lock", "limiter"})


def managed(inference: Inference, call: Call, target: Target) -> bool:
    """Is what a call makes, of a function that makes managers, entered on the spot?"""
    enter, function = inference.resolver.own.entered.get(call.id), target.function
    return (
        enter is not None
        and function is not None
        and not target.constructs
        and not target.given
        and enter.asynchronous is function.is_async
        and makes_manager(target.inference.resolver, function)
    )


def entered_call(inference: Inference, value: Value) -> Call | None:
    """The call that makes a manager, if all that it may run are such functions."""
    place = value.place
    call = inference.module.calls.get(place.symbol) if place is not None else None
    if call is None or call.id not in inference.resolver.own.entered:
        return None
    if inference.resolver.entry(call) is not None:
        return None
    targets = inference.callees.targets(call)
    return call if targets and all(managed(inference, call, t) for t in targets) else None


def enters(body: Body) -> Iterator[tuple[Enter, Call]]:
    """The managers of the project that a function enters."""
    for event in events_of(body.function):
        if isinstance(event, Enter):
            call = entered_call(body.inference, event.value)
            if call is not None:
                yield event, call


def opens_handle(inference: Inference, value: Value) -> bool:
    """Does entering only look, and give a library's handle that was made for it?

    Then it is no lock, no limiter that the project wrote itself (which would count), and neither
    transaction nor cancel scope.
    """
    call = entered_call(inference, value)
    if call is None:
        return False
    facts = inference.facts(call)
    if facts.everything or facts.affine or facts.locking.locks or facts.locking.nested:
        return False
    for target in inference.callees.targets(call):
        assert target.function is not None
        summary = target.inference.summary(target.function)
        if not summary.makes or summary.result:
            return False
    enter = inference.resolver.own.entered[call.id]
    kind = entered(inference.resolver, value, asynchronous=enter.asynchronous)
    return not facts.writes and inference.resolver.is_handle(kind.name)


class Managing:
    """A function that makes managers, on its way to a summary."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.function = body.function
        self.sources = body.sources

    @cached_property
    def unfollowed(self) -> str:
        """Why what it does around a `with` body is not followed, or ""."""
        name = f"`{self.function.qualname}`"
        reason = odd(self.body.inference.module, self.function)
        if reason:
            return reason
        manager = self.body.footprints.manager
        if any(manager(enter.value) not in _AROUND for enter in self._around):
            return f"{name} has a manager around its `yield` that is not followed"
        if self._made and any(map(self._looks_into, self._behind)):
            return f"{name} uses what it made and yielded behind its `yield`"
        return ""

    @property
    def ends(self) -> bool:
        """Is something done, when it is left, to an object that was made and yielded?

        A handle that is closed may let go of what was put into it.
        """
        given = [e.call.receiver for e in self._behind if isinstance(e, Invoke)]
        values = [*(enter.value for enter in self._around), *(v for v in given if v is not None)]
        return any(map(self._meets, values))

    @cached_property
    def _around(self) -> list[Enter]:
        """The managers that it enters around its `yield`."""
        return [enter for s, _ in around_yield(self.function) or () for enter in s.managers]

    @cached_property
    def _behind(self) -> list[Event]:
        """The events behind the one `yield`, which stands in no loop.

        So are the ends of the managers around it, which may look into what they were handed.
        """
        events = list(events_of(self.function))
        at = [i for i, e in enumerate(events) if isinstance(e, Control) and e.word == "yield"]
        made = (entered_call(self.body.inference, enter.value) for enter in self._around)
        return [*events[at[0] + 1 :], *(Invoke(call) for call in made if call is not None)]

    @cached_property
    def _made(self) -> set[str]:
        """The objects made here that are yielded, what they hold, and what holds them."""
        found: set[str] = set()
        for value in yielded(self.function):
            reached = self.sources.reached(self.sources.of_value(value))
            new = {origin.root for origin in reached if origin.new}
            found |= new.union(*(self.sources.holders(root) for root in new))
        return found

    def _meets(self, value: Value) -> bool:
        found = self.sources.reached(self.sources.of_value(value))
        return any(origin.new and origin.root in self._made for origin in found)

    def _looks_into(self, event: Event) -> bool:
        """May an event do something to, or with, what was put into a yielded object?

        A method of a library's handle does to the handle what its vocabulary says.
        """
        if isinstance(event, Invoke):
            call = event.call
            of = call.receiver or call.function
            known = of.place is not None and call.id in self._closing
            return any(self._meets(a.value) for a in call.arguments) or (
                self._meets(of) and not known
            )
        place = getattr(event, "place", None)
        if isinstance(place, Place) and not (
            isinstance(event, Use) and place in self._closing.values()
        ):
            walked = [Place(place.symbol, place.steps[:i]) for i in range(len(place.steps))]
            walked += [place] if isinstance(event, Use) else []
            if any(self._meets(Value(place=one)) and one not in self._handles for one in walked):
                return True
        return any(
            self._meets(value) and not (isinstance(event, Operate) and value.place in self._handles)
            for value in values_of(event)
        )

    @cached_property
    def _closing(self) -> dict[int, Place | None]:
        """Calls of methods of a library's handles behind the `yield`, with what is called."""
        resolver = self.body.inference.resolver
        found: dict[int, Place | None] = {}
        for event in self._behind:
            receiver = event.call.receiver if isinstance(event, Invoke) else None
            if receiver is None or not isinstance(event, Invoke):
                continue
            entry = resolver.entry(event.call)
            info = resolver.type_info(resolver.type_of(receiver))
            if entry is not None and not entry.barrier and info is not None and info.handle:
                found[event.call.id] = event.call.function.place
        return found

    @cached_property
    def _handles(self) -> set[Place]:
        """The paths of the handles of which such a method is called."""
        return {Place(p.symbol, p.steps[:-1]) for p in self._closing.values() if p is not None}
