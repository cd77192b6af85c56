"""What dependences are made of: edges with reasons, members of batches, surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .aftermath import Surroundings
from .effects.facts import CallFacts
from .footprint import Footprint, Footprints
from .ir import (
    Call,
    Event,
    Statement,
)


class EdgeKind(StrEnum):
    FLOW = "flow"
    ANTI = "anti"
    OUTPUT = "output"
    EFFECT = "effect"
    UNKNOWN = "unknown"
    EXCLUSIVE = "exclusive"
    LOCK = "lock"
    AFFINE = "affine"
    CLOCK = "clock"
    SLEEP = "sleep"
    CONTROL = "control"
    FAILURE = "failure"
    FRAMEWORK = "framework"
    GAIN = "gain"  # no edge: running them together would not be worth it
    MANAGER = "manager"  # control: inside a `with` of which too little is known


@dataclass(frozen=True, slots=True)
class Edge:
    """``words`` complete the sentence "… is not run together with … because …"."""

    kind: EdgeKind
    words: str
    line: int
    call: str = ""  # qualified name of the unknown call behind an `unknown` edge
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A call that could start early: ``statement`` is its place, ``before`` what the statement
    evaluates ahead of it, ``risks`` what may raise when its callee and arguments are evaluated.
    ``ordinal``: which awaited call of its statement it is."""

    index: int
    statement: Statement
    call: Call
    facts: CallFacts
    footprint: Footprint
    before: Footprint
    after: Footprint
    risks: tuple[Event, ...]
    ordinal: int = 0

    @property
    def key(self) -> tuple[int, int]:
        """Statement and place in it: which call of the block this is."""
        return self.index, self.ordinal


@dataclass(frozen=True, slots=True)
class Pair:
    """An earlier statement with what it does, and a later call that might start before it."""

    statement: Statement
    earlier: Footprint
    later: Member
    around: Surroundings
    footprints: Footprints
