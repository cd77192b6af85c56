"""Annotations → the qualified types they name (PEP 484, 604, 563 strings)."""

from __future__ import annotations

import libcst as cst

from ..ir import Iterate
from ..names import resolve
from ..names_dotted import dotted
from .context import Context
from .evaluation import evaluate

UNKNOWN_TYPE = "?"
_WRAPPERS = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired"})


_SAME = {
    f"typing.{word}": f"builtins.{word.lower()}"
    for word in ("Dict", "List", "Set", "FrozenSet", "Tuple", "Type")
}
_NO_TYPE = frozenset({"typing.Final", "typing_extensions.Final"})  # bare: the value says it


def annotated_types(node: cst.BaseExpression, context: Context) -> str:
    """The types joined by ``|``, None among them; "?" stands for what is not understood."""
    return "|".join(sorted(_types(node, context))) or UNKNOWN_TYPE


def _types(node: cst.BaseExpression, context: Context) -> set[str]:
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        text = node.evaluated_value
        if isinstance(text, str):
            try:
                return _types(cst.parse_expression(text), context)
            except cst.ParserSyntaxError:
                return {UNKNOWN_TYPE}
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return _types(node.left, context) | _types(node.right, context)
    if isinstance(node, cst.Name) and node.value == "None":
        return {"builtins.None"}
    if isinstance(node, cst.Subscript):
        outer = (dotted(node.value) or "").rsplit(".", 1)[-1]
        indices = [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]
        if outer in _WRAPPERS and indices:
            found = _types(indices[0], context)
            return found | {"builtins.None"} if outer == "Optional" else found
        if outer == "Union":
            return set[str]().union(*(_types(index, context) for index in indices))
        return _types(node.value, context)
    name = dotted(node)
    if name is None:
        return {UNKNOWN_TYPE}
    alias = context.unit.aliases.pop(name, None)  # taken out meanwhile: it may name itself
    if alias is not None and resolve(context.scope, name) is context.unit.scopes.module:
        found = _types(alias, context)
        context.unit.aliases[name] = alias
        return found
    full = qualified(name, context)
    return {_SAME.get(full, full)}


def qualified(name: str, context: Context) -> str:
    """A dotted name as written → the qualified name it means in this scope."""
    first, _, rest = name.partition(".")
    scope = resolve(context.scope, first)
    if scope is None:
        return f"builtins.{name}"
    if first in scope.imports and scope.bindings[first] == 1:
        full = scope.imports[first]
    elif first in scope.classes and scope.bindings[first] == 1:
        full = f"<module>.{scope.classes[first]}"
    else:
        return UNKNOWN_TYPE
    return f"{full}.{rest}" if rest else full


def evaluate_annotation(annotation: cst.Annotation, context: Context) -> None:
    """Add the events of evaluating an annotation, if it is evaluated at all (PEP 563)."""
    if not context.unit.future_annotations:
        node = annotation.annotation
        starred = isinstance(node, cst.StarredElement)  # `*args: *Ts` (PEP 646)
        value = evaluate(node.value if starred else node, context, deep=False)
        if starred:
            context.add(Iterate(value, guarded=context.guarded))


def annotate(
    name: str, annotation: cst.Annotation, context: Context, outer: Context | None = None
) -> None:
    """Remember what an annotation, read in ``outer``, says about a name of ``context``."""
    types = annotated_types(annotation.annotation, outer or context)
    if types not in _NO_TYPE:
        context.unit.annotations.setdefault(context.symbol(name), []).append(types)


def type_aliases(tree: cst.Module, context: Context) -> dict[str, cst.BaseExpression]:
    """Names that the module binds once, to something that can stand for a type.

    ``Client = Annotated[httpx.AsyncClient, Depends(…)]`` is how FastAPI code names its handles.
    """
    found: dict[str, cst.BaseExpression] = {}
    bindings = context.unit.scopes.module.bindings
    for line in tree.body:
        for node in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(node, cst.Assign) and len(node.targets) == 1:
                target, value = node.targets[0].target, node.value
            elif isinstance(node, cst.TypeAlias):
                target, value = node.name, node.value
            else:
                continue
            if (
                isinstance(target, cst.Name)
                and bindings.get(target.value) == 1
                and isinstance(value, (cst.Subscript, cst.BinaryOperation, cst.Attribute))
            ):
                found[target.value] = value
    return found
