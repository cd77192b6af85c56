"""Effects and when two of them conflict: the one algebra for memory and for the world.

An effect is a mode on a resource. Binding a name writes ``memory:name``; reading a file reads
``fs:path``. Every effect carries where its claim comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .selector import (
    ANY,
    AnyKey,
    Key,
    Memory,
    Name,
    Overlap,
    SymKey,
    Text,
    format_selector,
    overlap_memory,
    overlap_path,
    overlap_text,
)

MEMORY = "memory"
WORLD = "*"  # a write to the open world: conflicts with every call outside memory
#: Order and number of operations are not observed (contract §2: `log`; random without a seed).
COMMUTATIVE = frozenset({"log", "random"})
#: Selectors of these are hierarchical: a folder holds its files, a server its paths and tables.
PATHS = frozenset({"fs", "http", "mcp"})


#: What is stored to by an index gets no new places.
_INDEXED = frozenset({"builtins.list", "builtins.bytearray", "collections.deque", "array.array"})


class Mode(StrEnum):
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Resource:
    domain: str
    selector: Text | Memory | Name = ANY


@dataclass(frozen=True, slots=True)
class Effect:
    """``source`` says which entry, configuration key or line made the claim.

    ``derived``: it follows from what a function does to memory that may be part of the resource.
    """

    mode: Mode
    resource: Resource
    source: str = field(default="", compare=False)
    derived: bool = field(default=False, compare=False)

    @property
    def writes(self) -> bool:
        return self.mode is Mode.WRITE

    def __str__(self) -> str:
        return f"{self.mode} {describe(self.resource)}"


def describe(resource: Resource) -> str:
    """The resource in words for a finding: ``fs:docs/*``, ``memory:user``."""
    selector = resource.selector
    if isinstance(selector, Name):
        return f"`{selector.symbol.rsplit(':', 1)[-1]}`"
    if isinstance(selector, Memory):
        return f"`{_path(selector)}`"
    if resource.domain == WORLD:
        return "the open world"
    if selector == ANY:
        return resource.domain
    return f"{resource.domain}:{format_selector(selector)}"


def _path(memory: Memory) -> str:
    from .selector import Attr, Key, SymKey

    words = memory.root.rsplit(":", 1)[-1].strip("<>")  # `<module>.name` is a global of another one
    for step in memory.steps:
        if isinstance(step, Attr):
            words += f".{step.name}"
        elif isinstance(step, Key):
            words += f"[{step.value!r}]"
        elif isinstance(step, SymKey):
            words += f"[{step.name.rsplit(':', 1)[-1]}]"
        else:
            words += "[…]"
    return words


SameWorld = Sequence[Sequence[tuple[str, Text]]]


def overlap(a: Resource, b: Resource, same_world: SameWorld = ()) -> Overlap:
    """May the two resources be, or share, one thing? Symmetric; *maybe* when in doubt."""
    if WORLD in (a.domain, b.domain):
        return Overlap.NEVER if MEMORY in (a.domain, b.domain) else Overlap.MAYBE
    if a.domain != b.domain:
        return Overlap.MAYBE if _one_world(a, b, same_world) else Overlap.NEVER
    x, y = a.selector, b.selector
    if isinstance(x, Text) and isinstance(y, Text):
        return overlap_path(x, y) if a.domain in PATHS else overlap_text(x, y)
    if isinstance(x, Text) or isinstance(y, Text):
        return Overlap.MAYBE
    return overlap_memory(x, y)


def _one_world(a: Resource, b: Resource, same_world: SameWorld) -> bool:
    def within(resource: Resource, member: tuple[str, Text]) -> bool:
        domain, selector = member
        compare = overlap_path if domain in PATHS else overlap_text
        return (
            resource.domain == domain
            and isinstance(resource.selector, Text)
            and compare(resource.selector, selector) is not Overlap.NEVER
        )

    return any(
        any(within(a, m) for m in group) and any(within(b, m) for m in group)
        for group in same_world
    )


def conflicts(a: Effect, b: Effect, same_world: SameWorld = ()) -> bool:
    """Contract §2: equal domains, at least one write, overlap possible, not commutative."""
    if not (a.writes or b.writes):
        return False
    if a.resource.domain == b.resource.domain and a.resource.domain in COMMUTATIVE:
        return False
    if a.resource.domain == b.resource.domain == MEMORY:
        if a.writes != b.writes:
            return _changes(a, b) if a.writes else _changes(b, a)
        if new_keys(a, b) is not None:
            return True
    return overlap(a.resource, b.resource, same_world) is not Overlap.NEVER


def _changes(write: Effect, read: Effect) -> bool:
    """May a write to memory change what a read looks at?"""
    x, y = write.resource.selector, read.resource.selector
    if isinstance(x, Text) or isinstance(y, Text):
        return True
    return overlap_memory(x, y, looks=True) is not Overlap.NEVER


def new_keys(one: Effect, other: Effect) -> tuple[Memory, Memory] | None:
    """The slots of two writes that may both put a new key into one dictionary, as any of its slots.

    A new key comes behind those there are; their order is what iterating shows (library reference,
    "Mapping Types"). Taking out a key leaves the others in their order, and it does not matter when
    another one is put in.
    """
    a, b = _any_slot(one), _any_slot(other)
    if a is None or b is None or overlap_memory(a, b) is Overlap.NEVER:
        return None
    return a, b


def _any_slot(write: Effect) -> Memory | None:
    memory = write.resource.selector
    if not isinstance(memory, Memory) or memory.owner in _INDEXED or memory.no_new:
        return None
    if not isinstance(memory.slot, (Key, SymKey)):
        return None
    return replace(memory, steps=(*memory.steps[:-1], AnyKey()))
