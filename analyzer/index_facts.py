"""What one file says of its classes, and of what it puts in the place of other things, by ``ast``.

Names are resolved to dotted names as far as the file shows. What is put where need not be exact,
but nothing may be missing: the index asks only whether something *may* be replaced.
"""

from __future__ import annotations

import ast
import builtins
import gc
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

#: Any name at all: a class whose body is computed, an attribute whose name is.
ANY_NAME = "*"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SETTERS = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_DICT_CHANGES = frozenset({
    "update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__", "__ior__",
})  # fmt: skip
#: Setting these makes the object another one: anything about it may change.
_IDENTITY = frozenset({"__dict__", "__class__", "__bases__"})
_DEEPEST = 6
_BUILTINS = frozenset(dir(builtins))
#: Annotations that leave the type to the value.
_OPEN = frozenset({
    "typing.Final", "typing.ClassVar", "typing_extensions.Final", "typing_extensions.ClassVar",
})  # fmt: skip
_SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_LEAVES = frozenset({
    ast.Name, ast.Constant, ast.Pass, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal,
    ast.Load, ast.Store, ast.Del, ast.alias, ast.Break, ast.Continue,
})  # fmt: skip
_BINDING = frozenset({
    ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension, ast.arg,
    ast.With, ast.AsyncWith, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.Global,
    ast.Nonlocal, ast.Import, ast.ImportFrom,
})  # fmt: skip
_ACTING = frozenset({
    ast.Attribute, ast.Subscript, ast.Call, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.Assign, ast.AugAssign,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an expression may be, as far as its file shows.

    ``kind``: *name* (what ``names`` mean), *made* (what calling it answers with), *typed* (an
    object annotated with it), *self* (an object of that class, or the class), *globals* (the names
    of that module), *module* (any module), or "" if it is not known. ``of``: what it is made of, as
    far as that is named.
    """

    kind: str = ""
    names: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


UNKNOWN = Meaning()


@dataclass(frozen=True, slots=True)
class Put:
    """Something is put at (or taken from) the attribute ``attr`` of ``owner``."""

    owner: Meaning
    attr: str
    line: int
    constant: bool = False


@dataclass(frozen=True, slots=True)
class ClassFact:
    """A class: its bases, the names that its body binds, how it is decorated."""

    module: str
    qualname: str
    line: int
    bases: tuple[Meaning, ...] = ()
    binds: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    computed: tuple[tuple[str, Meaning], ...] = ()  # what may be a descriptor, and what made it
    decorators: tuple[Meaning, ...] = ()
    keywords: bool = False
    path: str = ""

    @property
    def name(self) -> str:
        return f"{self.module}.{self.qualname}"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the index wants to know of a file."""

    classes: dict[str, ClassFact]
    functions: frozenset[str]  # of the module itself
    imports: dict[str, tuple[str, ...]]  # name → what it is imported as, wherever in the file
    stars: tuple[str, ...]
    assigned: dict[str, tuple[Meaning, ...]]  # names of the module
    puts: tuple[Put, ...]
    broken: bool = False


def facts_of(data: bytes, module: str, *, package: bool, path: str = "") -> Facts:
    """What a file says; one that cannot be parsed may put anything where it speaks of it."""
    collecting = gc.isenabled()
    gc.disable()  # a tree is made and given up as a whole: looking through it doubles the time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are no concern of ours
            tree = ast.parse(data)
        return _Reader(tree, module, package, path).facts()
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        cls = ClassFact(module, "<unread>", 1, (UNKNOWN,), frozenset({ANY_NAME}))
        anything = (Put(UNKNOWN, ANY_NAME, 1), Put(Meaning("module"), ANY_NAME, 1))
        return Facts({cls.qualname: cls}, frozenset(), {}, (), {}, anything, broken=True)
    finally:
        if collecting:
            gc.enable()


@dataclass(eq=False)
class _Scope:
    """Names of a module, a class or a function; None among the values: not known."""

    kind: str
    qualname: str
    parent: _Scope | None = None
    cls: str = ""  # of a method: its class
    first: str = ""  # and the name of the object
    name: str = ""
    values: dict[str, list[ast.expr | None]] = field(
        default_factory=dict[str, "list[ast.expr | None]"]
    )
    types: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])

    def inside(self, name: str) -> str:
        return f"{self.qualname}.{name}" if self.qualname else name


