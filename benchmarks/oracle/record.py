"""Which places of the state a call touches, seen while it runs.

A place is an object of the state before the call and a part of it: an attribute, key or index, or a
global of a module. Objects are numbered in the order of a walk over that state, so that two runs
from the same state name the same places alike. What a call makes anew is no place.
"""

from __future__ import annotations

import dis
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FrameType, FunctionType
from typing import Any

from .model import Call
from .outcome import attributes_of, is_data, state_of
from .tracked import KEYS, LENGTH, Count, kinds
from .world import World

Place = tuple[str, str]
_GLOBALS = {"LOAD_GLOBAL": False, "LOAD_NAME": False, "STORE_GLOBAL": True, "DELETE_GLOBAL": True}


@dataclass(slots=True)
class Touched:
    """The places one call read, wrote, or put a key into or took one from."""

    reads: set[Place] = field(default_factory=set)
    writes: set[Place] = field(default_factory=set)
    inserts: set[Place] = field(default_factory=set)


def overlap(first: Touched, second: Touched) -> str:
    """A place that one call wrote and the other touched, or "". Two inserted keys are none."""
    found = (first.writes & (second.reads | second.writes)) | (second.writes & first.reads)
    found |= (first.inserts & second.reads) | (second.inserts & first.reads)
    return min((f"{owner}[{part}]" for owner, part in found), default="")


