"""The packages of this repository: modules and sequences of calls in ``packages/``.

``packages/NAME/src`` holds the modules, ``packages/NAME/package.toml`` what they are:

``modules``    the modules whose classes and globals are state
``setup``      statements that make the global instances of the tool module
``start``      statements that lay a scenario's first state (optional)
``tools``      tables ``callee`` (``LIBRARY``, an instance, or a module), ``of`` (the class or the
               module that defines them: ``module.Class`` or ``module``), ``given`` (the leading
               argument that the wrapper hands in, or "") and ``names`` (optional: which)
``scenarios``  tables ``name``, ``start`` (optional) and ``turns``: lists of calls
"""

from __future__ import annotations

import ast
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .model import Package, Scenario, Tool, call_of

FOLDER = Path(__file__).parent / "packages"


def names() -> list[str]:
    """The packages there are."""
    return sorted(path.parent.name for path in FOLDER.glob("*/package.toml"))


def packages(work: Path) -> list[Package]:
    """All packages, their modules copied below ``work``, where they are executed."""
    return [package(name, work) for name in names()]


def package(name: str, work: Path) -> Package:
    """One package. Raises KeyError for an entry that is not there, ValueError for a wrong call."""
    root = work / name
    shutil.copytree(FOLDER / name / "src", root, ignore=shutil.ignore_patterns("__pycache__"))
    data = tomllib.loads((FOLDER / name / "package.toml").read_text(encoding="utf-8"))
    tools = {tool.name: tool for table in data["tools"] for tool in _tools(root, table)}
    scenarios = tuple(_scenario(row, data.get("start", [])) for row in data["scenarios"])
    for scenario in scenarios:
        for call in (c for turn in scenario.turns for c in turn):
            if call.tool not in tools:
                raise ValueError(f"{name}/package.toml: {scenario.name}: no tool {call.tool!r}")
    return Package(name, root, tuple(data["modules"]), data["setup"], tools, scenarios)


def _scenario(row: dict[str, Any], start: list[str]) -> Scenario:
    turns = tuple(tuple(call_of(c) for c in turn) for turn in row["turns"])
    return Scenario(row["name"], (*start, *row.get("start", ())), turns)


def _tools(root: Path, table: dict[str, Any]) -> Iterator[Tool]:
    module, _, owner = table["of"].partition(".")
    tree = ast.parse((root / f"{module}.py").read_text(encoding="utf-8"))
    body = tree.body
    given = table.get("given", "")
    if owner:
        body = [m for c in _line(tree, owner) for m in c.body]
    found: dict[str, ast.FunctionDef] = {
        n.name: n for n in body
        if isinstance(n, ast.FunctionDef) and not n.name.startswith("_") and not n.decorator_list
    }  # fmt: skip
    for name, node in found.items():
        if name in table.get("names", [name]):
            if owner or given:
                del node.args.args[0]
            yield Tool(name, f"{table['callee']}.{name}", given, node.args)


def _line(tree: ast.Module, owner: str) -> Iterator[ast.ClassDef]:
    """A class with its bases in the same module, bases first."""
    classes = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}
    for base in classes[owner].bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from _line(tree, base.id)
    yield classes[owner]