class _Reader:
    def __init__(self, tree: ast.Module, module: str, package: bool, path: str) -> None:
        self.path = path
        self.tree = tree
        self.module = module
        self.package = module if package else module.rpartition(".")[0]
        self.imports: dict[str, list[str]] = {}
        self.stars: list[str] = []
        self.classes: dict[str, ClassFact] = {}
        self.puts: list[Put] = []
        self.top = _Scope("module", "")
        self.constant: set[int] = set()

    def facts(self) -> Facts:
        nodes = _own_nodes(self.tree.body)
        self._names(nodes, self.top)
        self._walk(nodes, self.top)
        functions = {n.name for n in nodes if isinstance(n, _FUNCTIONS)}
        assigned = {
            name: tuple(self._any(v, self.top) for v in values)
            for name, values in self.top.values.items()
        }
        return Facts(
            self.classes,
            frozenset(functions),
            {name: tuple(found) for name, found in self.imports.items()},
            tuple(self.stars),
            assigned,
            tuple(self.puts),
        )

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                target = alias.name if alias.asname else first
                self.imports.setdefault(alias.asname or first, []).append(target)
            return
        base = node.module or ""
        if node.level:
            parts = self.package.split(".") if self.package else []
            above = parts[: len(parts) - node.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(base)
            else:
                name = f"{base}.{alias.name}" if base else alias.name
                self.imports.setdefault(alias.asname or alias.name, []).append(name)

    # -- names -------------------------------------------------------------------------------

    def _names(self, nodes: list[ast.AST], scope: _Scope) -> None:
        """The names that the statements of a scope bind, with what they are assigned."""
        outer: list[ast.Global | ast.Nonlocal] = []
        for node in nodes:
            if node.__class__ not in _BINDING:
                continue
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        scope.values.setdefault(target.id, []).append(node.value)
                    else:
                        self._unknown(target, scope)
            elif isinstance(node, ast.AnnAssign):
                if isinstance(node.target, ast.Name):
                    scope.types[node.target.id] = node.annotation
                    scope.values.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, ast.NamedExpr):
                scope.values.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
                self._unknown(node.target, scope)
            elif isinstance(node, ast.arg):  # of a lambda
                scope.values.setdefault(node.arg, []).append(None)
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                for item in node.items:
                    if item.optional_vars is not None:
                        self._unknown(item.optional_vars, scope)
            elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
                if node.name:
                    scope.values.setdefault(node.name, []).append(None)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                outer.append(node)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
        for node in outer if scope.kind == "function" else ():
            for name in node.names:
                found = scope.values.pop(name, [])
                if isinstance(node, ast.Global):
                    self.top.values.setdefault(name, []).extend(found)

    def _unknown(self, target: ast.expr, scope: _Scope) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                scope.values.setdefault(node.id, []).append(None)

    def _any(self, expr: ast.expr | None, scope: _Scope, depth: int = 0) -> Meaning:
        if expr is None or depth > _DEEPEST:
            return UNKNOWN
        match expr:
            case ast.Name(id=name):
                return self._name(name, scope, depth)
            case ast.Attribute(value=value, attr=attr):
                owner = self._any(value, scope, depth + 1)
                if owner.kind == "name":
                    return Meaning("name", tuple(f"{n}.{attr}" for n in owner.names))
                return owner if attr == "__class__" and owner.kind == "self" else UNKNOWN
            case ast.Call(func=func, args=args):
                return self._call(func, args, scope, depth)
            case ast.Subscript(value=ast.Attribute(attr="modules"), slice=key):
                return self._loaded(key)
            case ast.Subscript(value=value):  # `Generic[T]`
                found = self._any(value, scope, depth + 1)
                return found if found.kind == "name" else UNKNOWN
            case ast.Await(value=value):
                return replace(self._any(value, scope, depth + 1), kind="") \
                    if isinstance(value, ast.Call) else UNKNOWN  # fmt: skip
            case _:
                return UNKNOWN

    def _loaded(self, key: ast.expr) -> Meaning:
        """An item of ``sys.modules``."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return Meaning("name", (key.value,))
        if isinstance(key, ast.Name) and key.id == "__name__":
            return Meaning("globals", (self.module,))
        return Meaning("module")

    def _call(self, func: ast.expr, args: list[ast.expr], scope: _Scope, depth: int) -> Meaning:
        last = _last(func)
        if last == "type" and len(args) == 1:
            return self._any(args[0], scope, depth + 1)
        if last == "cast" and len(args) == 2:
            return Meaning("typed", self._in_annotation(args[0], scope, depth))
        if last in ("import_module", "__import__"):
            if len(args) == 1 and isinstance(args[0], ast.Constant):
                return Meaning("name", (str(args[0].value),))
            return Meaning("module")
        made = self._any(func, scope, depth + 1)
        if made.kind != "name":
            return UNKNOWN
        handed = [self._any(a, scope, depth + 1) for a in args]
        of = tuple(n for m in handed if m.kind == "name" for n in m.names)
        return Meaning("made", made.names, of)

    def _name(self, name: str, scope: _Scope, depth: int) -> Meaning:
        at: _Scope | None = scope
        while at is not None and at.kind != "module":
            if at.kind == "function" and name in at.values:
                if name == at.first:
                    return Meaning("self", (f"{self.module}.{at.cls}",))
                return self._local(name, at, depth)
            inner = f"{self.module}.{at.inside(name)}"
            if inner in self._defined and (at.kind == "function" or at is scope):
                return Meaning("name", (inner,))
            at = at.parent
        found = list(self.imports.get(name, ()))
        if not found and name in self.top.values:
            meaning = self._local(name, self.top, depth)
            if meaning.kind in ("made", "typed"):
                return meaning
        if name in self.top.values or f"{self.module}.{name}" in self._defined:
            found.append(f"{self.module}.{name}")
        if not found and name in _BUILTINS:
            found = [f"builtins.{name}"]
        if not found:
            found = [*(f"{star}.{name}" for star in self.stars), f"builtins.{name}"]
        return Meaning("name", tuple(found))

    def _local(self, name: str, scope: _Scope, depth: int) -> Meaning:
        if name in scope.types:
            names = self._in_annotation(scope.types[name], scope, depth)
            if not _OPEN.issuperset(names):
                return Meaning("typed", names)
        found = [self._any(v, scope, depth + 1) for v in scope.values[name]]
        kinds = {m.kind for m in found}
        if len(kinds) == 1:
            return Meaning(kinds.pop(), tuple(dict.fromkeys(n for m in found for n in m.names)))
        return UNKNOWN

    def _in_annotation(self, node: ast.expr, scope: _Scope, depth: int) -> tuple[str, ...]:
        """All that an annotation names; a string is parsed."""
        found: list[str] = []
        todo: list[ast.AST] = [node]
        while todo:
            one = todo.pop()
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                try:
                    todo.append(ast.parse(one.value, mode="eval").body)
                except (SyntaxError, ValueError):
                    found.append("typing.Any")
            elif isinstance(one, (ast.Name, ast.Attribute)):
                meaning = self._any(one, self.top, depth + 1)
                found += meaning.names or ("typing.Any",)
            else:
                todo.extend(ast.iter_child_nodes(one))
        return tuple(dict.fromkeys(found))

    @cached_property
    def _defined(self) -> set[str]:
        """Functions and classes of the file by their dotted names."""
        found: set[str] = set()
        todo: list[tuple[ast.AST, str]] = [(self.tree, self.module)]
        while todo:
            node, prefix = todo.pop()
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                prefix = f"{prefix}.{node.name}"
                found.add(prefix)
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                todo.extend((inner, prefix) for inner in getattr(node, name, ()))
        return found

    # -- what stands where -------------------------------------------------------------------

    def _walk(self, nodes: list[ast.AST], scope: _Scope) -> None:
        for node in nodes:
            if node.__class__ not in _ACTING:
                continue
            if isinstance(node, (ast.Attribute, ast.Subscript)):
                if node.ctx.__class__ is not ast.Load:
                    self._stored(node, scope)
            elif isinstance(node, ast.Call):
                self._called(node, scope)
            elif isinstance(node, ast.ClassDef):
                self._class(node, scope)
            elif isinstance(node, _FUNCTIONS):
                self._function(node, scope)
            elif isinstance(node, ast.Assign):
                if isinstance(node.value, ast.Constant):
                    self.constant |= {id(target) for target in node.targets}
            elif isinstance(node, ast.AugAssign):
                self._dict_changed(node.target, "", node.lineno, scope)

    def _class(self, node: ast.ClassDef, scope: _Scope) -> None:
        inner = _Scope("class", scope.inside(node.name), scope)
        nodes = _own_nodes(node.body)
        self._names(nodes, inner)
        binds, methods = _bound(nodes)
        for decorator in node.decorator_list:  # `@patch("module.name")`
            self._string_patch(decorator)
        fact = ClassFact(
            self.module,
            inner.qualname,
            node.lineno,
            tuple(self._any(base, scope) for base in node.bases),
            binds,
            methods,
            tuple(self._computed(nodes, scope)),
            tuple(self._any(d.func if isinstance(d, ast.Call) else d, scope)
                  for d in node.decorator_list),
            bool(node.keywords),
            self.path,
        )  # fmt: skip
        known = self.classes.get(inner.qualname)
        if known is not None:  # defined twice: either may be meant
            fact = replace(fact, bases=known.bases + fact.bases, binds=known.binds | fact.binds,
                           methods=known.methods | fact.methods,
                           computed=known.computed + fact.computed,
                           keywords=known.keywords or fact.keywords)  # fmt: skip
        self.classes[inner.qualname] = fact
        self._walk(nodes, inner)

    def _computed(self, nodes: list[ast.AST], scope: _Scope) -> Iterator[tuple[str, Meaning]]:
        """The names of a class body that a decorator, or a call, gives their meaning."""
        for node in nodes:
            if isinstance(node, _FUNCTIONS):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call):
                        decorator = decorator.func
                    yield node.name, self._any(decorator, scope)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                value = node.value
                if isinstance(value, (ast.Call, ast.Name, ast.Attribute)):
                    meaning = self._any(value, scope)
                    for target in targets:
                        if isinstance(target, ast.Name):
                            yield target.id, meaning

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: _Scope) -> None:
        inner = _Scope("function", scope.inside(node.name), scope, name=node.name)
        args = node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        every += [a for a in (args.vararg, args.kwarg) if a is not None]
        for arg in every:
            inner.values.setdefault(arg.arg, []).append(None)
            if arg.annotation is not None:
                inner.types[arg.arg] = arg.annotation
        static = any(_last(d) == "staticmethod" for d in node.decorator_list)
        if scope.kind == "class" and not static and every:
            inner.cls, inner.first = scope.qualname, every[0].arg
        for decorator in node.decorator_list:
            self._string_patch(decorator)
        nodes = _own_nodes(node.body)
        self._names(nodes, inner)
        self._walk(nodes, inner)

    def _stored(self, node: ast.Attribute | ast.Subscript, scope: _Scope) -> None:
        if isinstance(node, ast.Subscript):
            key = ""
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                key = node.slice.value
            if isinstance(node.value, ast.Attribute) and node.value.attr == "modules":
                # Another module stands for that one.
                self.puts.append(Put(self._loaded(node.slice), ANY_NAME, node.lineno))
            else:
                self._dict_changed(node.value, key, node.lineno, scope)
            return
        attr = ANY_NAME if node.attr in _IDENTITY else node.attr
        owner = self._any(node.value, scope)
        self.puts.append(Put(owner, attr, node.lineno, id(node) in self.constant))

    def _dict_changed(self, node: ast.expr, key: str, line: int, scope: _Scope) -> None:
        """``node`` is changed in place: is it the dictionary of an object?"""
        owner: Meaning | None = None
        match node:
            case ast.Attribute(value=value, attr="__dict__"):
                owner = self._any(value, scope)
            case ast.Call(func=ast.Name(id="vars"), args=[value]):
                owner = self._any(value, scope)
            case ast.Call(func=ast.Name(id="globals" | "vars" | "locals" as name)):
                if scope.kind == "module" or name == "globals":
                    owner = Meaning("globals", (self.module,))
            case _:
                pass
        if owner is not None and not self._passes_on(scope, owner, None):
            self.puts.append(Put(owner, key or ANY_NAME, line))

    def _passes_on(self, scope: _Scope, owner: Meaning, key: ast.expr | None) -> bool:
        """``object.__setattr__(self, name, value)`` within ``__setattr__`` adds no store.

        Nor does a module's ``__getattr__`` that keeps what the module has no name for (PEP 562).
        """
        if owner.kind == "globals" and scope.name == "__getattr__":
            return True
        return owner.kind == "self" and scope.name in ("__setattr__", "__delattr__") and (
            key is None or isinstance(key, ast.Name)
        )  # fmt: skip

    def _called(self, node: ast.Call, scope: _Scope) -> None:
        last = _last(node.func)
        args = node.args
        if last in _SETTERS:
            self._set(node, last, scope)
        elif last in _DICT_CHANGES and isinstance(node.func, ast.Attribute):
            self._dict_changed(node.func.value, "", node.lineno, scope)
        elif (isinstance(node.func, ast.Name) and last == "type" and len(args) == 3) or (
            last == "new_class" and args
        ):
            self._made_class(node, scope)
        elif last in ("object", "multiple") and isinstance(node.func, ast.Attribute) and args:
            if _last(node.func.value) == "patch":
                self._patched(node, last, scope)
        elif last == "patch":
            self._string_patch(node)

    def _set(self, node: ast.Call, last: str, scope: _Scope) -> None:
        args = node.args
        first = args[0] if args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if "." in first.value and not last.startswith("__"):
                self._dotted(first.value, node.lineno)  # pytest's `monkeypatch.setattr("a.b", …)`
                return
            owner, key = UNKNOWN, first  # `super().__setattr__("name", value)`
            if isinstance(node.func, ast.Attribute):
                owner = self._any(node.func.value, scope)
        elif len(args) < 2 and not any(isinstance(a, ast.Starred) for a in args):
            return  # no call of this kind
        elif last.startswith("__") and isinstance(node.func, ast.Attribute) and (
            len(args) == (2 if last == "__setattr__" else 1)
        ):  # fmt: skip
            bound = node.func.value
            own = isinstance(bound, ast.Call) and _last(bound.func) == "super"
            owner = self._around(scope) if own else self._any(bound, scope)
            key = first
        else:
            owner = self._any(first, scope)
            key = args[1] if len(args) > 1 else None
        if self._passes_on(scope, owner, key):
            return
        constant = len(args) > 2 and isinstance(args[-1], ast.Constant)
        for attr in self._texts(key, scope):
            attr = ANY_NAME if attr in _IDENTITY else attr
            self.puts.append(Put(owner, attr, node.lineno, constant))

    def _texts(self, key: ast.expr | None, scope: _Scope) -> list[str]:
        """The texts that a key may be: one that is written, or a constant of the module."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return [key.value]
        if isinstance(key, ast.Name):
            at: _Scope | None = scope
            while at is not None and key.id not in at.values:
                at = at.parent
            values = at.values[key.id] if at is not None and at.parent is None else []
            texts = [v.value for v in values if isinstance(v, ast.Constant)]
            if texts and len(texts) == len(values):
                return [str(text) for text in texts]
        return [ANY_NAME]

    def _around(self, scope: _Scope) -> Meaning:
        at: _Scope | None = scope
        while at is not None and not at.cls:
            at = at.parent
        return Meaning("self", (f"{self.module}.{at.cls}",)) if at is not None else UNKNOWN

    def _made_class(self, node: ast.Call, scope: _Scope) -> None:
        """``type(name, bases, body)``: a class whose body is not looked into."""
        bases = node.args[1] if len(node.args) > 1 else None
        found = (UNKNOWN,)
        if isinstance(bases, ast.Tuple):
            found = tuple(self._any(e, scope) for e in bases.elts)
        qualname = scope.inside(f"<class {node.lineno}>")
        self.classes[qualname] = ClassFact(
            self.module, qualname, node.lineno, found, frozenset({ANY_NAME})
        )

    def _patched(self, node: ast.Call, last: str, scope: _Scope) -> None:
        first = node.args[0]
        if isinstance(first, ast.Constant):
            owner = Meaning("name", (str(first.value),))
        else:
            owner = self._any(first, scope)
        names = [k.arg for k in node.keywords if k.arg] if last == "multiple" else []
        if last == "object":
            second = node.args[1] if len(node.args) > 1 else None
            names = [str(second.value) if isinstance(second, ast.Constant) else ANY_NAME]
        for name in names or [ANY_NAME]:
            self.puts.append(Put(owner, name, node.lineno))

    def _string_patch(self, node: ast.expr) -> None:
        """``patch("module.name")`` of ``unittest.mock``, as a call or a decorator."""
        if isinstance(node, ast.Call) and _last(node.func) == "patch" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                self._dotted(first.value, node.lineno)
            elif not isinstance(node.func, ast.Attribute):
                self.puts.append(Put(UNKNOWN, ANY_NAME, node.lineno))

    def _dotted(self, text: str, line: int) -> None:
        owner, _, name = text.rpartition(".")
        if owner:
            self.puts.append(Put(Meaning("name", (owner,)), name, line))


