"""``eval`` of a text that was admitted only if it holds digits and operators is arithmetic.

A function that begins with a guard such as ``if not all(c in "0123456789+-*/(). " for c in text):
return …`` and then evaluates that text can compute with numbers, and nothing else: a name, an
attribute or a string needs a letter or a quote (reference, 2.3 and 2.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst

#: What numbers, their operators, parentheses and white space are written with.
_ARITHMETIC = frozenset("0123456789+-*/%().&|^~<> \t\n")
_CLASS = re.compile(r"\^?\[((?:[^\]\\]|\\.)+)\][+*]\$?", re.ASCII)


def arithmetic(tree: cst.Module) -> frozenset[cst.Call]:
    """The calls of ``eval`` in a file that can only compute with numbers."""
    found: set[cst.Call] = set()
    for node in _nodes(tree):
        if isinstance(node, cst.FunctionDef) and isinstance(node.body, cst.IndentedBlock):
            found |= _in_function(node.body.body)
    return frozenset(found)


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(node.children)


def _in_function(body: Sequence[cst.BaseStatement]) -> set[cst.Call]:
    calls = [
        (i, node)
        for i, statement in enumerate(body)
        for node in _nodes(statement)
        if isinstance(node, cst.Call)
        and isinstance(node.func, cst.Name)
        and node.func.value == "eval"
        and node.args
        and node.args[0].keyword is None
        and not node.args[0].star
    ]
    if not calls:
        return set()
    found: set[cst.Call] = set()
    for at, statement in enumerate(body):
        name = _admitted(statement, _texts(body[:at]))
        if not name or any(_binds(later, name) for later in body[at + 1 :]):
            continue
        found |= {
            call
            for i, call in calls
            if i > at and isinstance(first := call.args[0].value, cst.Name) and first.value == name
        }
    return found


def _texts(body: Sequence[cst.BaseStatement]) -> dict[str, str]:
    """Names of a body that are texts: ``allowed = "0123…"``, also ``set("0123…")``."""
    found: dict[str, str] = {}
    for statement in body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for small in statement.body:
            if not isinstance(small, cst.Assign) or len(small.targets) != 1:
                continue
            target = small.targets[0].target
            text = _text(small.value, {})
            if isinstance(target, cst.Name) and text is not None:
                found[target.value] = text
    return found


def _text(node: cst.BaseExpression, known: dict[str, str]) -> str | None:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        if node.func.value in ("set", "frozenset") and len(node.args) == 1:
            return _text(node.args[0].value, known)
        return None
    if isinstance(node, cst.Name):
        return known.get(node.value)
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def _admitted(statement: cst.BaseStatement, known: dict[str, str]) -> str:
    """The name whose text holds nothing but arithmetic behind this guard, or ""."""
    if not isinstance(statement, cst.If) or statement.orelse is not None:
        return ""
    if not _leaves(statement.body):
        return ""
    test = statement.test
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return _all_of(test.expression, known) or _matching(test.expression)
    return _any_not(test, known)


def _leaves(body: cst.BaseSuite) -> bool:
    last = body.body[-1]
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, (cst.Return, cst.Raise))


def _all_of(node: cst.BaseExpression, known: dict[str, str]) -> str:
    return _characters(node, "all", cst.In, known)


def _any_not(node: cst.BaseExpression, known: dict[str, str]) -> str:
    return _characters(node, "any", cst.NotIn, known)


def _characters(
    node: cst.BaseExpression,
    function: str,
    operator: type[cst.In] | type[cst.NotIn],
    known: dict[str, str],
) -> str:
    """``all(c in "0123…" for c in name)``: that name."""
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Name)):
        return ""
    if node.func.value != function or len(node.args) != 1:
        return ""
    each = node.args[0].value
    if not isinstance(each, (cst.GeneratorExp, cst.ListComp)):
        return ""
    loop, test = each.for_in, each.elt
    if loop.ifs or loop.inner_for_in is not None or loop.asynchronous is not None:
        return ""
    if not (isinstance(loop.target, cst.Name) and isinstance(loop.iter, cst.Name)):
        return ""
    if not (isinstance(test, cst.Comparison) and len(test.comparisons) == 1):
        return ""
    compared = test.comparisons[0]
    if not isinstance(test.left, cst.Name) or test.left.value != loop.target.value:
        return ""
    text = _text(compared.comparator, known)
    if not isinstance(compared.operator, operator) or text is None or set(text) - _ARITHMETIC:
        return ""
    return loop.iter.value


def _matching(node: cst.BaseExpression) -> str:
    """``re.fullmatch(r"[0-9+*/() -]+", name)``, and ``re.match`` with a ``$``: that name."""
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)):
        return ""
    function = node.func
    if not isinstance(function.value, cst.Name) or function.value.value != "re":
        return ""
    if function.attr.value not in ("fullmatch", "match") or len(node.args) != 2:
        return ""
    pattern, subject = node.args[0].value, node.args[1].value
    text = _text(pattern, {})
    if text is None or not isinstance(subject, cst.Name) or not text.isascii():
        return ""
    found = _CLASS.fullmatch(text)
    if found is None or (function.attr.value == "match" and not text.endswith("$")):
        return ""
    try:
        one = re.compile(f"[{found[1]}]", re.ASCII)
    except re.error:
        return ""
    admitted = {chr(code) for code in range(256) if one.fullmatch(chr(code))}
    return "" if admitted - _ARITHMETIC - set("\r\f\v") else subject.value


def _binds(statement: cst.BaseStatement, name: str) -> bool:
    """May a statement give the name another value?"""
    for node in _nodes(statement):
        if isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.NamedExpr)):
            targets: Sequence[cst.CSTNode] = [node.target]
        elif isinstance(node, (cst.For, cst.CompFor)):
            targets = [node.target]
        elif isinstance(node, cst.Param):
            targets = [node.name]
        elif isinstance(node, (cst.AsName, cst.Global, cst.Nonlocal, cst.Del, cst.MatchAs)):
            targets = [node]
        else:
            continue
        if any(isinstance(n, cst.Name) and n.value == name for t in targets for n in _nodes(t)):
            return True
    return False
