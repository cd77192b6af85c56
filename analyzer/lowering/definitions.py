"""``def`` and ``class`` → events, and the functions and classes they add (reference, 8.7, 8.8)."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from ..ir import OPAQUE, ClassInfo, Control, Define, Function, Iterate, Signature, Value
from ..names_dotted import dotted
from .annotations import annotate, annotated_types, evaluate_annotation, qualified
from .context import Context, Unit
from .expressions import evaluate
from .parts import Parts


def function_def(node: cst.FunctionDef, parts: Parts) -> None:
    context = parts.context
    unit = context.unit
    decorators = tuple(evaluate(d.decorator, context) for d in node.decorators)
    scope = unit.scopes.by_node[node]
    params = node.params
    everything = (*params.posonly_params, *params.params, *params.kwonly_params)
    defaults: list[tuple[str, Value]] = []
    for param in everything:
        if param.default is not None:  # the function keeps it, and its parameter may be it
            default = evaluate(param.default, context, deep=False)
            defaults.append((param.name.value, default))
            unit.values.setdefault(scope.symbol(param.name.value), []).append(default)
    outer = _annotation_scope(node.type_parameters, context)
    _annotations(node, outer)
    if decorators:
        context.add(Control("decorator"))
    inner = Context(unit, scope)
    for param in everything:
        if param.annotation is not None:
            annotate(param.name.value, param.annotation, inner, outer)
    in_class = context.scope.kind == "class"
    positional = [p.name.value for p in (*params.posonly_params, *params.params)]
    static = any(
        d.place is not None and d.place.symbol == "builtins:staticmethod" for d in decorators
    )
    bound = in_class and not static
    names = positional[bound:]
    names += [p.name.value for p in params.kwonly_params]
    if isinstance(params.star_arg, cst.Param) or params.star_kwarg is not None:
        names.append("*")  # it takes more than it names
    unit.signatures[scope.qualname] = tuple(names)
    block = parts.lower_block(node.body, unit, scope, "body")
    events = [event for statement in block.statements for event in statement.events]
    unit.functions.append(
        Function(
            name=node.name.value,
            qualname=scope.qualname,
            symbol=context.symbol(node.name.value),
            block=block,
            span=unit.span(node),
            scope=scope.qualname,
            is_async=node.asynchronous is not None,
            is_generator=any(isinstance(e, Control) and e.word == "yield" for e in events),
            parameters=tuple(scope.symbol(name) for name in sorted(scope.parameters)),
            signature=Signature(
                positional=tuple(positional),
                positional_only=len(params.posonly_params),
                keyword_only=tuple(p.name.value for p in params.kwonly_params),
                star=params.star_arg.name.value if isinstance(params.star_arg, cst.Param) else "",
                stars=params.star_kwarg.name.value if params.star_kwarg is not None else "",
                defaults=tuple(defaults),
            ),
            decorators=decorators,
            class_scope=context.scope.qualname if in_class else "",
            locals=frozenset(scope.bindings),
            returns=annotated_types(node.returns.annotation, outer) if node.returns else "",
        )
    )
    symbol = context.symbol(node.name.value)
    value = Value(function=scope.qualname)
    unit.values.setdefault(symbol, []).append(value)
    context.add(Define(symbol, value))


def _annotation_scope(node: cst.TypeParameters | None, context: Context) -> Context:
    """Where annotations and bases are evaluated: type parameters have a scope (PEP 695)."""
    if node is None:
        return context
    scope = context.unit.scopes.by_node[node]
    return Context(context.unit, scope, context.events, context.depth)


def _annotations(node: cst.FunctionDef, context: Context) -> None:
    """Up to Python 3.13 annotations are evaluated after the defaults, unless PEP 563 is asked for.

    Python 3.14 evaluates them when they are looked at (PEP 649): taking them to be evaluated is the
    safe side.
    """
    if context.unit.future_annotations:
        return
    params = node.params
    everything = [*params.posonly_params, *params.params]
    if isinstance(params.star_arg, cst.Param):
        everything.append(params.star_arg)
    everything.extend(params.kwonly_params)
    if params.star_kwarg is not None:
        everything.append(params.star_kwarg)
    found = [*(param.annotation for param in everything), node.returns]
    for annotation in found:
        if annotation is not None:
            evaluate_annotation(annotation, context)


_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property"})
_DESCRIPTORS = frozenset({"__getattr__", "__getattribute__", "__setattr__", "__get__", "__set__"})


def _is_descriptor(symbol: str, unit: Unit) -> bool:
    """Is a class attribute set to ``property(…)``, or to a descriptor of a class of this file?"""
    for value in unit.values.get(symbol, ()):
        call = unit.calls.get(value.place.symbol) if value.place is not None else None
        if call is not None:
            own = unit.classes.get(call.callee)
            if call.callee.rpartition(".")[2] in _PROPERTIES or (
                own and own.methods & _DESCRIPTORS
            ):
                return True
    return False


def _base(arg: cst.Arg, context: Context) -> Value:
    value = evaluate(arg.value, context)
    if arg.star:
        context.add(Iterate(value, guarded=context.guarded))
    return value


def _makes_otherwise(keyword: cst.Arg, context: Context) -> bool:
    """May a keyword of a class statement change how the class, or its objects, are made?

    ``ABCMeta`` only refuses to make objects of a class with abstract methods; other keywords are
    handed to ``__init_subclass__`` of a base (reference, 3.3.3.1).
    """
    if keyword.keyword is None or keyword.keyword.value != "metaclass":
        return keyword.keyword is None
    name = dotted(keyword.value)
    return name is None or qualified(name, context) != "abc.ABCMeta"


def class_def(node: cst.ClassDef, parts: Parts) -> None:
    context = parts.context
    unit = context.unit
    decorators = tuple(evaluate(d.decorator, context) for d in node.decorators)
    outer = _annotation_scope(node.type_parameters, context)
    bases = tuple(_base(arg, outer) for arg in node.bases)
    for keyword in node.keywords:
        _base(keyword, outer)
    scope = unit.scopes.by_node[node]
    inner = Parts(unit, scope, parts.lower_block)
    inner.block(node.body, "class", guarded=False)
    at = len(context.events)
    context.events.extend(inner.context.events)
    parts.blocks.extend(replace(block, at=block.at + at) for block in inner.blocks)
    computed: set[str] = set()
    for function in unit.functions:
        if function.class_scope == scope.qualname and (
            function.decorators or function.name in _DESCRIPTORS
        ):
            computed.add(function.name)
    computed |= {name for name in scope.bindings if _is_descriptor(scope.symbol(name), unit)}
    unit.classes[scope.qualname] = ClassInfo(
        scope.qualname,
        bases,
        frozenset(computed),
        frozenset(scope.functions),
        decorators,
        any(_makes_otherwise(keyword, outer) for keyword in node.keywords),
    )
    symbol = context.symbol(node.name.value)
    context.add(Define(symbol, OPAQUE))
    context.add(Control("class"))