def _own_nodes(body: Sequence[ast.AST]) -> list[ast.AST]:
    """The nodes of a scope in order, without those of the scopes within."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = [*reversed(body)]
    while todo:
        node = todo.pop()
        kind = node.__class__
        found.append(node)
        if kind in _SCOPES:
            if isinstance(node, ast.ClassDef):
                todo += [*node.decorator_list, *node.bases]
            elif isinstance(node, _FUNCTIONS):
                todo += [*node.decorator_list, *node.args.defaults,
                         *(d for d in node.args.kw_defaults if d is not None)]  # fmt: skip
            continue
        if kind in _LEAVES:
            continue
        inner: list[ast.AST] = []
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                inner += [v for v in cast("list[object]", value) if isinstance(v, ast.AST)]
            elif isinstance(value, ast.AST):
                inner.append(value)
        todo += inner[::-1]
    return found


def _bound(nodes: list[ast.AST]) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a class body binds, and those of methods among them."""
    found: set[str] = set()
    methods: set[str] = set()
    for node in nodes:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            found.add(node.name)
            if isinstance(node, _FUNCTIONS):
                methods.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Call) and _last(node.func) in ("locals", "vars", "exec"):
            found.add(ANY_NAME)
    return frozenset(found), frozenset(methods)


def _last(node: ast.expr) -> str:
    """The last part of a dotted name; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
