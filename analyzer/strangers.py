"""What looking at an object of unknown type may run: code of any class of the project.

An object that nothing is known of may be one of a class of any module. The index knows which
classes define a special method, or compute an attribute of a name; if there is none, nothing runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .classes import events_of
from .effects.selector import Attr
from .index_facts import ANY_NAME, ClassFact, Meaning
from .ir import Control, Place
from .keys import hashable_in_file
from .quiet import One, in_file, is_property, of_class, together

if TYPE_CHECKING:
    from .effects.inference import Inference

#: Decorators that leave a function, or make another one: looking that up runs nothing.
_FUNCTIONS = ("harmless", "manager")
#: The functions that may run; None if they are not all known.
Ran = list[One] | None


def special_methods(inference: Inference) -> frozenset[str]:
    """All special methods that a class of the project, or of this file, defines."""
    own, index = inference.resolver.own.specials, inference.index
    return own | index.binding.keys()


def special(
    inference: Inference, names: frozenset[str], *, hashed: bool = False
) -> tuple[str, Ran]:
    """What an object of any class may run of some special methods: in words, and as functions.

    ``hashed``: it is compared as a key is, so only if it can be hashed.
    """
    key = (*sorted(names), "hashed" if hashed else "")
    if key not in inference.strangers:
        inference.strangers[key] = _special(inference, names, hashed=hashed)
    return inference.strangers[key]


def _special(inference: Inference, names: frozenset[str], *, hashed: bool) -> tuple[str, Ran]:
    word, ran = "", list[Ran]()
    own = names & inference.resolver.own.specials
    if own and not (hashed and not hashable_in_file(inference)):
        word = f"`?.{min(own)}`"
        ran.append(in_file(inference, own))
    classes = _classes(inference, names)
    for cls in classes:
        if hashed and not _hashable(inference, cls):
            continue
        word = word or f"`{cls.name}.{min(names & cls.binds, default='?')}`"
        ran.append(None if ANY_NAME in cls.binds else of_class(inference, cls, names))
    return word, together(ran)


def _classes(inference: Inference, names: frozenset[str]) -> list[ClassFact]:
    """The classes of the project that may define one of these special methods."""
    index = inference.index
    found = [
        cls
        for name in sorted(names)
        for cls in (*index.binding.get(name, ()), *index.made_up(name))
    ]
    return list(_met(inference, found))


def _met(inference: Inference, classes: Iterable[ClassFact]) -> Iterator[ClassFact]:
    """Those of which an object may come to where a module looks at it."""
    around = inference.index.around(inference.resolver.module_name)
    return (c for c in dict.fromkeys(classes) if c.path in around or not c.path)


def _hashable(inference: Inference, cls: ClassFact) -> bool:
    module = inference.module_of(cls)
    owner = inference.of(module) if module else None
    return owner is None or hashable_in_file(owner)


def attribute(inference: Inference, name: str) -> tuple[str, Ran]:
    """What reading, or setting, an attribute of any object runs if a class computes it."""
    key = (f".{name}",)
    if key not in inference.strangers:
        inference.strangers[key] = _attribute(inference, name)
    return inference.strangers[key]


def _attribute(inference: Inference, name: str) -> tuple[str, Ran]:
    word, ran = "", list[Ran]()
    for cls in _met(inference, inference.index.made_up(name)):
        word = word or f"`{cls.name}.{name}`"
        ran.append(None)
    for cls in computing(inference, name):
        if inference.config.plain_values and _wrapped(inference, cls, name):
            continue
        word = word or f"`{cls.name}.{name}`"
        functions = of_class(inference, cls, {name})
        mere = functions and all(is_property(function) for _, function in functions)
        ran.append(functions if mere else None)
    return word, together(ran)


def _wrapped(inference: Inference, cls: ClassFact, name: str) -> bool:
    """Is it a method below decorators that are functions? What they answer with is called, too.

    A decorator of the project must be seen to answer with a function that it defines.
    """
    return name in cls.methods and all(
        not inference.index.describes(
            replace(how, kind="made") if how.kind == "name" else how, of_functions=False
        )
        and all(_gives_function(inference, dotted) for dotted in how.names)
        for one, how in cls.computed
        if one == name
    )


def _gives_function(inference: Inference, dotted: str) -> bool:
    for found in inference.index.resolve(dotted):
        if found.kind != "function" or found.file is None:
            continue
        owner = inference.of(found.file.module)
        function = owner.callees.by_scope.get(found.qualname) if owner is not None else None
        if function is None:
            return False
        given = [e.value for e in events_of(function) if isinstance(e, Control)
                 and e.word == "return"]  # fmt: skip
        if not given or not all(value.function for value in given):
            return False
    return True


def computing(inference: Inference, name: str) -> Iterator[ClassFact]:
    """The classes that compute an attribute of that name, of which an object may be met."""
    for cls in _met(inference, inference.index.computing.get(name, ())):
        if any(one == name and runs(inference, cls, name, how) for one, how in cls.computed):
            yield cls


def runs(inference: Inference, cls: ClassFact, name: str, meaning: Meaning) -> bool:
    """Does a class attribute of that meaning run code when it is looked at?"""
    if name not in cls.methods:
        return inference.index.describes(meaning)
    types = inference.resolver.types
    return not meaning.names or not all(
        types.decorators.get(types.canonical(dotted)) in _FUNCTIONS
        and not dotted.endswith("property")
        for dotted in meaning.names
    )


def made_by_getattr(inference: Inference, name: str) -> bool:
    """May a class of the project make an attribute of that name when it is looked up?"""
    index = inference.index
    return any(
        name not in frozenset[str]().union(*(c.binds for c in (cls, *index.above(cls))))
        for cls in _met(inference, index.binding.get("__getattr__", ()))
    )


def is_stranger(inference: Inference, place: Place) -> bool:
    """May an object of unknown type at a path be one of a class of the project?

    A module is none, nor is a function or a class, nor what a library has made for itself.
    """
    resolver = inference.resolver
    if place.symbol.startswith("builtins:") or resolver.defined_thing(place):
        return False
    info = inference.module.symbols.get(place.symbol)
    if info is None or info.kind != "import":
        return True
    if resolver.module_like(place):
        return False
    inside = resolver.project is not None and resolver.project.inside(info.target)
    return inside or bool([s for s in place.steps if not isinstance(s, Attr)])
