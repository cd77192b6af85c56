"""LibCST tree → :class:`~pexec.analyzer.ir.Module`: the only place that knows LibCST nodes."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ..effects.selector import Attr
from ..ir import FRAMES, Function, Invoke, Module, Place, Span, SymbolInfo, Use, Value
from ..names import Scope, collect
from ..source import Source, SourceError
from .annotations import alias_texts, type_aliases
from .arithmetic import arithmetic
from .cells import program
from .comments import directives
from .context import Context, Unit
from .parsing import parsed, positions
from .statements import block_of


def lower(source: Source, name: str = "", *, is_package: bool = False) -> Module:
    """Lower a file. ``name`` is its dotted module name. Raises :class:`SourceError`.

    A file is lowered when it is analysed, and when another one imports it: once for both.
    """
    try:
        return _lower(source, name, is_package)
    except RecursionError:
        raise SourceError("nested too deeply to be analyzed") from None


@lru_cache(maxsize=400)
def _lower(source: Source, name: str, is_package: bool) -> Module:
    tree = parsed(source)
    scopes = collect(tree, name, is_package)
    unit = Unit(source, scopes, positions(source))
    if "eval(" in source.text:
        unit.arithmetic = arithmetic(tree)
    unit.aliases = type_aliases(tree, Context(unit, scopes.module))
    notebook = source.notebook
    block = block_of(tree, unit, scopes.module) if notebook is None else \
        program(tree, unit, scopes.module, block_of)  # fmt: skip
    whole = Span(0, len(source.text), 1, 1, len(source.line_starts), 1)
    unit.functions.append(Function("", "", "", block, whole, ""))
    return Module(
        name=name,
        functions=tuple(_exposing(f, unit) for f in unit.functions),
        symbols=_symbols(unit),
        calls=unit.calls,
        classes=unit.classes,
        signatures=unit.signatures,
        names=frozenset(scopes.names),
        imports=frozenset(scopes.modules),
        star_import=scopes.star_import,
        stars=tuple(scopes.stars),
        introspects=_introspecting(unit),
        respelled=scopes.respelled,
        directives=directives(tree, unit),
        strings=tuple(unit.strings),
        indent=tree.default_indent,
        type_aliases=alias_texts(Context(unit, scopes.module)),
        comprehensions=tuple(unit.comprehensions),
        fixed=notebook.fixed if notebook is not None else "",
        other_loop=notebook is not None and notebook.other_loop,
        script=notebook is None,
    )


#: Builtins and functions that see local names, or run text that does.
_LOOKS = frozenset({
    "builtins:locals", "builtins:vars", "builtins:dir", "builtins:eval", "builtins:exec",
    "builtins:globals",
})  # fmt: skip
_OF_OBJECT = (Place("builtins:vars"), Place("builtins:dir"))
_FRAMES = frozenset({"_getframe", "currentframe", *FRAMES})


def _introspecting(unit: Unit) -> frozenset[str]:
    return frozenset(f.scope for f in unit.functions if _looks(f))


def _looks(function: Function) -> bool:
    events = [e for statement in function.block.statements for e in statement.events]
    looks = [e for e in events if isinstance(e, Use) and e.place.symbol in _LOOKS]
    of_object = [  # `vars(x)` looks at x, and only without an argument at local names
        e for e in events
        if isinstance(e, Invoke) and e.call.function.place in _OF_OBJECT
        and e.call.arguments and not e.call.arguments[0].star
    ]  # fmt: skip
    return len(looks) > len(of_object) or any(
        isinstance(s, Attr) and s.name in _FRAMES
        for e in events
        if isinstance(e, Use)
        for s in e.place.steps
    )


def _exposing(function: Function, unit: Unit) -> Function:
    prefix = f"{function.scope}:"
    return replace(function, exposed=frozenset(s for s in unit.exposed if s.startswith(prefix)))


def _symbols(unit: Unit) -> dict[str, SymbolInfo]:
    table: dict[str, SymbolInfo] = {}
    for symbol, (name, scope) in unit.symbols.items():
        values = tuple(unit.values.get(symbol, ()))
        annotations = tuple(unit.annotations.get(symbol, ()))
        found = _symbol(name, scope, values, annotations)
        table[symbol] = replace(found, unbound=symbol in unit.unbound)
    return table


def _symbol(
    name: str, scope: Scope | None, values: tuple[Value, ...], annotations: tuple[str, ...]
) -> SymbolInfo:
    if scope is None:
        return SymbolInfo(name, "undefined")
    bindings = scope.bindings.get(name, 0)
    once = bindings == 1
    if name in scope.parameters:
        kind = "parameter"
    elif name in scope.imports and once:
        kind = "import"
    else:
        kind = "global" if scope.kind == "module" else "local"
    return SymbolInfo(
        name=name,
        kind=kind,
        bindings=bindings,
        target=scope.imports.get(name, "") if once else "",
        member=name in scope.members,
        annotations=annotations,
        function=scope.functions.get(name, "") if once else "",
        cls=scope.classes.get(name, "") if once else "",
        values=values,
        opaque_bindings=max(0, bindings - len(values) - (name in scope.parameters)),
    )
