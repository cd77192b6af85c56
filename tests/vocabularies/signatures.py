"""The parameters of what was found, and whether a call of it is awaited."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from .expressions import called
from .resolve import body_names, evaluate, lookup
from .source import Assigned, World, last_words, own_nodes, returned
from .values import Class, Function, Instance, Live, Manager, Opaque, Outside, Scope, Value, known

#: Decorators, and base classes, that make a constructor of the annotated names of the body.
FIELDS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "s", "dataclasses"})
MODELS = frozenset({"BaseModel", "TypedDict", "NamedTuple", "BaseSettings"})
#: Decorators under which a function is called and awaited as it is written.
TRANSPARENT = frozenset({
    "overload", "staticmethod", "classmethod", "abstractmethod", "deprecated", "final", "override",
    "wraps", "required_args", "distributed_trace", "validate_call", "typing_deprecated",
})  # fmt: skip
NOT_YET = "no such parameter, and none in its place:"  # an older release may lack it
AWAITABLE = frozenset({"Awaitable", "Coroutine", "Future", "Task", "CoroutineType"})


@dataclass(frozen=True, slots=True)
class Signature:
    """Names by kind, without the receiver."""

    positional: tuple[str, ...]
    only_positional: int = 0  # how many of them cannot be named
    keywords: tuple[str, ...] = ()
    more: bool = False  # *args
    any_keyword: bool = False  # **kwargs


def signatures(world: World, value: Value) -> tuple[Signature, ...]:
    """All signatures that a call of the value may have; none if they cannot be told."""
    match value:
        case Function():
            return (_of_function(value),)
        case Class():
            return _constructor(world, value)
        case Instance():
            methods = known(lookup(world, value, "__call__"))
            return tuple(
                s for m in methods if isinstance(m, Function) for s in signatures(world, m)
            )
        case Live():
            return _of_object(value)
        case _:
            return ()


def _of_function(function: Function) -> Signature:
    a = function.node.args
    positional = [x.arg for x in (*a.posonlyargs, *a.args)]
    words = {ast.unparse(d) for d in function.node.decorator_list}
    receiver = function.owner is not None and "staticmethod" not in words and bool(positional)
    only = len(a.posonlyargs) + sum(
        # the way to say it before Python 3.8
        name.startswith("__") and not name.endswith("__")
        for name in positional[len(a.posonlyargs) :]
    )
    return Signature(
        tuple(positional[receiver:]),
        max(0, only - receiver),
        tuple(x.arg for x in a.kwonlyargs),
        a.vararg is not None,
        a.kwarg is not None,
    )


def _of_object(live: Live) -> tuple[Signature, ...]:
    if not callable(live.value):
        return ()
    try:
        found = inspect.signature(live.value)
    except (ValueError, TypeError):
        return ()  # many functions in C do not tell
    parts = list(found.parameters.values())
    method = inspect.ismethoddescriptor(live.value) or inspect.isfunction(live.value)
    if method and parts and parts[0].name in ("self", "cls"):
        parts = parts[1:]
    only = [p.name for p in parts if p.kind is p.POSITIONAL_ONLY]
    return (
        Signature(
            (*only, *(p.name for p in parts if p.kind is p.POSITIONAL_OR_KEYWORD)),
            len(only),
            tuple(p.name for p in parts if p.kind is p.KEYWORD_ONLY),
            any(p.kind is p.VAR_POSITIONAL for p in parts),
            any(p.kind is p.VAR_KEYWORD for p in parts),
        ),
    )


def _constructor(world: World, cls: Class, depth: int = 0) -> tuple[Signature, ...]:
    names = body_names(cls)
    makers = [*names.table.get("__init__", ()), *names.table.get("__new__", ())]
    own = tuple(
        _of_function(Function(cls.module, m, cls))
        for m in makers if isinstance(m, (ast.FunctionDef, ast.AsyncFunctionDef))
    )  # fmt: skip
    if own or depth > 20:
        return own
    if _by_fields(world, cls):
        return (Signature((), keywords=_fields(world, cls), any_keyword=True),)
    for base in cls.node.bases:
        for value in evaluate(world, base, Scope(cls.module)):
            match value:
                case Class() if value != cls:
                    found = _constructor(world, value, depth + 1)
                case Live():
                    found = _of_object(value) if value.value is not object else ()
                case _:
                    return ()
            if found:
                return found
    return ()


def _by_fields(world: World, cls: Class) -> bool:
    named = last_words(cls.node.decorator_list) & FIELDS or last_words(cls.node.bases) & MODELS
    return bool(named) or any(
        isinstance(v, Class) and v != cls and _by_fields(world, v)
        for b in cls.node.bases for v in evaluate(world, b, Scope(cls.module))
    )  # fmt: skip


def _fields(world: World, cls: Class) -> tuple[str, ...]:
    inherited = [
        name for b in cls.node.bases for v in evaluate(world, b, Scope(cls.module))
        if isinstance(v, Class) and v != cls for name in _fields(world, v)
    ]  # fmt: skip
    names = body_names(cls)
    own = [n for n, found in names.table.items() if any(isinstance(b, Assigned) for b in found)]
    return tuple(dict.fromkeys([*inherited, *own]))


def misfit(
    params: Sequence[str],
    signature: Signature,
    siblings: frozenset[str] = frozenset(),
    refused: Sequence[str] = (),
) -> str:
    """What of ``params`` is not so, or nothing.

    A parameter may be one that only a function of the same entry has (``siblings``), as long as no
    other stands in its place; and one of another name may stand there if naming it makes the call
    unknown (``refused``).
    """
    positional = signature.positional
    for i, name in enumerate(params):
        here = positional[i] if i < len(positional) else ""
        if name == here or i < signature.only_positional or here in refused:
            continue
        if name in positional:
            return f"parameter {name!r} is number {positional.index(name) + 1}, not {i + 1}"
        near = get_close_matches(name, (*positional, *signature.keywords), 1, 0.5)
        hint = f"; nearest: {near[0]}" if near else ""
        if here:
            return f"no parameter {name!r}; in its place stands {here!r}{hint}"
        named = name in signature.keywords or name in siblings
        if not named and not signature.more and not signature.any_keyword:
            return f"{NOT_YET} {name!r}{hint}"
    return ""


def is_awaited(world: World, value: Value) -> bool | None:
    """Is a call of the value awaited? ``None`` if the source does not tell."""
    match value:
        case Function():
            words = last_words(value.node.decorator_list)
            if any("contextmanager" in word for word in words):
                return False
            if isinstance(value.node, ast.AsyncFunctionDef):
                return is_coroutine(value) if not words - TRANSPARENT else None
            if value.node.returns is None and not returned(value.node):
                return None if words - TRANSPARENT else False
            verdicts = [_is_awaitable(world, v) for v in called(world, value)]
            if any(verdicts) or _annotated_awaitable(value):
                return True
            unclear = None in verdicts or words - TRANSPARENT or _left_open(world, value)
            return None if unclear else False
        case Class():
            return _is_awaitable(world, Instance(value))
        case Live():
            return True if inspect.iscoroutinefunction(value.value) else None
        case _:
            return None


def is_coroutine(value: Value) -> bool:
    """Is it certainly an ``async def``, and no generator?"""
    return (
        isinstance(value, Function)
        and isinstance(value.node, ast.AsyncFunctionDef)
        and not last_words(value.node.decorator_list) - TRANSPARENT
        and not any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(value.node))
    )


def _left_open(world: World, function: Function) -> bool:
    """Does it return what a method gives that its class leaves to others, which may be awaited?"""
    if function.owner is None or not function.node.args.args:
        return False
    receiver, this = function.node.args.args[0].arg, Instance(function.owner)
    for node in returned(function.node):
        match node:
            case ast.Call(ast.Attribute(ast.Name(name), word)) if name == receiver:
                found = lookup(world, this, word)
                if any(isinstance(v, Function) and _is_empty(v) for v in found):
                    return True
            case _:
                pass
    return False


def _is_empty(function: Function) -> bool:
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.node.body
    )


def _annotated_awaitable(function: Function) -> bool:
    note = function.node.returns
    text = note.value if isinstance(note, ast.Constant) else ast.unparse(note) if note else ""
    return str(text).partition("[")[0].rpartition(".")[2] in AWAITABLE


def _is_awaitable(world: World, value: Value) -> bool | None:
    match value:
        case Instance(Live(held)):
            return hasattr(cast("type", held), "__await__")
        case Instance():
            return any(isinstance(v, Function) for v in lookup(world, value, "__await__"))
        case Manager():
            return False
        case Opaque() | Outside():
            return None
        case _:
            return False
