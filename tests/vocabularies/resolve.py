"""What a qualified name stands for, found by reading source: every branch may be the one taken.

A name is followed word by word. Each step gives all values that the word may stand for; a step
that gives none is where the trail ends.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from weakref import WeakKeyDictionary

from .memory import Memory, remembered
from .source import (
    Assigned,
    Binding,
    Compiled,
    Import,
    Module,
    Names,
    World,
    absolute,
    absolute_name,
    exported,
    imported,
    last_words,
    names_of,
    returned,
    strings,
    submodules,
)
from .values import (
    Class,
    Function,
    Instance,
    Live,
    Manager,
    Opaque,
    Outside,
    Scope,
    Value,
    Values,
    at_module,
    instances,
    is_property,
    known,
)

#: What a ``TypedDict`` is when the program runs.
TYPED = Live(dict, "builtins.dict")


def once(world: World, key: object, compute: Callable[[], Iterable[Value]]) -> Values:
    """The values, worked out once; a circle gives nothing."""
    memory = _MEMORIES.setdefault(world, Memory())
    return remembered(memory, key, lambda: known(compute()), ())


_MEMORIES: WeakKeyDictionary[World, Memory[Values]] = WeakKeyDictionary()


def lookup(world: World, value: Value, word: str) -> Values:
    """All that ``value.word`` may be; nothing if there is no such attribute."""
    return once(world, (value, word), lambda: _lookup(world, value, word))


def _lookup(world: World, value: Value, word: str) -> Iterable[Value]:
    match value:
        case Module():
            return _in_module(world, value, word)
        case Class():
            return _in_class(world, value, word)
        case Instance():
            return lookup(world, value.of, word)
        case Live():
            return _in_live(value, word)
        case Function():
            scope = Scope(value.module, value.owner, value.node)
            found = _assigned_to(world, value.module, f"{value.node.name}.{word}")
            if not found:  # a function that stands for the type of what it makes
                found = tuple(v for r in result(world, value) for v in lookup(world, r, word))
            decorated = any(evaluate(world, d, scope) for d in value.node.decorator_list)
            return found or ((Opaque("made by a decorator"),) if decorated else ())
        case Manager():
            return value.entered
        case Compiled():
            return (Opaque(f"{value.name} is compiled"),)
        case Outside() | Opaque():
            return (value,)


def _in_live(live: Live, word: str) -> Values:
    held = getattr(live.value, word, live)
    if held is not live:
        return (Live(held, f"{live.name}.{word}"),)
    makes = callable(live.value) and not isinstance(live.value, type)
    return (Opaque(f"returned by {live.name}"),) if makes else ()


def members(world: World, value: Value, above: frozenset[Value] = frozenset()) -> list[str]:
    """The names that are there to be looked up, for a hint."""
    match value:
        case Module():
            more = [v for star in value.names.stars for v in at_module(world, star)]
            own = [*value.names.table, *submodules(value)]
            own += _written(value) if "__getattr__" in value.names.table else ()
        case Class():
            more = [*_bases(world, value)]
            own = [*body_names(value).table, *(name for name, *_ in _own_attributes(value))]
        case Instance():
            return members(world, value.of, above)
        case Function():
            begin = f"{value.node.name}."
            return [n.removeprefix(begin) for n in value.module.names.table if n.startswith(begin)]
        case Live():
            return dir(value.value)
        case _:
            return []
    here = above | {value}
    return [*own, *(m for v in more if v not in here for m in members(world, v, here))]


def _written(module: Module) -> Iterator[str]:
    """The names that a module may make lazily: texts, and what is imported in a function."""
    for node in (n for statement in module.body for n in ast.walk(statement)):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from [node.value] if node.value.isidentifier() else ()


def _in_module(world: World, module: Module, word: str) -> Iterator[Value]:
    scope = Scope(module)
    found: list[Value] = []
    for binding in module.names.table.get(word, ()):
        found += bound(world, binding, scope, word)
    unseen: list[Value] = []
    for star in module.names.stars:
        origins = at_module(world, star)
        if not origins:
            unseen.append(Outside(star))
        for origin in origins:
            if origin != module and _exports(origin, word):
                found += lookup(world, origin, word)
    if module.package:
        found += at_module(world, f"{module.name}.{word}")
    if not found and module.own:  # what it puts into its globals as it runs
        found += [v for v in _made(scope, word) if isinstance(v, Live)]
    yield from found or list(_lazily(world, module, word)) or unseen


def _exports(module: Value, word: str) -> bool:
    if isinstance(module, Module):
        listed = exported(module)
        if listed is not None:
            return word in listed or word in submodules(module)
    return not word.startswith("_")


def _lazily(world: World, module: Module, word: str) -> Iterator[Value]:
    """What a module's ``__getattr__`` makes, if the module writes the name down."""
    makers = module.names.table.get("__getattr__", ())
    if not makers:
        return
    found: list[Value] = []
    for maker in makers:
        for node in ast.walk(maker) if isinstance(maker, ast.FunctionDef) else ():
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if word in (alias.name, alias.asname):
                        origin = absolute(node, module.name, module.package)
                        found += bound(world, Import(origin, alias.name), Scope(module), word)
    written = False
    for node in (n for statement in module.body for n in ast.walk(statement)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                texts = strings(value)
                here = [*(strings(key) if key else ()), *texts]
                if word in here:
                    found += _from_table(world, module, word, here)
        written = written or (isinstance(node, ast.Constant) and node.value == word)
    yield from found or ([Opaque(f"made by __getattr__ of {module.name}")] if written else ())


def _from_table(world: World, module: Module, word: str, texts: list[str]) -> Iterator[Value]:
    """A row of a table of lazily loaded names: one of its texts names the module."""
    for text in texts:
        path, _, name = text.partition(":")
        places = [path, f"{module.name}.{path}"] if path[:1] not in ".:" else [path]
        for place in places:
            for origin in at_module(world, absolute_name(place, module.name, module.package)):
                if origin != module:
                    yield from (v for n in {name or word, *texts} if n != text
                                for v in lookup(world, origin, n))  # fmt: skip


def bound(world: World, binding: Binding, scope: Scope, word: str) -> Values:
    """What a name stands for by one of its bindings."""
    match binding:
        case ast.ClassDef():
            return (Class(scope.module, binding),)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            function = Function(scope.module, binding, scope.cls)
            if is_property(function):
                return result(world, function) or (Opaque(f"returned by {word}"),)
            return (function,)
        case Import(module, name):
            origins = at_module(world, module)
            if not name:
                return origins or (Outside(module),)
            if not origins:
                return (Outside(module),)
            return known(v for origin in origins for v in lookup(world, origin, name))
        case Assigned(annotation, value):
            found: Values = ()
            if annotation is not None and not _is_alias(annotation):
                found = instances(evaluate(world, annotation, scope))
            if value is not None:
                found += _generic(scope, word) or evaluate(world, value, scope)
            if scope.cls is not None:
                found = tuple(
                    replace(v, owner=scope.cls) if isinstance(v, Function) and not v.owner else v
                    for v in found
                )
            seen = [v for v in found if not isinstance(v, Opaque)]
            return known(seen) or _made(scope, word)


def _generic(scope: Scope, word: str) -> Values:
    """`typing` makes its twins of other modules' classes by calls."""
    made = getattr(imported("typing"), word, None) if scope.module.name == "typing" else None
    origin = getattr(made, "__origin__", None)
    return (Live(origin, f"typing.{word}"),) if isinstance(origin, type) else ()


def _made(scope: Scope, word: str) -> Values:
    """A value that no name leads to. Python's own modules can be asked what came of it."""
    if scope.module.own and scope.cls is None:
        held = getattr(imported(scope.module.name), word, None)
        if held is not None:
            return (Live(held, f"{scope.module.name}.{word}"),)
    return (Opaque(f"assigned in {scope.module.name}"),)


def _is_alias(annotation: ast.expr) -> bool:
    return ast.unparse(annotation).rpartition(".")[2] == "TypeAlias"


def _assigned_to(world: World, module: Module, name: str) -> Values:
    """``Owner.word = …`` among the statements of the owner's module."""
    found = module.names.table.get(name, ())
    return tuple(v for b in found for v in bound(world, b, Scope(module), name))


@cache
def body_names(cls: Class) -> Names:
    """What the body of a class binds."""
    return names_of(cls.node.body, cls.module.name, cls.module.package)


@cache
def _own_attributes(cls: Class) -> tuple[tuple[str, Assigned, Scope], ...]:
    """``self.word = …`` in the methods."""
    return tuple(_assignments(cls))


def _assignments(cls: Class) -> Iterator[tuple[str, Assigned, Scope]]:
    for method in ast.walk(cls.node):
        if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) or not method.args.args:
            continue
        first, scope = method.args.args[0].arg, Scope(cls.module, cls, method)
        for node in ast.walk(method):
            annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
            value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
            targets = node.targets if isinstance(node, ast.Assign) else (
                [node.target] if isinstance(node, ast.AnnAssign) else []
            )  # fmt: skip
            for target in targets:
                match target:
                    case ast.Attribute(ast.Name(name), word) if name == first:
                        yield word, Assigned(annotation, value), scope
                    case _:
                        pass


