"""Values and state as plain comparable trees: equal trees, same outcome.

Objects are numbered in the order of the walk, so that two object graphs are equal only if they also
share alike; parents and cycles are back references. Times that lie within a day of the run are all
alike, as no two runs agree on them; a walk says whether it met one that was taken during the calls.
"""

from __future__ import annotations

import datetime
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from .world import World

_DAY = datetime.timedelta(days=1)
_CODE = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type, staticmethod,
         classmethod, property)  # fmt: skip


def state_of(world: World) -> dict[str, Any]:
    """Everything that a later call may see, by name: globals, class attributes, defaults."""
    found: dict[str, Any] = {f"tools.{n}": v for n, v in world.names.items() if is_data(n, v)}
    for module in world.modules:
        short = module.__name__.rpartition(".")[2]
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                for attribute, held in vars(value).items():
                    if is_data(attribute, held):
                        found[f"{short}.{name}.{attribute}"] = held
                    found.update(_defaults(f"{short}.{name}.{attribute}", held))
            elif is_data(name, value):
                found[f"{short}.{name}"] = value
            found.update(_defaults(f"{short}.{name}", value))
    return found


def is_data(name: str, value: object) -> bool:
    """Is a global or class attribute state, not code, typing or a dunder?"""
    dunder = name.startswith("__") and name.endswith("__")
    own = type(value).__module__ in ("typing", "__future__", "types")
    return not dunder and not isinstance(value, _CODE) and not own and not callable(value)


def _defaults(name: str, value: object) -> Iterable[tuple[str, Any]]:
    held = getattr(value, "__defaults__", None) if isinstance(value, FunctionType) else None
    mutable = [d for d in held or () if isinstance(d, (list, dict, set))]
    return [(f"{name}()", mutable)] if mutable else []


class Walk:
    """Turns values into trees; several values of one walk share their numbering.

    ``orders`` are the insertion orders of the dictionaries met: they are no part of a tree.
    ``stamped``: a time was met that was taken after ``since``.
    """

    def __init__(self, since: datetime.datetime) -> None:
        self.since = since
        self.orders: list[tuple[str, ...]] = []
        self.stamped = False
        self._numbers: dict[int, int] = {}
        self._kept: list[object] = []  # ids stay unique as long as the objects live

    def tree(self, value: object) -> object:
        """The comparable tree of a value."""
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
            return (type(value).__name__, value)
        if isinstance(value, datetime.datetime):
            return self._time(value)
        if isinstance(value, tuple):
            return (type(value).__name__, *(self.tree(v) for v in value))
        if isinstance(value, _CODE):
            return ("code", getattr(value, "__qualname__", repr(value)))
        number = self._numbers.get(id(value))
        if number is not None:
            return ("again", number)
        self._numbers[id(value)] = len(self._numbers)
        self._kept.append(value)
        return self._object(value)

    def _time(self, value: datetime.datetime) -> object:
        since = self.since.astimezone(value.tzinfo) if value.tzinfo else self.since
        if abs(value - since) > _DAY:
            return repr(value)
        self.stamped |= value >= since
        return "now"

    def _object(self, value: object) -> object:
        name = type(value).__name__
        if isinstance(value, dict):
            items = sorted(value.items(), key=lambda item: repr(item[0]))
            self.orders.append(tuple(repr(key) for key in value))
            return (name, *((self.tree(k), self.tree(v)) for k, v in items))
        if isinstance(value, (list, deque)):
            return (name, *(self.tree(v) for v in value))
        if isinstance(value, (set, frozenset)):
            return (name, *(self.tree(v) for v in sorted(value, key=repr)))
        if isinstance(value, random.Random):
            return (name, value.getstate())
        if isinstance(value, itertools.count):
            return (name, repr(value))
        attributes = attributes_of(value)
        if not attributes and type(value).__module__ not in ("builtins", "decimal", "datetime"):
            return (name,)
        if not attributes:
            return (name, repr(value))
        return (name, *((k, self.tree(v)) for k, v in sorted(attributes.items())))


def attributes_of(value: object) -> dict[str, Any]:
    """Instance attributes, in ``__dict__`` or slots, without running any code of the class."""
    get: Callable[..., Any] = object.__getattribute__
    try:
        found: dict[str, Any] = dict(get(value, "__dict__"))
    except AttributeError:
        found = {}
    for owner in type(value).__mro__:
        slots = owner.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if slot not in ("__dict__", "__weakref__"):
                try:
                    found[slot] = get(value, slot)
                except AttributeError:
                    continue
    return found
