"""Annotations → the qualified types they name (PEP 484, 604, 563 strings)."""

from __future__ import annotations

import libcst as cst

from ..ir import Iterate
from ..names import resolve
from ..names_dotted import dotted
from .context import Context
from .evaluation import evaluate

UNKNOWN_TYPE = "?"
_WRAPPERS = frozenset({
    "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar",
})  # fmt: skip
_SAME = {
    **{
        f"typing.{word}": f"builtins.{word.lower()}"
        for word in ("Dict", "List", "Set", "FrozenSet", "Tuple", "Type")
    },
    "typing.Text": "builtins.str",
    "typing.DefaultDict": "collections.defaultdict",
    "typing.OrderedDict": "collections.OrderedDict",
    "typing.Deque": "collections.deque",
    "typing.Counter": "collections.Counter",
    "typing_extensions.Self": "typing.Self",
    "typing_extensions.Any": "typing.Any",
}
_NO_TYPE = frozenset({"typing.Final", "typing_extensions.Final"})  # bare: the value says it
#: What stands in brackets behind these is not looked at.
_CLOSED = frozenset({"Callable", "Generic", "Protocol", "Concatenate", "ParamSpec", "Unpack"})
_DEEPEST = 6


def annotated_types(node: cst.BaseExpression, context: Context) -> str:
    """The types as text (see ``typetext``), None among them; "?" is what is not understood."""
    return "|".join(sorted(_types(node, context))) or UNKNOWN_TYPE


def _types(node: cst.BaseExpression, context: Context, depth: int = 0) -> set[str]:
    if depth > _DEEPEST:
        return {UNKNOWN_TYPE}
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        text = node.evaluated_value
        if isinstance(text, str):
            try:
                return _types(cst.parse_expression(text), context, depth)
            except cst.ParserSyntaxError:
                return {UNKNOWN_TYPE}
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return _types(node.left, context, depth) | _types(node.right, context, depth)
    if isinstance(node, cst.Name) and node.value == "None":
        return {"builtins.None"}
    if isinstance(node, cst.Subscript):
        return _subscript(node, context, depth)
    name = dotted(node)
    if name is None:
        return {UNKNOWN_TYPE}
    alias = context.unit.aliases.pop(name, None)  # taken out meanwhile: it may name itself
    if alias is not None:
        own = resolve(context.scope, name) is context.unit.scopes.module
        found = _types(alias, context, depth + 1) if own else set[str]()
        context.unit.aliases[name] = alias
        if own:
            return found
    full = qualified(name, context)
    return {_SAME.get(full, full)}


def _subscript(node: cst.Subscript, context: Context, depth: int) -> set[str]:
    outer = (dotted(node.value) or "").rsplit(".", 1)[-1]
    indices = [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]
    if outer == "Optional" and indices:
        return _types(indices[0], context, depth) | {"builtins.None"}
    if outer in _WRAPPERS and indices:
        return _types(indices[0], context, depth)
    if outer == "Union":
        return set[str]().union(*(_types(index, context, depth) for index in indices))
    if outer == "Literal":
        return {_literal(index) for index in indices}
    found = _types(node.value, context, depth)
    name = next(iter(found))
    if len(found) != 1 or name == UNKNOWN_TYPE or "[" in name or outer in _CLOSED or not indices:
        return found if "[" not in name else {UNKNOWN_TYPE}
    inner = [_inner(index, context, depth + 1) for index in indices]
    return {f"{name}[{','.join(inner)}]"}


def _inner(node: cst.BaseExpression, context: Context, depth: int) -> str:
    if isinstance(node, cst.Ellipsis):
        return "..."
    return "|".join(sorted(_types(node, context, depth))) or UNKNOWN_TYPE


def _literal(node: cst.BaseExpression) -> str:
    """The type of one value of ``Literal[…]``."""
    if isinstance(node, cst.SimpleString):
        return "builtins.bytes" if "b" in node.prefix.lower() else "builtins.str"
    if isinstance(node, cst.Name) and node.value in ("True", "False", "None"):
        return "builtins.None" if node.value == "None" else "builtins.bool"
    if isinstance(node, cst.UnaryOperation):
        node = node.expression
    return "builtins.int" if isinstance(node, cst.Integer) else UNKNOWN_TYPE


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


def annotate_field(target: cst.Attribute, annotation: cst.Annotation, context: Context) -> None:
    """Remember what ``self.x: T = …`` in a method says about a field of its class."""
    scope = context.scope
    owner = scope.parent
    if (
        isinstance(target.value, cst.Name)
        and target.value.value == "self"
        and "self" in scope.parameters
        and owner is not None
        and owner.kind == "class"
    ):
        types = annotated_types(annotation.annotation, context)
        name = target.attr.value
        symbol = owner.symbol(name)
        context.unit.symbols.setdefault(symbol, (name, owner))
        if types not in _NO_TYPE:
            context.unit.annotations.setdefault(symbol, []).append(types)


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
            elif isinstance(node, cst.AnnAssign) and node.value is not None:  # `X: TypeAlias = …`
                target, value = node.target, node.value
            elif isinstance(node, cst.TypeAlias):
                target, value = node.name, node.value
            else:
                continue
            if isinstance(value, cst.Call):
                value = _new_type(value, context)
            if (
                isinstance(target, cst.Name)
                and bindings.get(target.value) == 1
                and isinstance(value, _ALIASED)
            ):
                found[target.value] = value
    return found


_ALIASED = (cst.Subscript, cst.BinaryOperation, cst.Attribute, cst.Name, cst.SimpleString)


def _new_type(call: cst.Call, context: Context) -> cst.BaseExpression:
    """``NewType("UserId", int)``: its objects are those of the type it is made from."""
    name = dotted(call.func)
    known = name is not None and qualified(name, context) in _NEW_TYPE
    return call.args[1].value if known and len(call.args) == 2 else call


_NEW_TYPE = frozenset({"typing.NewType", "typing_extensions.NewType"})


def alias_texts(context: Context) -> dict[str, str]:
    """The texts of the types that names of the module stand for."""
    names = [n for n, v in context.unit.aliases.items() if not isinstance(v, cst.SimpleString)]
    texts = {name: annotated_types(cst.Name(name), context) for name in names}
    return {name: text for name, text in texts.items() if UNKNOWN_TYPE not in text}
