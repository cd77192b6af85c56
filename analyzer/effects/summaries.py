"""Summaries of the functions of the project, made bottom-up over the call graph.

Strongly connected components come after all that they call; one that calls itself is gone through
until nothing changes (Sharir and Pnueli, "Two Approaches to Interprocedural Data Flow Analysis",
1981: the functional approach).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..classes import events_of
from ..ir import Function, Invoke
from .body import Body, smaller
from .model import Resource
from .roots import Origin
from .selector import Memory
from .summary import BOTTOM, Summary, all_linked

if TYPE_CHECKING:
    import networkx as nx

    from .inference import Inference

#: A function from which more functions than this are reached is not followed.
_REACH = 250
#: What a body shares with others asks for their summaries within its own, so often at most: that
#: is not in the call graph, and the interpreter's stack is not without end.
_DEEPEST = 30
_ROUNDS = 12
#: After so many rounds, paths (`tree.left.left…`) are cut to this length (widening: Cousot and
#: Cousot, "Abstract Interpretation", POPL 1977).
_EXACT_ROUNDS = 2
_WIDEST = 4


class Summaries:
    """The summaries of the functions of one module."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.module = inference.module
        self._known: dict[str, Summary] = {}
        self._working: dict[str, Summary] = {}
        self._making: set[str] = set()
        #: The unit whose summary is being made.
        self.unit: str | None = None
        self._edges: dict[str, tuple[tuple[Inference, Function], ...]] = {}

    def of(self, function: Function) -> Summary:
        """The summary of a function; those of all that it calls are made first."""
        known = self._known.get(function.scope) or self._working.get(function.scope)
        if known is not None:
            return known
        if function.scope in self._making:  # asked for from around a nested function
            words = f"`{function.qualname}` is not followed from within"
            return Summary(everything=words, affine=True, links=all_linked(function))
        solver = self.inference.resolver.solver
        if solver.nested >= _DEEPEST:
            words = f"`{function.qualname}` is met on too long a way"
            return Summary(everything=words, affine=True, links=all_linked(function))
        solver.nested += 1
        try:
            return self._of(function)
        finally:
            solver.nested -= 1

    def _of(self, function: Function) -> Summary:
        graph = self._reached(function)
        if graph is None:
            found = Summary(
                everything=f"`{function.qualname}` reaches more than {_REACH} functions",
                affine=True, links=all_linked(function),
            )  # fmt: skip
            self._known[function.scope] = found
            return found
        nodes = [graph.nodes[key]["function"] for key in graph]
        if any(one.scope in inference.summaries.working for inference, one in nodes):
            # Asked for from around a nested function that calls itself. What is guessed of that
            # one for now is forgotten, and so is all that this answer is used for.
            words = f"`{function.qualname}` calls what is not followed yet"
            return Summary(everything=words, affine=True, links=all_linked(function))
        import networkx as nx

        for component in nx.strongly_connected_components(graph):
            _settle([graph.nodes[key]["function"] for key in component], graph)
        return self._known[function.scope]

    def _reached(self, function: Function) -> nx.DiGraph[tuple[int, str]] | None:
        """The call graph below a function; None if it is too large."""
        import networkx as nx

        graph: nx.DiGraph[tuple[int, str]] = nx.DiGraph()
        first = (self.inference, function)
        todo = [first]
        graph.add_node(_key(first), function=first)
        while todo:
            inference, caller = todo.pop()
            if caller.scope in inference.summaries.known:
                continue
            for callee in inference.summaries.edges(caller):
                if _key(callee) not in graph:
                    if len(graph) >= _REACH:
                        return None
                    graph.add_node(_key(callee), function=callee)
                    todo.append(callee)
                graph.add_edge(_key((inference, caller)), _key(callee))
        return graph

    @property
    def known(self) -> dict[str, Summary]:
        return self._known

    @property
    def working(self) -> dict[str, Summary]:
        """What is guessed of functions that call themselves."""
        return self._working

    def edges(self, function: Function) -> tuple[tuple[Inference, Function], ...]:
        """The functions that a function calls."""
        if function.scope not in self._edges:
            found: dict[tuple[int, str], tuple[Inference, Function]] = {}
            for event in events_of(function):
                if isinstance(event, Invoke):
                    for target in self.inference.callees.targets(event.call):
                        if target.function is not None:
                            one = (target.inference, target.function)
                            found[_key(one)] = one
            self._edges[function.scope] = tuple(found.values())
        return self._edges[function.scope]

    def work(self, function: Function, summary: Summary) -> None:
        self._working[function.scope] = summary

    def settle(self, function: Function, summary: Summary) -> None:
        self._working.pop(function.scope, None)
        self._known[function.scope] = summary

    def make(self, function: Function) -> Summary:
        """The summary of a function from its body and the summaries there are."""
        around, self.unit = self.unit, self.inference.aliases.unit_of_scope(function.scope)
        self._making.add(function.scope)
        try:
            return Body(self.inference, function).summary()
        finally:
            self._making.discard(function.scope)
            self.unit = around


def _key(function: tuple[Inference, Function]) -> tuple[int, str]:
    return id(function[0]), function[1].scope


def _settle(members: list[tuple[Inference, Function]], graph: nx.DiGraph[tuple[int, str]]) -> None:
    members = [m for m in members if m[1].scope not in m[0].summaries.known]
    if not members:
        return
    alone = len(members) == 1 and not graph.has_edge(_key(members[0]), _key(members[0]))
    if alone:
        inference, function = members[0]
        inference.summaries.settle(function, inference.summaries.make(function))
        return
    members.sort(key=lambda m: (m[0].resolver.module_name, m[1].scope))
    now = [BOTTOM] * len(members)
    for turn in range(_ROUNDS):
        for (inference, function), summary in zip(members, now, strict=True):
            # Nothing is known of how often it calls itself: it waits at least once.
            inference.summaries.work(function, replace(summary, latency_ms=0.0))
            inference.forget(function)
        before, now = now, [inference.summaries.make(function) for inference, function in members]
        if turn >= _EXACT_ROUNDS:
            now = [_widened(summary) for summary in now]
        if now == before:
            break
    else:
        words = f"`{members[0][1].qualname}` calls itself in a way that is not followed"
        now = [Summary(everything=words, affine=True, links=all_linked(f)) for _, f in members]
    for (inference, function), summary in zip(members, now, strict=True):
        # What calls itself may do so too often (RecursionError).
        inference.summaries.settle(function, replace(summary, raises=True))
        inference.forget(function)


def _widened(summary: Summary) -> Summary:
    """The same with everything below a longer path in its place."""
    effects = dict.fromkeys(replace(e, resource=_cut(e.resource)) for e in summary.effects)
    return replace(
        summary,
        effects=smaller(effects),
        result=frozenset(map(_cut_origin, summary.result)),
        held=frozenset(map(_cut_origin, summary.held)),
    )


def _cut(resource: Resource) -> Resource:
    memory = resource.selector
    if not isinstance(memory, Memory) or len(memory.steps) <= _WIDEST:
        return resource
    cut = replace(memory, steps=memory.steps[:_WIDEST], deep=True)
    cut = replace(cut, type="", opaque=False, owner="", no_new=False)
    return replace(resource, selector=cut)


def _cut_origin(origin: Origin) -> Origin:
    if len(origin.steps) <= _WIDEST:
        return origin
    return replace(origin, steps=origin.steps[:_WIDEST], below=True)
