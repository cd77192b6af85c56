"""Objects whose items may lie below one of their attributes: `users["ann"]`, `users.data["ann"]`.

A dictionary has no attributes, and a class that the project writes keeps no items but those that
its own code keeps. What a class of a library does with its items is not known: `UserDict` keeps
them in ``data``, `ChainMap` in the first of its ``maps`` (library reference, "collections").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..lineage import EMPTY, MAKERS, ancestry, open_line
from ..resolve import CONTAINERS
from ..typetext import CLASS, MAPPINGS, Type, is_plain
from .selector import Anything, Attr, Field, Item, Step, coincide

if TYPE_CHECKING:
    from .inference import Inference

_APART = EMPTY | MAKERS | MAPPINGS | {"collections.deque"}


def parting(p: Sequence[Step], q: Sequence[Step]) -> int | None:
    """Where two paths part at an item of the one and an attribute of the other, if they do so."""
    for i, (one, other) in enumerate(zip(p, q, strict=False)):
        if coincide(one, other):
            continue
        attr, item = (one, other) if isinstance(one, Attr) else (other, one)
        mixed = isinstance(attr, Attr) and not isinstance(item, Attr)
        told = isinstance(attr, Field) or isinstance(item, (Item, Anything))
        return i if mixed and not told else None
    return None


def keeps_apart(inference: Inference, kind: Type) -> bool:
    """Are items and attributes of an object of a type different things?"""
    return kind.known and all(_keeps_apart(inference, one) for one in kind.each)


def _keeps_apart(inference: Inference, kind: Type) -> bool:
    if kind.name in CONTAINERS or kind.name in MAPPINGS or is_plain(kind) or kind.name == CLASS:
        return True
    names = {kind.name, *(cls.name for cls in inference.index.kin(kind.name, exact=kind.exact))}
    return all(_own(inference, name) for name in names)


def _own(inference: Inference, name: str) -> bool:
    """Is a class one of the project, and of bases that are known?"""
    line = ancestry(inference.resolver, name) or open_line(inference.resolver, name)
    return line is not None and all(
        level.info is not None or level.name in _APART or level.name.startswith("builtins.")
        for level in line
    )
