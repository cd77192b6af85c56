"""What the oracle speaks of: packages of tools, sequences of calls, pairs and verdicts."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tool:
    """A function an agent may call.

    ``callee`` is the expression to call, ``given`` the leading argument that the wrapper hands in
    (the shared data; "" if none), ``parameters`` the signature of the wrapper as written.
    """

    name: str
    callee: str
    given: str
    parameters: ast.arguments


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call with literal arguments, as written in a sequence."""

    tool: str
    arguments: str

    def __str__(self) -> str:
        return f"{self.tool}({self.arguments})"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A sequence of turns of calls. ``start`` is a list of statements that lay the first state."""

    name: str
    start: tuple[str, ...]
    turns: tuple[tuple[Call, ...], ...]


@dataclass(frozen=True, slots=True)
class Package:
    """Modules below ``root``, the globals that hold their state, tools, and sequences of calls.

    ``setup`` is the head of the generated tool module: imports, and the global instances.
    ``owners`` are the modules whose classes and globals are state. ``libraries`` are folders of
    what the modules import besides.
    """

    name: str
    root: Path
    owners: tuple[str, ...]
    setup: str
    tools: Mapping[str, Tool]
    scenarios: tuple[Scenario, ...]
    libraries: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two calls that follow each other in one turn. ``before`` are all calls ahead of them."""

    package: str
    scenario: Scenario
    before: tuple[Call, ...]
    first: Call
    second: Call

    @property
    def text(self) -> str:
        return f"{self.first}; {self.second}"


@dataclass(frozen=True, slots=True)
class Truth:
    """What execution says of a pair.

    ``agrees``: both orders give the same outputs (each taken when its call returned) and the same
    state. ``stamped``: a call put the time of day into them, so that no two runs are the same.
    ``late``: they agree when the outputs are looked at only after both calls, so that a call which
    returned a piece of the state shows what the other one made of it. ``ordered``: dictionaries
    also have the same insertion order. ``overlap``: a place that one call wrote and the other
    touched, each run on its own from the same state; "" if there is none. ``raised``: a call raised
    in one of the orders.
    """

    agrees: bool
    late: bool
    ordered: bool
    stamped: bool
    overlap: str
    raised: bool

    @property
    def commutes(self) -> bool:
        return self.agrees and not self.stamped

    @property
    def kind(self) -> bool:
        """Is the verdict too kind for code alone: do the two agree by their values only?"""
        return self.commutes and bool(self.overlap)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What pexec says of a pair: ``words`` is the edge that holds it apart."""

    commutes: bool
    kind: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with both answers."""

    pair: Pair
    truth: Truth
    verdict: Verdict


def pairs_of(package: Package, *, dense: bool = False) -> list[Pair]:
    """Every two consecutive calls of one turn, in order, repeated ones included.

    ``dense``: every call with every later one of its scenario, from the state before the first.
    """
    found: list[Pair] = []
    for scenario in package.scenarios:
        turns = scenario.turns
        calls = tuple(call for turn in turns for call in turn)
        ends = list(accumulate(len(turn) for turn in turns for _ in turn[:1]))
        for i, first in enumerate(calls):
            reach = len(calls) if dense else min(i + 2, next(e for e in ends if e > i))
            found += [
                Pair(package.name, scenario, calls[:i], first, calls[j])
                for j in range(i + 1, reach)
            ]
    return found


def call_of(text: str) -> Call:
    """A call from its text. Raises ValueError for anything but a call of a plain name."""
    node = ast.parse(text.strip(), mode="eval").body
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise ValueError(f"not a tool call: {text!r}")
    parts = [ast.unparse(a) for a in node.args]
    parts += [f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords]
    return Call(node.func.id, ", ".join(parts))
