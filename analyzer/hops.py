"""The links of a chain from a call to what a claim about it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from .effects.body import Body
from .effects.callees import Target
from .effects.inference import Inference
from .effects.model import MEMORY, Resource, describe
from .effects.summary import Summary
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
    Store,
    Use,
    Value,
)
from .within import Around, located


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
    cell: int = 0  # of a notebook: the cell that the line is counted in


Chain = tuple[Hop, ...]


@dataclass
class Inside:
    """A callee's body as the chain goes through it."""

    inference: Inference
    call: Call
    target: Target
    function: Function
    summary: Summary

    @property
    def events(self) -> list[Event]:
        return self.body.events

    @cached_property
    def body(self) -> Body:
        return Body(self.inference, self.function)

    @cached_property
    def _around(self) -> dict[int, Around]:
        """Event (its id) → the statements that hold it, outermost first."""
        return {id(event): around for event, around in located(self.function)}

    def around(self, event: Event) -> Around:
        """The statements that hold one of ``events``, outermost first."""
        return self._around.get(id(event), ())

    def line(self, event: Event) -> int:
        if isinstance(event, Invoke):
            return event.call.span.line
        around = self.around(event)
        return around[-1].span.line if around else self.function.span.line


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
