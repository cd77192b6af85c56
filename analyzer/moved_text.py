"""What the text of a call shows that its events do not tell: names, and scopes of its own."""

from __future__ import annotations

import ast
from functools import lru_cache

from .ir import Span

#: Texts of which what was found is kept: several rules, and two plans, ask the same of each.
_KEPT = 4096

#: What means something else, or runs at another time, in a function of its own.
_STRANGE: dict[type[ast.AST], str] = {
    ast.Lambda: "is handed a lambda, which may look at the loop's variables later",
    ast.GeneratorExp: "is handed a generator, which may look at the loop's variables later",
    ast.NamedExpr: "binds a name among its arguments",
    ast.Yield: "yields among its arguments",
    ast.YieldFrom: "yields among its arguments",
    ast.Await: "awaits among its arguments",
}


def _nodes(text: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(f"({text}\n)", mode="eval")))


@lru_cache(maxsize=_KEPT)
def strange(text: str) -> str:
    """Why an expression cannot be evaluated in a function of its own, or ""."""
    for node in _nodes(text):
        if type(node) in _STRANGE:
            return _STRANGE[type(node)]
        if isinstance(node, ast.Name) and node.id in ("super", "__class__"):
            return f"uses `{node.id}`, which means something in a method only"
    return ""


#: What an operand may stand behind without being evaluated, or be evaluated more than once.
_GUARDS = (
    ast.Lambda, ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


@lru_cache(maxsize=_KEPT)
def certain(text: str) -> str:
    """Why the one `await` of an expression may not be reached once each time, or "".

    A call that is not awaited is to be `marked`.
    """
    todo = [(node, False) for node in ast.iter_child_nodes(ast.parse(f"({text}\n)", mode="eval"))]
    while todo:
        node, guarded = todo.pop()
        if isinstance(node, ast.Await) and guarded:
            return "the call of an element may not be made at all"
        chained = isinstance(node, ast.Compare) and len(node.ops) > 1
        inside = guarded or chained or isinstance(node, _GUARDS)
        todo.extend((child, inside) for child in ast.iter_child_nodes(node))
    return ""


def marked(text: str, part: Span, call: Span) -> str:
    """``text``, which is that of ``part``, with a call in it as if it were awaited."""
    if not part.start <= call.start < call.end <= part.end:
        return text
    return f"{text[: call.start - part.start]}(await _){text[call.end - part.start :]}"


@lru_cache(maxsize=_KEPT)
def names_in(text: str) -> frozenset[str]:
    """The names that an expression reads."""
    return frozenset(node.id for node in _nodes(text) if isinstance(node, ast.Name))


#: Builtins that go through a generator at once, and keep nothing of it.
_CONSUMING = frozenset({
    "all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple",
})  # fmt: skip


def strange_tree(tree: ast.AST) -> str:
    """Why statements cannot run in a function of their own, or ""."""
    consumed = {
        id(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and node.func.id in _CONSUMING and len(node.args) == 1
    }  # fmt: skip
    for node in ast.walk(tree):
        if type(node) in _STRANGE and type(node) is not ast.Await and id(node) not in consumed:
            return "something runs later, or binds a name, in the middle of an expression"
        if isinstance(node, ast.Name) and node.id in ("super", "__class__"):
            return f"`{node.id}` means something in a method only"
    return ""
