"""Containers and generators that say what is touched: built-in ones with a hook per operation.

``log.read``, ``log.write`` and ``log.insert`` take the container and a part of it: a key, an index,
or one of the marks below. Reading in C goes through the overridden methods for subclasses, except
in comparisons and ``repr``, which are overridden here.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Protocol

KEYS = "<keys>"  # which keys there are
LENGTH = "<length>"
STATE = "<state>"
_MISSING = object()


class Log(Protocol):
    def read(self, owner: object, part: object) -> None: ...
    def write(self, owner: object, part: object) -> None: ...
    def insert(self, owner: object) -> None: ...
    def read_all(self, value: object) -> None: ...


class _Whole:
    """Operations that look at all of a container: C does not call overridden methods for them."""

    log: Log

    def __eq__(self, other: object) -> bool:
        self.log.read_all(self)
        self.log.read_all(other)
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        self.log.read_all(self)
        return super().__repr__()

    def __deepcopy__(self, memo: object) -> object:
        return plain_copy(self)


class _Keyed(_Whole):
    """What dictionaries and sets have in common."""

    def __contains__(self, key: Any) -> bool:
        self.log.read(self, key)
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self.log.read(self, KEYS)
        return super().__iter__()

    def __len__(self) -> int:
        self.log.read(self, KEYS)
        return super().__len__()

    def _put(self, key: Any) -> None:
        self.log.write(self, key)
        if not super().__contains__(key):
            self.log.insert(self)

    def _drop(self, key: Any) -> None:
        self.log.read(self, key)
        if super().__contains__(key):
            self.log.write(self, key)
            self.log.insert(self)

    def clear(self) -> None:
        for key in list(super().__iter__()):
            self._drop(key)
        super().clear()


class _Dict(_Keyed):
    def __getitem__(self, key: Any) -> Any:
        self.log.read(self, key)
        if isinstance(self, defaultdict) and not dict.__contains__(self, key):
            self._put(key)
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self.log.read(self, key)
        return super().get(key, default)

    def _all(self) -> None:
        self.log.read(self, KEYS)
        for key in dict.__iter__(self):
            self.log.read(self, key)

    def keys(self) -> Any:
        self.log.read(self, KEYS)
        return super().keys()

    def values(self) -> Any:
        self._all()
        return super().values()

    def items(self) -> Any:
        self._all()
        return super().items()

    def copy(self) -> Any:
        self._all()
        return super().copy()

    __copy__ = copy

    def __or__(self, other: Any) -> Any:
        return dict(self) | dict(other)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._put(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        self._drop(key)
        super().__delitem__(key)

    def pop(self, key: Any, default: Any = _MISSING) -> Any:
        self._drop(key)
        return super().pop(key) if default is _MISSING else super().pop(key, default)

    def popitem(self) -> Any:
        self._all()
        key = next(reversed(list(dict.__iter__(self))))
        return key, self.pop(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        self.log.read(self, key)
        if not dict.__contains__(self, key):
            self._put(key)
        return super().setdefault(key, default)

    def update(self, *others: Any, **named: Any) -> None:
        for key, value in dict(*others, **named).items():
            self[key] = value

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self


class _Set(_Keyed):
    def add(self, key: Any) -> None:
        self.log.read(self, key)
        if not set.__contains__(self, key):
            self._put(key)
        super().add(key)

    def discard(self, key: Any) -> None:
        self._drop(key)
        super().discard(key)

    def remove(self, key: Any) -> None:
        self._drop(key)
        super().remove(key)

    def update(self, *others: Any) -> None:
        for other in others:
            for key in other:
                self.add(key)

    def copy(self) -> Any:
        return set(iter(self))

    def __or__(self, other: Any) -> Any:
        return set(self) | set(other)

    def __and__(self, other: Any) -> Any:
        return set(self) & set(other)

    def __sub__(self, other: Any) -> Any:
        return set(self) - set(other)


class _List(_Whole):
    log: Log

    def _from(self, start: int) -> None:
        """Everything from ``start`` on moves, and the length changes."""
        size = list.__len__(self)
        for index in range(max(start, 0), size + 1):
            self.log.write(self, index)
        self.log.write(self, LENGTH)

    def _all(self) -> None:
        self.log.read(self, LENGTH)
        for index in range(list.__len__(self)):
            self.log.read(self, index)

    def _at(self, index: Any) -> list[int]:
        size = list.__len__(self)
        if isinstance(index, slice):
            self.log.read(self, LENGTH)
            return list(range(*index.indices(size)))
        if index < 0 or index >= size:
            self.log.read(self, LENGTH)
        return [index + size if index < 0 else index]

    def __getitem__(self, index: Any) -> Any:
        for i in self._at(index):
            self.log.read(self, i)
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[Any]:
        index = 0
        while index < list.__len__(self):
            self.log.read(self, index)
            yield list.__getitem__(self, index)
            index += 1
        self.log.read(self, LENGTH)

    def __reversed__(self) -> Iterator[Any]:
        self._all()
        return super().__reversed__()

    def __len__(self) -> int:
        self.log.read(self, LENGTH)
        return super().__len__()

    def __contains__(self, value: Any) -> bool:
        return any(held is value or held == value for held in self)

    def index(self, value: Any, *bounds: int) -> int:
        self._all()
        return super().index(value, *bounds)

    def count(self, value: Any) -> int:
        return sum(held == value for held in self)

    def copy(self) -> Any:
        return list(self)

    __copy__ = copy

    def __add__(self, other: Any) -> Any:
        return list(self) + list(other)

    def __mul__(self, times: Any) -> Any:
        return list(self) * times

    def append(self, value: Any) -> None:
        self._from(list.__len__(self))
        super().append(value)

    def extend(self, values: Any) -> None:
        added = list(values)
        if added:
            self._from(list.__len__(self))
        super().extend(added)

    def __iadd__(self, values: Any) -> Any:
        self.extend(values)
        return self

    def insert(self, index: Any, value: Any) -> None:
        self._from(min(index, list.__len__(self)) if index >= 0 else 0)
        super().insert(index, value)

    def pop(self, index: Any = -1) -> Any:
        for i in self._at(index):
            self.log.read(self, i)
            self._from(i)
        return super().pop(index)

    def remove(self, value: Any) -> None:
        for i, held in enumerate(self):
            if held is value or held == value:
                self._from(i)
                del self[i]
                return
        raise ValueError("list.remove(x): x not in list")

    def __delitem__(self, index: Any) -> None:
        self._from(min(self._at(index), default=list.__len__(self)))
        super().__delitem__(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self._from(0)
        else:
            for i in self._at(index):
                self.log.write(self, i)
        super().__setitem__(index, value)

    def clear(self) -> None:
        self._from(0)
        super().clear()

    def reverse(self) -> None:
        self._all()
        self._from(0)
        super().reverse()

    def sort(self, **how: Any) -> None:
        ordered = sorted(self, **how)
        self._from(0)
        super().__setitem__(slice(None), ordered)


def plain_copy(value: Any) -> Any:
    """A deep copy in plain containers; every part is read."""
    if isinstance(value, dict):
        return {key: plain_copy(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain_copy, value)) if type(value) is tuple else [
            plain_copy(held) for held in value
        ]  # fmt: skip
    if isinstance(value, set):
        return set(iter(value))
    return value


def kinds(log: Log) -> dict[type, type]:
    """Built-in type → its tracked subclass that reports to ``log``."""
    made: dict[type, type] = {}
    for base, hooks in ((dict, _Dict), (defaultdict, _Dict), (list, _List), (set, _Set)):
        made[base] = type(base.__name__, (hooks, base), {"log": log})

    class Random(random.Random):
        def random(self) -> float:
            log.read(self, STATE)
            log.write(self, STATE)
            return super().random()

        def getrandbits(self, k: int, /) -> int:
            log.read(self, STATE)
            log.write(self, STATE)
            return super().getrandbits(k)

    made[random.Random] = Random
    return made


class Count:
    """``itertools.count`` with hooks."""

    def __init__(self, log: Log, inner: itertools.count[int]) -> None:
        self.log = log
        self.inner = inner

    def __iter__(self) -> Count:
        return self

    def __next__(self) -> int:
        self.log.read(self, STATE)
        self.log.write(self, STATE)
        return next(self.inner)
