"""A package loaded anew: its modules, the tool module's globals, and calls in them.

Every run starts from freshly imported modules and replays the calls before the pair, so that two
runs share nothing, whatever the tools keep where. Third-party code is executed in this process.
"""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .model import Call, Package, Scenario


@dataclass(slots=True)
class World:
    """``names`` are the globals of the tool module; ``modules`` those whose state counts."""

    package: Package
    names: dict[str, Any]
    modules: tuple[ModuleType, ...]

    def call(self, call: Call) -> tuple[str, Any]:
        """("returned", value), or ("raised", its type and words)."""
        tool = self.package.tools[call.tool]
        arguments = ", ".join(part for part in (tool.given, call.arguments) if part)
        try:
            return "returned", eval(f"{tool.callee}({arguments})", self.names)
        except Exception as error:
            return "raised", f"{type(error).__name__}: {error}"


@contextmanager
def world(package: Package, scenario: Scenario, before: Sequence[Call]) -> Iterator[World]:
    """The package in the state that ``before`` leaves; its modules are forgotten afterwards."""
    kept = {name: sys.modules[name] for name in list(sys.modules) if _below(name, package)}
    for name in kept:
        del sys.modules[name]
    added = [str(folder) for folder in (package.root, *package.libraries)]
    sys.path[:0] = added
    random.seed(7)
    compiled, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        names: dict[str, Any] = {"__name__": f"{package.name}_tools"}
        exec(compile(package.setup, f"<{package.name}>", "exec"), names)
        for statement in scenario.start:
            exec(compile(statement, f"<{scenario.name}>", "exec"), names)
        modules = tuple(importlib.import_module(owner) for owner in package.owners)
        made = World(package, names, modules)
        for call in before:
            made.call(call)
        yield made
    finally:
        sys.dont_write_bytecode = compiled
        for folder in added:
            sys.path.remove(folder)
        for name in list(sys.modules):
            if _below(name, package):
                del sys.modules[name]
        sys.modules.update(kept)


def _below(name: str, package: Package) -> bool:
    tops = {owner.split(".")[0] for owner in package.owners}
    return name.split(".")[0] in tops
