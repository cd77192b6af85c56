"""Which methods a call on an object of a known class may run: that of the class, or overrides.

Class hierarchy analysis (Dean, Grove and Chambers, "Optimization of Object-Oriented Programs Using
Static Class Hierarchy Analysis", ECOOP 1995): all classes of the project that inherit from the
static class count, whether or not objects of them are ever made. Of a protocol, all classes that
have its methods do (PEP 544).
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import TYPE_CHECKING

from ..index_facts import ClassFact
from ..ir import Call, Function
from ..lineage import PROTOCOLS, ancestry, base_name, found_method, inherited, is_abstract

if TYPE_CHECKING:
    from ..resolve import Resolver
    from .inference import Inference

#: A call that may run more functions than this is not followed.
_MOST = 12
#: Of a class that more classes inherit from, what `super()` means in it is not known.
_MOST_BELOW = 60

#: Bases whose abstract methods must be overridden.
_ENFORCED = PROTOCOLS | {"abc.ABC"}

#: Types that nothing can be set on; what is called on plain data is assumed to be plain.
_BUILT_IN = frozenset({"builtins", "plain"})
_IMMUTABLE_TYPE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE

Method = tuple["Resolver", Function]
Found = dict[tuple[str, str], tuple["Inference", Function]]
Methods = tuple[tuple["Inference", Function], ...]


class Dispatch:
    """The methods that objects of classes have, as one module of a project sees them."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.resolver = inference.resolver
        self._known: dict[tuple[str, str, bool], Methods | str | None] = {}

    def methods(self, kind: str, name: str, *, exact: bool) -> Methods | str | None:
        """The functions of which ``kind``'s attribute ``name`` is one.

        Words that say why they are not known; None if ``kind`` is no class with that method.
        ``exact``: the object is of this very class.
        """
        key = (kind, name, exact)
        if key not in self._known:
            self._known[key] = self._methods(kind, name, exact)
        return self._known[key]

    def _methods(self, kind: str, name: str, exact: bool) -> Methods | str | None:
        own = found_method(self.resolver, kind, name)
        if own is None:
            return None
        found: Found = {}
        if not self._never_runs(kind, own):
            self._add(own, found)
        elif exact:
            return None  # Python refuses to make such an object
        below = () if exact else self._below(kind, name)
        for cls in below:
            words = f"`{cls.qualname}` may override `{name}`"
            module = self.inference.module_of(cls)
            inference = self.inference.of(module) if module else None
            if inference is None:
                return words
            method = found_method(inference.resolver, f"{module}.{cls.qualname}", name)
            if method is None:
                return words
            if method[1].class_scope != cls.qualname or not self._never_runs(kind, method):
                self._add(method, found)
            if len(found) > _MOST:
                return f"`{name}` may be one of more than {_MOST} functions"
        if not found:
            return f"nothing of the project implements `{kind}.{name}`"
        return tuple(found.values())

    def above(self, kind: str, name: str) -> tuple[tuple[Inference, Function] | None, ...] | str:
        """The functions of which ``super().name`` is one in a method of ``kind``.

        Which one depends on the class of the object (C3): those of all classes below ``kind`` are
        looked at. None stands for an ``__init__`` that runs no code of the project.
        """
        index = self.inference.index
        last = kind.rpartition(".")[2]
        loose = any(file.refers(last) for file, _ in index.loose)
        below = index.subclasses(kind)
        if loose or len(below) > _MOST_BELOW:
            return f"what inherits from `{kind}` is not known"
        found: dict[tuple[str, str], tuple[Inference, Function] | None] = {}
        kinds = [(self.inference, kind)]
        for cls in below:
            module = self.inference.module_of(cls)
            inference = self.inference.of(module) if module else None
            if inference is None:
                return f"`{cls.qualname}` inherits from `{kind}` in a way that is not followed"
            kinds.append((inference, f"{module}.{cls.qualname}"))
        for inference, one in kinds:
            method = inherited(inference.resolver, one, kind, name)
            if not method:
                return f"what `super().{name}` is in `{one}` is not known"
            if method is True:
                found["", ""] = None
            else:
                owner = self.inference.of(method[0].module_name)
                if owner is None:
                    return f"what `super().{name}` is in `{one}` is not known"
                found[owner.resolver.module_name, method[1].scope] = (owner, method[1])
        return tuple(found.values())

    def _add(
        self, method: Method, found: dict[tuple[str, str], tuple[Inference, Function]]
    ) -> None:
        owner, function = method
        inference = self.inference.of(owner.module_name)
        assert inference is not None  # the function was found in it
        found[owner.module_name, function.scope] = (inference, function)

    def _never_runs(self, kind: str, method: Method) -> bool:
        """Is it an abstract method of a class of which Python makes no objects?"""
        line = ancestry(self.resolver, kind) or ()
        return is_abstract(*method) and any(level.name in _ENFORCED for level in line)

    def _below(self, kind: str, name: str) -> tuple[ClassFact, ...]:
        """The classes whose objects may stand for one of ``kind``, and have another method."""
        index = self.inference.index
        line = ancestry(self.resolver, kind)
        top = line[0].info if line else None
        nominal = index.overriding(kind, name)
        if line is None or top is None:
            return nominal
        if not any(base_name(line[0].resolver, base) in PROTOCOLS for base in top.bases):
            return nominal
        methods = frozenset[str]().union(*(level.info.methods for level in line if level.info))
        return tuple(dict.fromkeys((*nominal, *index.having(methods, name))))


