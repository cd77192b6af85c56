"""Dependences between calls → a layered drawing, from top to bottom.

Calls stand in the layer of the longest path to them; edges over several layers go through places of
their own in these. The order in layers is that of barycenters (Sugiyama, Tagawa and Toda, IEEE
Transactions on Systems, Man and Cybernetics 11, 1981); then each place is moved towards the middle
of its neighbours as far as those beside it allow.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from ..findings import milliseconds
from ..work_trees import Dependence, FunctionTree
from .html_text import bare, isolated, said, tail

#: Graphs of more calls or dependences are listed only.
CALLS, EDGES = 60, 150
WIDTH, HEIGHT, GAP, LAYER = 160, 40, 16, 88
_LETTERS = 19  # that fit in a box of that width
_THREAD = 10  # the width that a passing edge gets
_SWEEPS = 6
#: How kinds of edges are drawn: what a call uses, what it touches outside, all else.
DATA = frozenset({"flow", "anti", "output"})
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Node:
    x: int
    y: int
    name: Markup
    more: str
    words: Markup


@dataclass(frozen=True, slots=True)
class Arrow:
    path: str
    style: str
    words: Markup


@dataclass(frozen=True, slots=True)
class Graph:
    width: int
    height: int
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


@dataclass(slots=True)
class _Place:
    """A call, or the passage of an edge through a layer (``site`` is -1 then)."""

    site: int
    layer: int
    x: float = 0.0
    above: list[_Place] = field(default_factory=list["_Place"])
    below: list[_Place] = field(default_factory=list["_Place"])

    @property
    def width(self) -> int:
        return WIDTH if self.site >= 0 else _THREAD


def style_of(kind: str) -> str:
    """``data``, ``order`` or ``unknown``: the three ways an edge is drawn."""
    return "data" if kind in DATA else "unknown" if kind == UNKNOWN else "order"


def drawable(tree: FunctionTree) -> bool:
    return 1 < len(tree.sites) <= CALLS and 0 < len(_edges(tree)) <= EDGES


def _edges(tree: FunctionTree) -> list[Dependence]:
    """Edges to later calls; one that came back would have no place in layers."""
    return [e for e in tree.edges if e.first < e.second]


def graph(tree: FunctionTree, taken: Sequence[float]) -> Graph:
    """The drawing of a function's calls, which take so many milliseconds, and their dependences."""
    edges = _edges(tree)
    layers, places, routes = _layered(len(tree.sites), edges)
    for sweep in range(_SWEEPS):
        _order(layers, down=sweep % 2 == 0)
    for layer in layers:
        _pack(layer)
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            _move(layer)
    left = min((p.x - p.width / 2 for layer in layers for p in layer), default=0.0)
    for layer in layers:
        for place in layer:
            place.x += 2 - left
    right = max((p.x + p.width / 2 for layer in layers for p in layer), default=0.0)
    nodes = tuple(_node(tree, i, place, taken[i]) for i, place in enumerate(places))
    arrows = tuple(
        Arrow(_path(route), style_of(e.kind), _words(tree, e))
        for e, route in zip(edges, routes, strict=True)
    )
    return Graph(round(right) + 2, (len(layers) - 1) * LAYER + HEIGHT + 4, nodes, arrows)


def _layered(
    count: int, edges: Sequence[Dependence]
) -> tuple[list[list[_Place]], list[_Place], list[list[_Place]]]:
    """Layers, the places of calls, and those that each edge goes through."""
    depth = [0] * count
    for edge in sorted(edges, key=lambda e: e.second):
        depth[edge.second] = max(depth[edge.second], depth[edge.first] + 1)
    places = [_Place(i, depth[i]) for i in range(count)]
    layers: list[list[_Place]] = [[] for _ in range(max(depth, default=0) + 1)]
    for place in places:
        layers[place.layer].append(place)
    routes: list[list[_Place]] = []
    for edge in edges:
        first, last = places[edge.first], places[edge.second]
        between = [_Place(-1, k) for k in range(first.layer + 1, last.layer)]
        for place in between:
            layers[place.layer].append(place)
        route = [first, *between, last]
        for upper, lower in itertools.pairwise(route):
            upper.below.append(lower)
            lower.above.append(upper)
        routes.append(route)
    return layers, places, routes


def _order(layers: list[list[_Place]], *, down: bool) -> None:
    """Put each layer in order of the middle of its neighbours in the layer before."""
    for layer in layers:
        for i, place in enumerate(layer):
            place.x = i
    for layer in layers if down else reversed(layers):
        middles: dict[int, float] = {}
        for place in layer:
            near = place.above if down else place.below
            middles[id(place)] = sum(p.x for p in near) / len(near) if near else place.x
        layer.sort(key=lambda place: middles[id(place)])
        for i, place in enumerate(layer):
            place.x = i


def _pack(layer: Sequence[_Place]) -> None:
    x = 0.0
    for place in layer:
        place.x = x + place.width / 2
        x += place.width + GAP
    for place in layer:
        place.x -= (x - GAP) / 2


def _move(layer: Sequence[_Place]) -> None:
    """Move places to the middle of their neighbours, in order and with room between them.

    Where they push each other, those that touch lie around the middle of what they want (pooling
    of adjacent violators: the least sum of squares).
    """
    blocks: list[tuple[float, int]] = []  # (sum of wishes, number), of places that touch
    offsets: list[float] = []
    at = 0.0
    for place in layer:
        near = [*place.above, *place.below]
        wish = sum(p.x for p in near) / len(near) if near else place.x
        at += place.width / 2
        offsets.append(at)
        at += place.width / 2 + GAP
        blocks.append((wish - offsets[-1], 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [(a + b, m + n)]
    starts = [total / number for total, number in blocks for _ in range(number)]
    for place, start, offset in zip(layer, starts, offsets, strict=True):
        place.x = start + offset


def _path(route: Sequence[_Place]) -> str:
    """A curve from the foot of a call to the head of another; it is upright in each layer."""
    x, y = route[0].x, route[0].layer * LAYER + HEIGHT + 2
    parts = [f"M{x:.0f} {y}"]
    for place in route[1:]:
        top = place.layer * LAYER + 2
        end = top - 7 if place.site >= 0 else top
        half = (end - y) / 2
        parts.append(f"C{x:.0f} {y + half:.0f} {place.x:.0f} {end - half:.0f} {place.x:.0f} {end}")
        x, y = place.x, end
        if place.site < 0:
            y = top + HEIGHT
            parts.append(f"V{y}")
    return "".join(parts)


def _node(tree: FunctionTree, number: int, place: _Place, ms: float) -> Node:
    site, taken = tree.sites[number], milliseconds(ms)
    short = site.name.replace("/", ":").rpartition(":")[2].rpartition(".")[2] or site.name
    return Node(
        round(place.x - WIDTH / 2),
        place.layer * LAYER + 2,
        said("{} {}", number + 1, isolated(tail(short, _LETTERS - len(f"{number + 1} ")))),
        f"line {site.span.line}, {taken}",
        said("{}. {}, line {}: {}", number + 1, isolated(site.name), site.span.line, taken),
    )


def _words(tree: FunctionTree, edge: Dependence) -> Markup:
    first, second = (isolated(tree.sites[k].name) for k in (edge.first, edge.second))
    reason = said(": {}", bare(edge.words)) if edge.words else ""
    return said("{} {} waits for {} {} ({}){}", edge.second + 1, second, edge.first + 1, first,
                edge.kind, reason)  # fmt: skip
