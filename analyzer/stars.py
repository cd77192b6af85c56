"""What `from module import *` brings: which of a package's modules gives a name its meaning.

https://docs.python.org/3/reference/simple_stmts.html#the-import-statement: the names of `__all__`
where there is one, else all that do not begin with an underscore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ir import Module

if TYPE_CHECKING:
    from .project import Definition, Project

_DEPTH = 8


def starred(
    project: Project, module: Module, name: str, rest: str, *, once: bool
) -> Definition | str | None:
    """What ``rest`` means in a module with star imports, as `project.defined` says it.

    Only where one thing alone gives the name a meaning: the module's own statements, or one of the
    modules that are imported whole, all of which have to be known.
    """
    from .project import defined

    first = rest.partition(".")[0]
    own = module.symbols.get(f":{first}")
    bound = own is not None and own.bindings > 0
    givers: list[str] = []
    for star in dict.fromkeys(module.stars):
        gives = exports(project, star, first)
        if gives is None:
            return None
        if gives:
            givers.append(star)
    if bound and not givers:
        return defined(module, name, rest, once=once)
    return f"{givers[0]}.{rest}" if len(givers) == 1 and not bound else None


def exports(project: Project, name: str, first: str, depth: int = _DEPTH) -> bool | None:
    """Does a star import of a module bring a name? None if that is not known."""
    module = project.module(name)
    if module is None or not depth:
        return None
    listed = _listed(module)
    if ":__all__" in module.symbols and module.symbols[":__all__"].bindings:
        return first in listed if listed is not None else None
    if first.startswith("_"):
        return False
    own = module.symbols.get(f":{first}")
    if own is not None and own.bindings > 0:
        return True
    for star in module.stars:
        gives = exports(project, star, first, depth - 1)
        if gives is not False:
            return gives
    return False


def _listed(module: Module) -> frozenset[str] | None:
    """The names in `__all__`, if it is one display of texts."""
    info = module.symbols.get(":__all__")
    if info is None or info.bindings != 1 or len(info.values) != 1 or info.opaque_bindings:
        return None
    value = info.values[0]
    names = [item.literal for item in value.held if isinstance(item.literal, str)]
    return frozenset(names) if value.fresh and len(names) == len(value.held) else None
