"""Bytes of a file → what the index keeps of it, by ``ast``."""

from __future__ import annotations

import ast
import gc
import warnings
from collections.abc import Iterator
from dataclasses import replace

from .index_data import is_data
from .index_facts import ANY_NAME, UNKNOWN, ClassFact, Facts, Meaning, Put
from .index_scopes import FUNCTIONS, Scope, Scopes, last_part, own_nodes

_SETTERS = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_DICT_CHANGES = frozenset({
    "update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__", "__ior__",
})  # fmt: skip
#: Setting these makes the object another one: anything about it may change.
_IDENTITY = frozenset({"__dict__", "__class__", "__bases__"})
_ACTING = frozenset({
    ast.Attribute, ast.Subscript, ast.Call, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.Assign, ast.AugAssign,
})  # fmt: skip


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
        any_name = frozenset({ANY_NAME})
        cls = ClassFact(module, "<unread>", 1, (UNKNOWN,), any_name, path=path)
        anything = (Put(UNKNOWN, ANY_NAME, 1), Put(Meaning("module"), ANY_NAME, 1))
        return Facts({cls.qualname: cls}, frozenset(), {}, (), {}, anything, broken=True)
    finally:
        if collecting:
            gc.enable()


class _Reader(Scopes):
    def __init__(self, tree: ast.Module, module: str, package: bool, path: str) -> None:
        super().__init__(tree, module, package)
        self.path = path
        self.classes: dict[str, ClassFact] = {}
        self.puts: list[Put] = []
        self.constant: set[int] = set()

    def facts(self) -> Facts:
        nodes = own_nodes(self.tree.body)
        self.names(nodes, self.top)
        self._walk(nodes, self.top)
        functions = {n.name for n in nodes if isinstance(n, FUNCTIONS)}
        assigned = {
            name: tuple(self.meaning(v, self.top) for v in values)
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

    # -- what stands where -------------------------------------------------------------------

    def _walk(self, nodes: list[ast.AST], scope: Scope) -> None:
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
            elif isinstance(node, FUNCTIONS):
                self._function(node, scope)
            elif isinstance(node, ast.Assign):
                if isinstance(node.value, ast.Constant):
                    self.constant |= {id(target) for target in node.targets}
            elif isinstance(node, ast.AugAssign):
                self._dict_changed(node.target, "", node.lineno, scope)

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = Scope("class", scope.inside(node.name), scope)
        nodes = own_nodes(node.body)
        self.names(nodes, inner)
        binds, methods = _bound(nodes)
        for decorator in node.decorator_list:  # `@patch("module.name")`
            self._string_patch(decorator)
        fact = ClassFact(
            self.module,
            inner.qualname,
            node.lineno,
            tuple(self.meaning(base, scope) for base in node.bases),
            binds,
            methods,
            tuple(self._computed(nodes, scope)),
            tuple(self.meaning(d.func if isinstance(d, ast.Call) else d, scope)
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

    def _computed(self, nodes: list[ast.AST], scope: Scope) -> Iterator[tuple[str, Meaning]]:
        """The names of a class body that a decorator, or a call, gives their meaning."""
        decorated = {n.name for n in nodes if isinstance(n, FUNCTIONS) and n.decorator_list}
        for node in nodes:
            if isinstance(node, FUNCTIONS):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call):
                        decorator = decorator.func
                    yield node.name, self.meaning(decorator, scope)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                value = node.value
                if isinstance(value, (ast.Call, ast.Name, ast.Attribute)):
                    meaning = self.meaning(value, scope)
                    if isinstance(value, ast.Name) and value.id in decorated:
                        meaning = UNKNOWN  # another name of what is perhaps a property
                    for target in targets:
                        if isinstance(target, ast.Name):
                            yield target.id, meaning

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        inner = Scope("function", scope.inside(node.name), scope, name=node.name)
        args = node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        every += [a for a in (args.vararg, args.kwarg) if a is not None]
        for arg in every:
            inner.values.setdefault(arg.arg, []).append(None)
            if arg.annotation is not None:
                inner.types[arg.arg] = arg.annotation
        static = any(last_part(d) == "staticmethod" for d in node.decorator_list)
        if scope.kind == "class" and not static and every:
            inner.cls, inner.first = scope.qualname, every[0].arg
        for decorator in node.decorator_list:
            self._string_patch(decorator)
        nodes = own_nodes(node.body)
        self.names(nodes, inner)
        self._walk(nodes, inner)

    def _stored(self, node: ast.Attribute | ast.Subscript, scope: Scope) -> None:
        if isinstance(node, ast.Subscript):
            key = ""
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                key = node.slice.value
            if isinstance(node.value, ast.Attribute) and node.value.attr == "modules":
                # Another module stands for that one.
                self.puts.append(Put(self.loaded(node.slice), ANY_NAME, node.lineno))
            else:
                self._dict_changed(node.value, key, node.lineno, scope)
            return
        attr = ANY_NAME if node.attr in _IDENTITY else node.attr
        owner = self.meaning(node.value, scope)
        self.puts.append(Put(owner, attr, node.lineno, id(node) in self.constant))

    def _dict_changed(self, node: ast.expr, key: str, line: int, scope: Scope) -> None:
        """``node`` is changed in place: is it the dictionary of an object?"""
        owner: Meaning | None = None
        match node:
            case ast.Attribute(value=value, attr="__dict__"):
                owner = self.meaning(value, scope)
            case ast.Call(func=ast.Name(id="vars"), args=[value]):
                owner = self.meaning(value, scope)
            case ast.Call(func=ast.Name(id="globals" | "vars" | "locals" as name)):
                if scope.kind == "module" or name == "globals":
                    owner = Meaning("globals", (self.module,))
            case _:
                pass
        if owner is not None and not self._passes_on(scope, owner, None):
            self.puts.append(Put(owner, key or ANY_NAME, line))

    def _passes_on(self, scope: Scope, owner: Meaning, key: ast.expr | None) -> bool:
        """``object.__setattr__(self, name, value)`` within ``__setattr__`` adds no store.

        Nor does a module's ``__getattr__`` that keeps what the module has no name for (PEP 562).
        """
        if owner.kind == "globals" and scope.name == "__getattr__":
            return True
        return owner.kind == "self" and scope.name in ("__setattr__", "__delattr__") and (
            key is None or isinstance(key, ast.Name)
        )  # fmt: skip

    def _called(self, node: ast.Call, scope: Scope) -> None:
        last = last_part(node.func)
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
            if last_part(node.func.value) == "patch":
                self._patched(node, last, scope)
        elif last == "patch":
            self._string_patch(node)

    def _set(self, node: ast.Call, last: str, scope: Scope) -> None:
        args = node.args
        first = args[0] if args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if "." in first.value and not last.startswith("__"):
                self._dotted(first.value, node.lineno)  # pytest's `monkeypatch.setattr("a.b", …)`
                return
            owner, key = UNKNOWN, first  # `super().__setattr__("name", value)`
            if isinstance(node.func, ast.Attribute):
                owner = self.meaning(node.func.value, scope)
        elif len(args) < 2 and not any(isinstance(a, ast.Starred) for a in args):
            return  # no call of this kind
        elif last.startswith("__") and isinstance(node.func, ast.Attribute) and (
            len(args) == (2 if last == "__setattr__" else 1)
        ):  # fmt: skip
            bound = node.func.value
            own = isinstance(bound, ast.Call) and last_part(bound.func) == "super"
            owner = self._around(scope) if own else self.meaning(bound, scope)
            key = first
        else:
            owner = self.meaning(first, scope)
            key = args[1] if len(args) > 1 else None
        if self._passes_on(scope, owner, key):
            return
        constant = len(args) > 2 and isinstance(args[-1], ast.Constant)
        data = len(args) > 2 and is_data(args[-1], scope)
        for attr in self._texts(key, scope):
            attr = ANY_NAME if attr in _IDENTITY else attr
            self.puts.append(Put(owner, attr, node.lineno, constant, data))

    def _texts(self, key: ast.expr | None, scope: Scope) -> list[str]:
        """The texts that a key may be: one that is written, or a constant of the module."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return [key.value]
        if isinstance(key, ast.Name):
            at: Scope | None = scope
            while at is not None and key.id not in at.values:
                at = at.parent
            values = at.values[key.id] if at is not None and at.parent is None else []
            texts = [v.value for v in values if isinstance(v, ast.Constant)]
            if texts and len(texts) == len(values):
                return [str(text) for text in texts]
            if at is not None and len(at.loops.get(key.id, ())) == len(at.values[key.id]):
                found = [self._items(iterated, i, at) for iterated, i in at.loops[key.id]]
                return [text for texts in found for text in texts or [ANY_NAME]]
        return [ANY_NAME]

    def _items(self, iterated: ast.expr, place: int, scope: Scope) -> list[str]:
        """The texts at a place of each item of a display that a loop goes through; [] if unknown.

        A name stands for its display where the file does nothing else with it.
        """
        if isinstance(iterated, ast.Name):
            values = scope.values.get(iterated.id, [])
            uses = [
                n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and n.id == iterated.id
            ]
            loops = {id(n.iter) for n in ast.walk(self.tree) if isinstance(n, ast.For)}
            loads = [n for n in uses if isinstance(n.ctx, ast.Load)]
            only = values[0] if len(values) == 1 and len(uses) == len(loads) + 1 else None
            if only is None or any(id(n) not in loops for n in loads):
                return []
            iterated = only
        if not isinstance(iterated, (ast.List, ast.Tuple, ast.Set)):
            return []
        found: list[str] = []
        for item in iterated.elts:
            parts = item.elts if isinstance(item, ast.Tuple) and place >= 0 else [item]
            one = parts[max(place, 0)] if place < len(parts) else None
            if not isinstance(one, ast.Constant) or not isinstance(one.value, str):
                return []
            found.append(one.value)
        return found

    def _around(self, scope: Scope) -> Meaning:
        at: Scope | None = scope
        while at is not None and not at.cls:
            at = at.parent
        return Meaning("self", (f"{self.module}.{at.cls}",)) if at is not None else UNKNOWN

    def _made_class(self, node: ast.Call, scope: Scope) -> None:
        """``type(name, bases, body)``: a class whose body is not looked into."""
        bases = node.args[1] if len(node.args) > 1 else None
        found = (UNKNOWN,)
        if isinstance(bases, ast.Tuple):
            found = tuple(self.meaning(e, scope) for e in bases.elts)
        qualname = scope.inside(f"<class {node.lineno}>")
        self.classes[qualname] = ClassFact(
            self.module, qualname, node.lineno, found, frozenset({ANY_NAME}), path=self.path
        )

    def _patched(self, node: ast.Call, last: str, scope: Scope) -> None:
        first = node.args[0]
        if isinstance(first, ast.Constant):
            owner = Meaning("name", (str(first.value),))
        else:
            owner = self.meaning(first, scope)
        names = [k.arg for k in node.keywords if k.arg] if last == "multiple" else []
        if last == "object":
            second = node.args[1] if len(node.args) > 1 else None
            names = [str(second.value) if isinstance(second, ast.Constant) else ANY_NAME]
        for name in names or [ANY_NAME]:
            self.puts.append(Put(owner, name, node.lineno))

    def _string_patch(self, node: ast.expr) -> None:
        """``patch("module.name")`` of ``unittest.mock``, as a call or a decorator."""
        if isinstance(node, ast.Call) and last_part(node.func) == "patch" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                self._dotted(first.value, node.lineno)
            elif not isinstance(node.func, ast.Attribute):
                self.puts.append(Put(UNKNOWN, ANY_NAME, node.lineno))

    def _dotted(self, text: str, line: int) -> None:
        owner, _, name = text.rpartition(".")
        if owner:
            self.puts.append(Put(Meaning("name", (owner,)), name, line))


def _bound(nodes: list[ast.AST]) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a class body binds, and those of methods among them."""
    found: set[str] = set()
    methods: set[str] = set()
    for node in nodes:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            found.add(node.name)
            if isinstance(node, FUNCTIONS):
                methods.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Call) and last_part(node.func) in ("locals", "vars", "exec"):
            found.add(ANY_NAME)
    return frozenset(found), frozenset(methods)
