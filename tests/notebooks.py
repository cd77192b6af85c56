"""Golden notebooks, and a small kernel that runs their cells in any order, with failing calls."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import json
import random
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import golden
from pexec.analyzer.engine import Analyzed, Result, analyze_bytes
from pexec.analyzer.magics import is_cell_magic, magics
from pexec.codemods.rewrite import rewrite

FOLDER = Path(__file__).parent.parent / "fixtures" / "notebooks"
CONFIG = golden.check(golden.tomllib.loads((FOLDER / "pexec.toml").read_text()), "pexec.toml")
CALLS = ("get_user", "get_orders", "save")


def notebooks(kind: str) -> list[Path]:
    return sorted((FOLDER / kind).glob("*.ipynb"))


def run_pexec(path: Path, data: bytes | None = None, *, unsafe: bool = False) -> Result:
    """What the pipeline makes of a notebook (or of ``data`` in its place)."""
    data = path.read_bytes() if data is None else data
    config = replace(CONFIG, path=FOLDER / "pexec.toml")
    return analyze_bytes(data, path.name, config, rewrite, unsafe=unsafe, root=path.parent)


def fixed_bytes(result: Result) -> bytes | None:
    assert isinstance(result, Analyzed), result
    return None if result.fixed is None else result.source.encode(result.fixed)


def code_cells(data: bytes) -> list[str]:
    """The Python cells, with what IPython alone reads as nothing that matters here."""
    cells = ["".join(c["source"]) for c in json.loads(data)["cells"] if c["cell_type"] == "code"]
    return [_plain(text) for text in cells if not is_cell_magic(text)]


def _plain(text: str) -> str:
    for magic in reversed(magics(text)):
        text = f"{text[: magic.start]}None{text[magic.end :]}"
    return text


@dataclass
class World:
    """What calls did. ``fails``: names of calls that fail; ``slow``: how long each takes."""

    fails: frozenset[str]
    slow: dict[str, int]
    writes: list[str] = field(default_factory=list)
    running: int = 0
    most: int = 0  # calls at once

    def module(self) -> types.ModuleType:
        module = types.ModuleType("shop")
        for name in CALLS:
            setattr(module, name, self.tool(name))
        return module

    def tool(self, name: str) -> Any:
        async def call(*given: object) -> str:
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                if name == "save":
                    self.writes.append(f"{name}{given}")
                for _ in range(self.slow[name]):
                    await asyncio.sleep(0)
                if name in self.fails:
                    raise LookupError(f"{name}{given}")
                return f"{name}{given}"
            finally:
                self.running -= 1

        return call


@dataclass(frozen=True)
class Ran:
    """What a session shows: per cell its output, value and error; the names at the end."""

    cells: tuple[tuple[str, str, str], ...]
    names: dict[str, str]
    writes: tuple[str, ...]
    left: int  # tasks that still run


def session(cells: Sequence[str], order: Sequence[int], world: World) -> Ran:
    """Run cells as IPython does: statement by statement, showing the value of a last expression."""
    names: dict[str, Any] = {"__name__": "__main__"}
    sys.modules["shop"] = world.module()
    shown: list[tuple[str, str, str]] = []

    async def all_cells() -> int:
        for number in order:
            ran = await _cell(cells[number], names)
            shown.append(ran)
        return len(asyncio.all_tasks()) - 1

    try:
        left = asyncio.run(all_cells())
    finally:
        del sys.modules["shop"]
    kept = {k: repr(v) for k, v in names.items() if isinstance(v, (str, int, list, dict, tuple))}
    kept.pop("__builtins__", None)
    return Ran(tuple(shown), kept, tuple(world.writes), left)


async def _cell(text: str, names: dict[str, Any]) -> tuple[str, str, str]:
    out, value, error = io.StringIO(), "", ""
    body = ast.parse(text).body
    try:
        with contextlib.redirect_stdout(out):
            for statement in body:
                last = statement is body[-1] and isinstance(statement, ast.Expr)
                found = await _run(statement, names, last=last)
                value = repr(found) if last else ""
    except Exception as raised:
        # Where the cell that binds two names was not run, either is the first that is missed.
        known = "" if isinstance(raised, NameError) else str(raised)
        error = f"{type(raised).__name__}: {known}"
    return out.getvalue(), value, error


async def _run(statement: ast.stmt, names: dict[str, Any], *, last: bool) -> object:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    if isinstance(statement, ast.Expr) and last:
        code = compile(ast.Expression(statement.value), "<cell>", "eval", flags)
    else:
        code = compile(ast.Module([statement], []), "<cell>", "exec", flags)
    found = eval(code, names)
    return await found if asyncio.iscoroutine(found) and code.co_flags & 0x80 else found


def orders(count: int) -> Iterator[list[int]]:
    """From top to bottom; again; each cell left out; and some other orders."""
    whole = list(range(count))
    yield whole
    yield whole + whole
    for left_out in whole:
        yield [i for i in whole if i != left_out]
    chance = random.Random(count)
    for _ in range(6):
        yield chance.choices(whole, k=count + 1)


def worlds() -> Iterator[tuple[frozenset[str], dict[str, int]]]:
    """Which calls fail, and how long each takes."""
    for bits in range(2 ** len(CALLS)):
        fails = frozenset(name for i, name in enumerate(CALLS) if bits >> i & 1)
        for times in ((1, 5, 3), (5, 1, 3), (3, 4, 1)):
            yield fails, dict(zip(CALLS, times, strict=True))