def _bases(world: World, cls: Class) -> Values:
    typed = [b for b in cls.node.bases if last_words([b]) == {"TypedDict"}]
    named = (b for b in cls.node.bases if b not in typed)
    values = (v for b in named for v in evaluate(world, b, Scope(cls.module)))
    found = (*(v.of if isinstance(v, Instance) else v for v in values), *(TYPED for _ in typed))
    return known(found)


def _in_class(world: World, cls: Class, word: str) -> Iterator[Value]:
    names, scope = body_names(cls), Scope(cls.module, cls)
    found: list[Value] = []
    for binding in names.table.get(word, ()):
        found += bound(world, binding, scope, word)
    for name, assigned, place in _own_attributes(cls):
        if name == word:
            found += bound(world, assigned, place, word)
    found += _assigned_to(world, cls.module, f"{cls.node.name}.{word}")
    if not found:
        for decorator in cls.node.decorator_list:
            if isinstance(decorator, ast.Call) and word in strings(decorator):
                found.append(Opaque("made by a decorator that is handed the name"))
        for slots in names.table.get("__slots__", ()):
            if isinstance(slots, Assigned) and slots.value and word in strings(slots.value):
                found.append(Opaque("a slot"))
    unseen: list[Value] = []
    if not found:
        for base in _bases(world, cls):
            if isinstance(base, (Outside, Opaque)):
                unseen.append(base)
            else:
                found += lookup(world, base, word)
    if not found and word != "__getattr__" and not word.startswith("__"):
        makers = [] if "__getattr__" in names.hidden else names.table.get("__getattr__", [])
        found += [Opaque(f"answered by __getattr__ of {cls.node.name}")] if makers else []
    yield from found or unseen


def result(world: World, function: Function) -> Values:
    """What a call returns: by its annotation, or else by the expressions after ``return``."""
    return once(world, ("result", function), lambda: _result(world, function))


def _result(world: World, function: Function) -> Values:
    scope = Scope(function.module, function.owner, function.node)
    if function.node.returns is not None:
        found = instances(evaluate(world, function.node.returns, scope))
    else:
        given = returned(function.node)
        if not given:
            return ()  # None
        found = tuple(v for node in given for v in evaluate(world, node, scope))
    return found or (Opaque(f"returned by {function.node.name}"),)


def evaluate(world: World, node: ast.expr, scope: Scope) -> Values:
    """What an expression, or an annotation, may stand for. The rules stand in ``expressions``."""
    from .expressions import value_of  # the two call each other

    return once(world, (node, scope), lambda: value_of(world, node, scope))
