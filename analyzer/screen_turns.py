"""What runs in each turn of a loop or a comprehension, for the screen (see ``screen``)."""

from __future__ import annotations

import ast

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def in_turns(node: ast.AST, field: str, again: bool) -> bool:
    """Is a field of ``node`` run in each turn of a loop?"""
    if field == "body" and isinstance(node, FUNCTIONS):
        return False
    loop = isinstance(node, (ast.For, ast.AsyncFor, ast.While)) and field == "body"
    return (
        again
        or loop
        or (isinstance(node, _COMPREHENSIONS) and field != "generators")
        or (isinstance(node, ast.comprehension) and field != "iter")
    )
