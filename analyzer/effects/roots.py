"""Names of a module's globals that mean the same in every module of the project.

Within its module a global is ``:name``; from outside it is the attribute ``name`` of the root
``<module>``, whichever way it is imported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .selector import Attr, Memory, Step

if TYPE_CHECKING:
    from ..resolve import Resolver

#: The class of objects that anybody may hold: it meets every other such class and no other.
WORLD = "<world>"
#: The root of defaults of parameters, of which all calls are handed the same.
DEFAULTS = "<defaults>"
#: Any object that others hold.
SOMEBODYS = Memory("?", stable=False, group=WORLD)


@dataclass(frozen=True, slots=True)
class Origin:
    """An object by the path that leads to it; ``below``: or any that is reached from it.

    ``root`` is the symbol of a parameter or of a global, ``new …`` for an object that is made here,
    or ``?`` for any object that others hold.
    """

    root: str
    steps: tuple[Step, ...] = ()
    below: bool = False

    @property
    def new(self) -> bool:
        return self.root.startswith("new ")


#: Any object that others hold, and all that is reached from it.
ANYTHING = Origin("?", below=True)


def is_module(root: str) -> bool:
    """Is a root a module, and not a name of a comprehension at module level (`<comp>:x`)?"""
    return root.startswith("<") and ":" not in root


class Roots:
    """The globals of one module, by the names of the project and by its own."""

    def __init__(self, resolver: Resolver) -> None:
        self.project = resolver.project
        self.module = resolver.module
        self.own = f"<{resolver.module_name}>"

    def outward(self, symbol: str) -> tuple[str, tuple[Step, ...]] | None:
        """A symbol of this module → root and steps for others; None for a name of a function."""
        if not symbol.startswith(":"):
            return None
        info = self.module.symbols.get(symbol)
        if info is not None and info.kind == "import":
            return self.imported(info.target, member=info.member)
        return self.own, (Attr(symbol[1:]),)

    def imported(self, target: str, *, member: bool) -> tuple[str, tuple[Step, ...]]:
        """What an import binds: a module, or an object of one."""
        found = self.project.definition(target) if self.project is not None else None
        if found is None:
            owner, _, name = target.rpartition(".")
            if member and owner:
                return f"<{owner}>", (Attr(name),)
            return f"<{target}>", ()
        if found.kind == "module":
            return f"<{found.module}>", ()
        return f"<{found.module}>", tuple(Attr(name) for name in found.qualname.split("."))

    def inward(self, origin: Origin) -> Origin:
        """An origin of others → in the words of this module."""
        if origin.root == self.own and origin.steps and isinstance(origin.steps[0], Attr):
            return replace(origin, root=f":{origin.steps[0].name}", steps=origin.steps[1:])
        return origin

    def leaving(self, origin: Origin) -> Origin:
        """An origin of this module → in the words of others."""
        found = self.outward(origin.root)
        if found is None:
            return origin
        return replace(origin, root=found[0], steps=(*found[1], *origin.steps))
