"""Overlap of memory, held against small heaps in which objects hold one another in any shape."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pexec.analyzer.effects.selector import (
    AnyKey,
    Attr,
    Key,
    Memory,
    Name,
    Overlap,
    Step,
    SymKey,
    overlap_memory,
)

NEVER, MAYBE, ALWAYS = Overlap.NEVER, Overlap.MAYBE, Overlap.ALWAYS
X, Y, K, J, ANY = Attr("x"), Attr("y"), SymKey("k"), SymKey("j"), AnyKey()


def slot(*steps: Step, root: str = "a", owner: str = "") -> Memory:
    return Memory(root, steps, deep=False, owner=owner)


def deep(*steps: Step, root: str = "a") -> Memory:
    return Memory(root, steps)


def handle(*steps: Step, root: str = "a", kind: str = "Client", group: str = "") -> Memory:
    return Memory(root, steps, type=kind, opaque=True, group=group)


EXAMPLES = [
    # bindings
    (Name("a"), Name("a"), ALWAYS),
    (Name("a"), Name("b"), NEVER),
    (Name("a"), deep(), NEVER),
    # one path leads through the other's end
    (deep(), deep(X, Y), ALWAYS),
    (deep(X), slot(X), ALWAYS),
    (slot(X), slot(X), ALWAYS),
    (slot(X), deep(X, Y), ALWAYS),
    (slot(), slot(X), ALWAYS),
    (slot(K), slot(K), ALWAYS),
    (slot(Key(1)), slot(Key(True)), ALWAYS),
    (slot(Key(1)), slot(Key(1.0)), ALWAYS),
    # slots of other names
    (slot(X), slot(Y), NEVER),
    (slot(Key("p")), slot(Key("q")), NEVER),
    (slot(Key(0)), slot(Key(1)), NEVER),
    (slot(Key(-1)), slot(Key(-2)), NEVER),
    (slot(X), slot(Y, Key("p")), NEVER),
    (slot(X, K), slot(Y), NEVER),
    (slot(K, X), slot(J, Y), NEVER),
    (slot(ANY, X), slot(ANY, Y), NEVER),
    (slot(K, X, root="a"), slot(Y, root="b"), MAYBE),  # b may be a, its items its attributes
    (slot(X, root="a"), slot(Y, root="b"), NEVER),
    (slot(X), slot(Key("y")), NEVER),
    # slots that may be one
    (slot(Key(-1)), slot(Key(1)), MAYBE),
    (slot(Key("Accept")), slot(Key("accept")), MAYBE),
    (slot(Key(0)), slot(Key("id")), MAYBE),
    (slot(Key((0, 1))), slot(Key((0, -1))), MAYBE),
    (slot(X), slot(Key("x")), MAYBE),
    (slot(X), slot(K), MAYBE),
    (slot(K), slot(J), MAYBE),
    (slot(ANY), slot(ANY), MAYBE),
    (slot(ANY), slot(Key(0)), MAYBE),
    (slot(K, X), slot(J, X), MAYBE),
    (slot(X), slot(Y, X), MAYBE),  # a.y may be a
    (slot(X), slot(Attr("__dict__")), MAYBE),
    (slot(X), slot(Attr("__dict__"), Key("x")), MAYBE),
    (slot(Attr("__x")), slot(Attr("_C__x")), MAYBE),
    (slot(X, root="a"), slot(X, root="b"), MAYBE),
    # what hangs below two places may be one object, or lead back
    (deep(X), deep(Y), MAYBE),
    (deep(Key("p")), deep(Key("q")), MAYBE),
    (slot(X), deep(Y), MAYBE),
    (deep(root="a"), deep(root="b"), MAYBE),
    (slot(), slot(X, root="b"), MAYBE),
    # a root that is bound twice is not one object
    (replace(deep(), stable=False), deep(), MAYBE),
    # groups
    (replace(deep(), group="1", world=False), replace(deep(root="b"), group="2"), NEVER),
    (replace(deep(), group="1"), replace(deep(root="b"), group="2"), MAYBE),
    (replace(deep(), group="1", world=False), deep(root="b"), MAYBE),
    # handles
    (handle(), handle(root="b"), MAYBE),
    (handle(), handle(root="b", kind="Session"), NEVER),
    (handle(X), handle(Y, kind="Session"), NEVER),
    (
        handle(group="1"),
        replace(deep(root="b"), type="Repo", group="2"),
        MAYBE,
    ),  # a Repo may hold a Client
    (handle(group="1"), replace(deep(root="b"), type="plain", group="2"), NEVER),
    (handle(group="1"), replace(deep(root="b"), type="plain", group="1"), MAYBE),  # b = a.headers
    (handle(group="1"), replace(deep(X, root="b"), type="plain", group="2"), MAYBE),  # b may be a
    (handle(X), replace(deep(Y), type="plain"), NEVER),
    (handle(group="1"), replace(slot(root="b"), type="list", group="2"), NEVER),
    (handle(group="1"), replace(slot(root="b"), type="list", group="1"), MAYBE),
    (handle(X, group="1"), replace(slot(root="b"), type="list", group="2"), NEVER),
    (
        handle(K, group="1"),
        replace(slot(root="b"), type="list", group="2"),
        MAYBE,
    ),  # a list of clients
    (handle(X, group="1"), replace(slot(root="b"), type="Repo", group="2"), MAYBE),
    (handle(X), slot(Y, Key("p")), NEVER),
    (handle(X), slot(Y, K), NEVER),
    (handle(X), slot(Y, Attr("headers"), Key("p")), MAYBE),  # a.y may be a.x
    (handle(X), slot(Y), MAYBE),
    (handle(X), slot(Y, owner="Service"), NEVER),
    (handle(X), slot(X, owner="Service"), ALWAYS),
    (handle(X), slot(Y, Attr("n"), owner="Stats"), NEVER),
    (handle(X), slot(Y, Attr("p"), Attr("n"), owner="Part"), MAYBE),
    (handle(X), slot(X, root="b", owner="Service"), MAYBE),
    (handle(), slot(X, root="b", owner="Client"), MAYBE),
    (handle(group="1"), replace(slot(K, root="b"), group="2"), NEVER),
    (handle(group="1"), replace(slot(K, root="b"), group="1"), MAYBE),  # b = a.headers
    (handle(), slot(K, root="b"), MAYBE),
    (handle(K, group="1"), replace(slot(J, root="b"), group="2"), MAYBE),  # another handle there
    (handle(X, group="1"), replace(slot(Key("x"), root="b"), group="2"), MAYBE),
]


@pytest.mark.parametrize(("a", "b", "expected"), EXAMPLES)
def test_overlap_memory(a: Memory | Name, b: Memory | Name, expected: Overlap) -> None:
    assert overlap_memory(a, b) is expected
    assert overlap_memory(b, a) is expected


# ---------------------------------------------------------------------------------- heaps


@dataclass
class Node:
    """An object; `kind` is "object" (attributes and items), "record" (whose items are its
    attributes), "list" or the type of a handle."""

    kind: str
    slots: dict[object, int] = field(default_factory=dict)


Heap = list[Node]
Cell = tuple[int, object]  # an object and the name of a slot, None for all of them
LENGTH = 2
HANDLES = ("Client", "Session")
CONSTANTS = ["x", "y", 0, 1, -1]


def cell(node: Node, step: Step, keys: dict[str, object]) -> list[object]:
    """Names of the slots that a step may lead to."""
    if isinstance(step, Attr):
        return [step.name if node.kind == "record" else ("attr", step.name)]
    if isinstance(step, AnyKey):
        return [k for k in node.slots if not isinstance(k, tuple)]
    key = step.value if isinstance(step, Key) else keys[step.name]
    if node.kind == "list":
        return [key % LENGTH] if isinstance(key, int) and -LENGTH <= key < LENGTH else []
    return [key]


def reach(heap: Heap, start: int) -> set[int]:
    seen: set[int] = set()
    todo = [start]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += heap[node].slots.values()
    return seen


@dataclass
class Region:
    touched: set[Cell]
    passed: set[Cell]
    end: int | None
    holder: int | None


def regions(heap: Heap, memory: Memory, root: int, keys: dict[str, object]) -> Iterator[Region]:
    def follow(node: int, left: tuple[Step, ...], passed: list[Cell]) -> Iterator[Region]:
        if not left:
            nodes = reach(heap, node) if memory.deep else {node}
            whole: set[Cell] = {(n, None) for n in nodes}
            own = {passed[-1]} if passed and memory.deep else set[Cell]()
            yield Region(whole | own, set(passed), node, passed[-1][0] if passed else None)
            return
        for name in cell(heap[node], left[0], keys):
            here: Cell = (node, name)
            if len(left) == 1 and not memory.deep:
                yield Region({here}, set(passed), heap[node].slots.get(name), node)
            elif name in heap[node].slots:
                yield from follow(heap[node].slots[name], left[1:], [*passed, here])

    yield from follow(root, memory.steps, [])


def meets(a: set[Cell], b: set[Cell]) -> bool:
    return any(m == n and (s == t or None in (s, t)) for m, s in a for n, t in b)


def conflict(a: Region, b: Region) -> bool:
    return meets(a.touched, b.touched | b.passed) or meets(b.touched, a.passed)


steps = st.lists(
    st.sampled_from([X, Y, Attr("h"), Key("x"), Key("y"), Key(0), Key(1), Key(-1), K, J, ANY]),
    max_size=3,
).map(tuple)
memories = st.builds(
    lambda root, path, whole: Memory(root, path, deep=whole),
    st.sampled_from(["a", "b"]),
    steps,
    st.booleans(),
)
symbols = st.fixed_dictionaries({"k": st.sampled_from(CONSTANTS), "j": st.sampled_from(CONSTANTS)})


@st.composite
def heaps(draw: st.DrawFn, kinds: tuple[str, ...]) -> Heap:
    """Any graph, but: a handle holds one object of its own ("x") that nothing else holds."""
    size = draw(st.integers(1, 4))
    heap = [Node(draw(st.sampled_from(kinds))) for _ in range(size)]
    for node in list(heap):
        if node.kind in HANDLES:
            own = Node(draw(st.sampled_from(["object", "list"])))
            heap.append(own)
            node.slots[("attr", "x")] = len(heap) - 1
            continue
        names: list[object] = [*CONSTANTS, ("attr", "x"), ("attr", "y"), ("attr", "h")]
        if node.kind == "list":
            names = list(range(LENGTH))
        elif node.kind == "record":
            names = ["x", "y", "h", 0]
        for name in names:
            if node.kind == "list" or draw(st.integers(0, 3)):
                node.slots[name] = draw(st.integers(0, size - 1))
    return heap


@settings(max_examples=3000, deadline=None)
@given(memories, memories, heaps(("object", "object", "record", "list")), symbols, st.data())
def test_overlap_memory_is_sound(
    a: Memory, b: Memory, heap: Heap, keys: dict[str, object], data: st.DataObject
) -> None:
    answer = overlap_memory(a, b)
    assert overlap_memory(b, a) is answer
    for at, node in enumerate(heap):  # a record does not hold itself
        if node.kind == "record" and any(at in reach(heap, n) for n in node.slots.values()):
            node.kind = "object"
    roots = {name: data.draw(st.integers(0, len(heap) - 1)) for name in "ab"}
    pairs = itertools.product(
        regions(heap, a, roots[a.root], keys), regions(heap, b, roots[b.root], keys)
    )
    for one, two in pairs:
        assert answer is not (NEVER if conflict(one, two) else ALWAYS)
        changed = meets(one.touched, two.touched | two.passed)
        assert overlap_memory(a, b, looks=True) is not (NEVER if changed else ALWAYS)


def described(memory: Memory, heap: Heap, region: Region, group: str) -> Memory:
    """With all that can be known of the object in this heap."""
    kind = heap[region.end].kind if region.end is not None else ""
    reached = reach(heap, region.end) if region.end is not None else set[int]()
    if kind == "list" and not any(heap[n].kind != "list" for n in reached):
        kind = "plain"
    owner = heap[region.holder].kind if region.holder is not None else ""
    return replace(memory, type=kind, opaque=kind in HANDLES, owner=owner, group=group)


@settings(max_examples=4000, deadline=None)
@given(memories, memories, heaps(("object", "list", *HANDLES)), symbols, st.data())
def test_what_is_known_of_handles_is_sound(
    a: Memory, b: Memory, heap: Heap, keys: dict[str, object], data: st.DataObject
) -> None:
    roots = {name: data.draw(st.integers(0, len(heap) - 1)) for name in "ab"}
    one_group = any(held_privately(heap, at) for at in roots.values())
    forget = data.draw(st.fixed_dictionaries({"type": st.booleans(), "owner": st.booleans()}))
    pairs = itertools.product(
        regions(heap, a, roots[a.root], keys), regions(heap, b, roots[b.root], keys)
    )
    for one, two in pairs:
        if not all(allowed(m, heap, r) for m, r in ((a, one), (b, two))):
            continue
        left = described(a, heap, one, "one" if one_group else a.root)
        right = described(b, heap, two, "one" if one_group else b.root)
        for unknown in (name for name, drop in forget.items() if drop):
            left, right = replace(left, **{unknown: ""}), replace(right, **{unknown: ""})
        if conflict(one, two):
            assert overlap_memory(left, right) is not NEVER
        assert overlap_memory(left, right) is overlap_memory(right, left)


def held_privately(heap: Heap, at: int) -> bool:
    return any(node.kind in HANDLES and at in node.slots.values() for node in heap)


def holders(heap: Heap, region: Region, memory: Memory, named: list[int]) -> set[int]:
    """The objects of which an attribute is used on the way to a region."""
    last = len(memory.steps) - 1 in named and not memory.deep
    found = {n for n, name in region.passed if isinstance(name, tuple)}
    return found | ({region.holder} if last and region.holder is not None else set())


def allowed(memory: Memory, heap: Heap, region: Region) -> bool:
    """What `opaque` claims: no subscript store on a handle. Built-in containers have no attributes
    of their own, nor on the way."""
    named = [i for i, step in enumerate(memory.steps) if isinstance(step, Attr)]
    if named and any(heap[n].kind == "list" for n in holders(heap, region, memory, named)):
        return False
    stored = memory.slot is not None and not isinstance(memory.slot, Attr)
    return not (stored and region.holder is not None and heap[region.holder].kind in HANDLES)