class Recorder:
    """Tracks one world; ``touched`` grows while ``recording()``."""

    def __init__(self, world: World) -> None:
        self.touched = Touched()
        self._world = world
        self._active = False
        self._names: dict[int, str] = {}
        self._kept: list[object] = []
        self._tracked: dict[int, Any] = {}
        self._kinds = kinds(self)
        self._classes = self._own_classes()
        self._replace_state()
        for owner in self._classes:
            self._hook(owner)

    def run(self, call: Call) -> Touched:
        """Runs the call, and takes its output as an agent would: all of it, at once."""
        with self._recording():
            _, value = self._world.call(call)
            self.read_all(value)
        return self.touched

    # -- the log -------------------------------------------------------------------------------

    def read(self, owner: object, part: object) -> None:
        self._note(self.touched.reads, owner, part)

    def write(self, owner: object, part: object) -> None:
        self._note(self.touched.writes, owner, part)

    def insert(self, owner: object) -> None:
        self._note(self.touched.inserts, owner, KEYS)

    def _note(self, places: set[Place], owner: object, part: object) -> None:
        name = self._names.get(id(owner))
        if self._active and name is not None:
            places.add((name, part if isinstance(part, str) else repr(part)))

    def read_all(self, value: object) -> None:
        """Everything below a value is read."""
        self._read_all(value, set())

    def _read_all(self, value: object, seen: set[int]) -> None:
        if id(value) in seen or isinstance(value, (str, bytes, int, float)):
            return
        seen.add(id(value))
        if isinstance(value, dict):
            self.read(value, KEYS)
            for key, held in dict.items(value):
                self.read(value, key)
                self._read_all(held, seen)
        elif isinstance(value, (list, tuple)):
            self.read(value, LENGTH)
            for index in range(tuple.__len__(value) if isinstance(value, tuple)
                               else list.__len__(value)):  # fmt: skip
                self.read(value, index)
                held = value[index] if isinstance(value, tuple) else list.__getitem__(value, index)
                self._read_all(held, seen)
        elif isinstance(value, (set, frozenset)):
            self.read(value, KEYS)
            for key in set.__iter__(value) if isinstance(value, set) else value:
                self.read(value, key)
        elif type(value) in self._classes:
            for name, held in attributes_of(value).items():
                self.read(value, name)
                self._read_all(held, seen)

    # -- tracking the state --------------------------------------------------------------------

    def _own_classes(self) -> list[type]:
        return [
            value
            for module in self._world.modules
            for value in vars(module).values()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]

    def _replace_state(self) -> None:
        for name, value in state_of(self._world).items():
            if not name.endswith("()"):
                self._put_back(name, self._track(value, name))
        for module in self._world.modules:
            self._names[id(vars(module))] = module.__name__.rpartition(".")[2]
            for value in [v for owner in (module, *self._classes) for v in vars(owner).values()]:
                if isinstance(value, FunctionType) and value.__defaults__:
                    name = f"{value.__qualname__}()"
                    value.__defaults__ = tuple(self._track(d, name) for d in value.__defaults__)
        for owner in self._classes:
            self._names[id(owner)] = owner.__name__

    def _put_back(self, name: str, value: object) -> None:
        first, *rest = name.split(".")
        if first == "tools":
            self._world.names[rest[0]] = value
            return
        for module in self._world.modules:
            if module.__name__.rpartition(".")[2] == first:
                owner = vars(module)[rest[0]] if len(rest) > 1 else module
                setattr(owner, rest[-1], value)

    def _track(self, value: Any, name: str) -> Any:
        """The tracked twin of a container, or the object itself with its parts replaced."""
        if isinstance(value, tuple) and type(value) is tuple:
            return tuple(self._track(v, f"{name}[{i}]") for i, v in enumerate(value))
        if id(value) in self._tracked:
            return self._tracked[id(value)]
        kind = self._kinds.get(type(value))
        if kind is None and type(value) not in self._classes and type(value) is not itertools.count:
            return value
        self._kept.append(value)
        twin = self._twin(value, kind)
        self._kept.append(twin)
        self._tracked[id(value)] = self._tracked[id(twin)] = twin
        self._names[id(twin)] = name
        self._fill(twin, value, name)
        return twin

    def _twin(self, value: Any, kind: type | None) -> Any:
        if isinstance(value, itertools.count):
            return Count(self, value)
        if kind is None:
            return value
        if hasattr(value, "getstate"):
            twin = kind()
            twin.setstate(value.getstate())
            return twin
        factory = getattr(value, "default_factory", None)
        return kind(factory) if factory is not None else kind()

    def _fill(self, twin: Any, value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, held in value.items():
                dict.__setitem__(twin, key, self._track(held, f"{name}[{key!r}]"))
        elif isinstance(value, list):
            for index, held in enumerate(value):
                list.append(twin, self._track(held, f"{name}[{index}]"))
        elif isinstance(value, set):
            set.update(twin, value)
        elif type(value) in self._classes:
            for attribute, held in attributes_of(value).items():
                object.__setattr__(value, attribute, self._track(held, f"{name}.{attribute}"))

    # -- hooks of classes and globals ----------------------------------------------------------

    def _hook(self, owner: type) -> None:
        get, put, drop = owner.__getattribute__, owner.__setattr__, owner.__delattr__

        def getattribute(this: Any, name: str) -> Any:
            if self._active and not name.startswith("__"):
                self.read(this, name)
                if name not in attributes_of(this):
                    for base in type(this).__mro__:
                        self.read(base, name)
            return get(this, name)

        def setattribute(this: Any, name: str, value: Any) -> None:
            self.write(this, name)
            put(this, name, value)

        def delattribute(this: Any, name: str) -> None:
            self.write(this, name)
            drop(this, name)

        if issubclass(owner, BaseException):
            return
        owner.__getattribute__ = getattribute  # type: ignore[method-assign, assignment]
        owner.__setattr__ = setattribute  # type: ignore[method-assign, assignment]
        owner.__delattr__ = delattribute  # type: ignore[method-assign, assignment]

    @contextmanager
    def _recording(self) -> Iterator[None]:
        held = self._class_data()
        traced = bool(held) or any(_rebinds(code) for code in self._codes())
        trace = sys.gettrace()
        self._active = True
        if traced:
            sys.settrace(self._traced({name for _, name in held}))
        try:
            yield
        finally:
            if traced:
                sys.settrace(trace)
            for (owner, name), value in self._class_data().items():
                if held.get((owner, name), self) is not value:
                    self.write(owner, name)
            self._active = False

    def _class_data(self) -> dict[tuple[type, str], object]:
        return {
            (owner, name): value
            for owner in self._classes
            for name, value in vars(owner).items()
            if is_data(name, value)
        }

    def _codes(self) -> Iterator[CodeType]:
        for owner in (*self._world.modules, *self._classes):
            for value in list(vars(owner).values()):
                if isinstance(value, FunctionType):
                    yield value.__code__

    def _traced(self, attributes: set[str]) -> Callable[..., Any]:
        """A trace function that notes which globals of the package's modules are used.

        An attribute of a class counts as read when code that names it is entered.
        """

        def enter(frame: FrameType, event: str, argument: object) -> Any:
            if event != "call" or id(frame.f_globals) not in self._names:
                return None
            for name in attributes.intersection(frame.f_code.co_names):
                for owner in self._classes:
                    self.read(owner, name)
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
            return step

        def step(frame: FrameType, event: str, argument: object) -> Any:
            if event == "opcode":
                found = _globals_of(frame.f_code).get(frame.f_lasti)
                if found is not None:
                    (self.write if found[1] else self.read)(frame.f_globals, found[0])
            return step

        return enter


@cache
def _globals_of(code: CodeType) -> dict[int, tuple[str, bool]]:
    """Offset → name of the global used there, and whether it is bound or deleted."""
    return {
        instruction.offset: (str(instruction.argval), _GLOBALS[instruction.opname])
        for instruction in dis.get_instructions(code)
        if instruction.opname in _GLOBALS
    }


def _rebinds(code: CodeType) -> bool:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return any(w for _, w in _globals_of(code).values()) or any(_rebinds(c) for c in inner)