def displaced(inference: Inference, call: Call) -> str:
    """What of the project may stand for a library's function that a call names, or ""."""
    place = call.function.place
    kind = inference.resolver.values.of(call.receiver) if call.receiver is not None else None
    if kind is not None and kind:
        owner, module = kind.name, False
    else:
        owner, module = inference.resolver.call_name(call).rpartition(".")[0], True
        info = inference.module.symbols.get(place.symbol) if place is not None else None
        if info is None or info.kind != "import":
            return ""
    if not owner or owner.split(".")[0] in _BUILT_IN:
        return ""
    name = call.method or inference.resolver.call_name(call).rpartition(".")[2]
    index = inference.index
    if not module and not (kind and kind.exact):
        for cls in index.overriding(owner, name):
            return f"`{cls.qualname}` may override `{name}`"
    if not module and _sealed(owner) and not index.subclasses(owner):
        return ""
    where = index.library_replaced(owner, name, module=module)
    if where:
        return f"something else may stand for `{owner}.{name}` ({where})"
    return "" if module else rearmed(inference, owner)


def rearmed(inference: Inference, kind: str) -> str:
    """Why the calls of a library's object may be others than its vocabulary says, or "".

    Some file of the project sets an attribute through which its calls run other code, on an object
    of that type or one of which the type is not known.
    """
    info = inference.resolver.type_info(kind)
    for hook in info.hooks if info is not None else ():
        if hook.endswith("()"):  # a method that takes code for later calls, whoever calls it
            where = inference.index.mentioned(f".{hook.removesuffix(')')}")
        else:
            where = inference.index.library_replaced(kind.partition("(")[0], hook, module=False)
        if where:
            return f"`{hook}` of a `{kind}` may be set ({where})"
    return ""


@cache
def _sealed(name: str) -> bool:
    """Is it a type of the standard library that takes no new attributes, nor do its objects?

    So are most types that are written in C, such as `datetime.datetime` and `re.Pattern`
    (https://docs.python.org/3/c-api/typeobj.html#c.Py_TPFLAGS_IMMUTABLETYPE).
    """
    module, _, kind = name.rpartition(".")
    if module not in sys.stdlib_module_names:  # no submodules: importing those may do more
        return False
    found = getattr(importlib.import_module(module), kind, None)
    if not isinstance(found, type):
        return False
    return bool(found.__flags__ & _IMMUTABLE_TYPE) and not found.__dictoffset__
