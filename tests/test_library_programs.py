"""Golden programs of libraries, executed: original and rewritten, on stand-ins for the libraries.

What is imported from outside the standard library is a stand-in, of which every attribute, call and
item is one too; awaiting one takes a while, and may fail. Under several latencies, and with each
awaited call failing in turn, both programs must end alike, and the rewritten one must have made
every call that the original made.
"""

from __future__ import annotations

import asyncio
import builtins
import hashlib
import inspect
import random
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from types import CodeType
from typing import Any

import pytest
from golden import Case, cases, load
from simulation.loop import VirtualLoop

SEEDS = 4


class Failed(Exception):
    """A call that was chosen to fail."""


@dataclass
class World:
    """How long each call takes, which of them fail, and what was called."""

    seed: int
    failing: str = ""
    begun: list[str] = field(default_factory=list[str])

    async def perform(self, path: str) -> Any:
        self.begun.append(path)
        key = hashlib.sha256(f"{self.seed} {path}".encode()).digest()
        await asyncio.sleep(random.Random(key).choice([0.0, 0.1, 0.5, 1.0]))
        if path == self.failing:
            raise Failed(path)
        return Standin(self, f"{path}!")


class Standin:
    """An object of some library, known by the path of attributes and calls that led to it."""

    _world: World
    _path: str

    def __init__(self, world: World, path: str) -> None:
        self.__dict__.update(_world=world, _path=path)

    def _then(self, step: str) -> Standin:
        return Standin(self._world, f"{self._path}{step}")

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return ()  # a class that inherits from it adds what it says, and no more

    def __getattr__(self, name: str) -> Standin:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._then(f".{name}")

    def __setattr__(self, name: str, value: object) -> None:
        pass

    def __call__(self, *args: object, **named: object) -> Standin:
        words = [repr(a) for a in args] + [f"{k}={v!r}" for k, v in named.items()]
        return self._then(re.sub(r" at 0x[0-9a-f]+", "", f"({', '.join(words)})"))

    def __getitem__(self, key: object) -> Standin:
        return self._then(f"[{key!r}]")

    def __await__(self) -> Generator[Any, None, Any]:
        return self._world.perform(self._path).__await__()

    async def __aenter__(self) -> Standin:
        return self._then("@")

    async def __aexit__(self, *_: object) -> None:
        return None

    def __enter__(self) -> Standin:
        return self._then("@")

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Standin]:
        return iter([self[0], self[1], self[2]])

    async def __aiter__(self) -> AsyncIterator[Standin]:  # type: ignore[override]
        for item in self:
            yield item

    def __or__(self, other: object) -> Standin:  # in annotations
        return self

    __ror__ = __and__ = __add__ = __mul__ = __mod__ = __or__

    def __len__(self) -> int:
        return 3

    def __lt__(self, other: object) -> bool:
        return self._path < str(other)

    __gt__ = __le__ = __ge__ = __lt__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Standin) and self._path == other._path

    def __hash__(self) -> int:
        return hash(self._path)

    def __repr__(self) -> str:
        return self._path


def _names(code: CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*(_names(c) for c in inner))


def loaded(text: str, world: World) -> dict[str, Any]:
    """The names of a program whose libraries are stand-ins."""

    def importing(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] in sys.stdlib_module_names:
            return builtins.__import__(name, *rest)
        whole = len(rest) > 2 and rest[2]
        return Standin(world, name if whole else name.partition(".")[0])

    code = compile(text, "<program>", "exec", dont_inherit=True)
    known = {**vars(builtins), "__import__": importing, "open": Standin(world, "open")}
    known |= {n: Standin(world, n) for n in _names(code) if n not in known}
    space: dict[str, Any] = {"__name__": "program", "__builtins__": known}
    exec(code, space)
    return space


def outcome(text: str, name: str, seed: int, failing: str) -> tuple[str, World]:
    """How one function of a program ends, and what it called."""
    world = World(seed, failing)
    function: Callable[..., Awaitable[object]] = loaded(text, world)[name]
    given = [Standin(world, p) for p in inspect.signature(function).parameters]

    async def run() -> str:
        try:
            return f"returned {await function(*given)!r}"
        except Failed as error:
            return f"failed {error}"

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        ended = runner.run(run())
        left = asyncio.all_tasks(runner.get_loop())
    assert not left
    return ended, world


def _of_libraries() -> list[tuple[Case, str]]:
    """The golden rewrites that import something from outside, with their exact form."""
    found: list[tuple[Case, str]] = []
    for case in cases("rewrites"):
        text = case.path.read_text(encoding="utf-8", errors="replace")
        lines = [line.split() for line in text.splitlines()]
        imported = [w[1].partition(".")[0] for w in lines if w[:1] in (["import"], ["from"])]
        outside = [name for name in imported if name not in sys.stdlib_module_names]
        if outside and case.headers.get("form") == "ordered" and not case.unsafe:
            found.append((case, text))
    return found


PROGRAMS = _of_libraries()


@pytest.mark.parametrize(("case", "text"), PROGRAMS, ids=[case.name for case, _ in PROGRAMS])
def test_a_rewritten_program_ends_like_the_original(case: Case, text: str) -> None:
    new = load(case.path).expected.read_text(encoding="utf-8")
    lines = text.splitlines()
    names = [
        line.split()[2].partition("(")[0]
        for before, line in pairwise(lines)
        if line.startswith("async def ") and before != "@asynccontextmanager"
    ]
    for name in names:
        for seed in range(SEEDS):
            ended, world = outcome(text, name, seed, "")
            for failing in ["", *dict.fromkeys(world.begun)]:
                old = outcome(text, name, seed, failing) if failing else (ended, world)
                after = outcome(new, name, seed, failing)
                assert after[0] == old[0], (name, seed, failing)
                assert set(old[1].begun) <= set(after[1].begun), (name, seed, failing)


def test_there_are_programs_of_many_libraries() -> None:
    assert len(PROGRAMS) > 30
