"""Puts calls around the awaited calls of a module, which time them: syntax tree → syntax tree.

The functions that are called (``_pexec_timed`` and so on) are put among the builtins by
``record.py``, which loads this file by its path: neither needs pexec to be installed.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

RUN = "_pexec_run"  # the local name that holds the number of a function's run
#: What looks at the names of a function: in one that uses these, nothing is added to them.
LOOKS = {"locals", "vars", "dir", "eval", "exec"}
LOOKS_UP = {"_getframe", "currentframe", "f_locals"}
#: These only run what they are given.
RUNNERS = {"gather", "wait_for", "shield", "wait", "as_completed", "run_coroutine_threadsafe"}
STARTERS = {"create_task", "ensure_future", "gather_in_order"}
#: These call a function that is handed to them, at this place, in a thread.
THREADS = {"to_thread": 0, "run_sync": 0, "run_in_executor": 1}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
NESTED = (*FUNCTIONS, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class File:
    """A module that is compiled. ``run``: the number of the run of its own body."""

    name: str
    package: str  # what relative imports start from
    path: str  # as it is written
    lines: list[str]
    run: int
    blocking: re.Pattern[str]  # names of blocking calls that are timed


@dataclass(frozen=True, slots=True)
class Site:
    """A call that is timed: both are JSON, ``rest`` ends where the number of the run goes."""

    tool: str
    rest: str


def instrumented(tree: ast.Module, file: File, sites: list[Site]) -> ast.Module:
    """The tree, changed in place; ``sites`` grows by its calls, which go by their number there."""
    Instrument(file, sites).visit(tree)
    return ast.fix_missing_locations(tree)


class Scope:
    """A module, class or function: names that it binds, and what imports among them stand for."""

    def __init__(self, node: ast.AST, package: str) -> None:
        self.node, self.number, self.uses_run = node, 0, False
        self.bound: set[str] = set()
        self.imported: dict[str, str] = {}
        inner = list(ast.walk(node)) if isinstance(node, FUNCTIONS) else []
        self.watched = any(
            (isinstance(n, ast.Name) and n.id in LOOKS | LOOKS_UP)
            or (isinstance(n, ast.Attribute) and n.attr in LOOKS_UP)
            for n in inner
        )
        if isinstance(node, FUNCTIONS):
            self.bound |= {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        body: Any = node.body  # type: ignore[attr-defined]
        todo: list[ast.AST] = [*body] if isinstance(body, list) else [body]
        for found in todo:
            self._bind(found, package)
            if not isinstance(found, NESTED):
                todo.extend(ast.iter_child_nodes(found))

    def _bind(self, node: ast.AST, package: str) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                self.bound.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.bound.add(node.name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                self.bound.add(name)
            case ast.Import():
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self.imported.setdefault(name, alias.name if alias.asname else name)
            case ast.ImportFrom():
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                module = [*(above if node.level else ()), *([node.module] if node.module else ())]
                for alias in node.names:
                    self.imported.setdefault(
                        alias.asname or alias.name, ".".join([*filter(None, module), alias.name])
                    )
            case _:
                pass


class Instrument(ast.NodeTransformer):
    """Puts the calls above around the calls of a module."""

    def __init__(self, file: File, sites: list[Site]) -> None:
        self.file, self.sites = file, sites
        self.scopes: list[Scope] = []

    # Scopes. Annotations stay as they are: they may become texts.

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.scopes.append(Scope(node, self.file.package))
        self.scopes[0].number = self.file.run
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.target = self.visit(node.target)
        node.value = node.value and self.visit(node.value)
        return node

    def visit_TypeAlias(self, node: ast.AST) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        for field in (node.decorator_list, node.bases, node.keywords):
            field[:] = [self.visit(part) for part in field]  # type: ignore[index]
        self._inside(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.args = self.visit(node.args)
        self.scopes.append(Scope(node, self.file.package))
        node.body = self.visit(node.body)
        self.scopes.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.args = self.visit(node.args)
        if self._inside(node).uses_run:
            body = node.body
            first = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
            number = ast.Assign([ast.Name(RUN, ast.Store())], call("_pexec_next"))
            body.insert(int(first), ast.copy_location(number, body[int(first)]))
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def _inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Scope:
        self.scopes.append(Scope(node, self.file.package))
        node.body = [self.visit(part) for part in node.body]
        return self.scopes.pop()

    def _run(self) -> ast.expr:
        """The number of the run that makes a call here: lambdas and classes have none."""
        skipped = (ast.Lambda, ast.ClassDef)
        scope = next(s for s in reversed(self.scopes) if not isinstance(s.node, skipped))
        if scope.watched or isinstance(scope.node, ast.Module):
            return ast.Constant(scope.number)
        scope.uses_run = True
        return ast.Name(RUN, ast.Load())

    # Calls

    def visit_Await(self, node: ast.Await) -> ast.AST:
        if isinstance(node.value, ast.Call) and not self._runs_others(node.value):
            node.value = self._timed(node.value, "_pexec_timed")
            return node
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if self._runs_others(node):
            node.args = [self._handed_on(part) for part in node.args]
            for keyword in node.keywords:
                keyword.value = self._handed_on(keyword.value)
            node.func = self.visit(node.func)
            return node
        name = self._dotted(node.func)
        own = name in self.scopes[0].bound and self.file.blocking.match(f"{self.file.name}.{name}")
        if not own and not self.file.blocking.match(name):
            return self.generic_visit(node)
        site, run = self._site(node, name), self._run()
        self.generic_visit(node)
        given = [*node.args, *node.keywords]
        last: Any = given[-1] if given else None
        if last is None:
            return self._around(node, "_pexec_end", site, call("_pexec_begin", site, run, run))
        holder = last if isinstance(last, ast.Starred | ast.keyword) else None
        marked = self._around(holder.value if holder else last, "_pexec_begin", site, run)
        if holder:
            holder.value = marked
        else:
            node.args[-1] = marked
        return self._around(node, "_pexec_end", site, run)

    def _runs_others(self, node: ast.Call) -> bool:
        module, _, name = self._dotted(node.func).rpartition(".")
        return name in STARTERS or (name in RUNNERS and module == "asyncio")

    def _handed_on(self, node: Any) -> Any:
        """An argument of what runs others: the calls that make what is run are timed."""
        match node:
            case ast.Call() if not self._runs_others(node):
                return self._timed(node, "_pexec_started")
            case ast.Starred():
                node.value = self._handed_on(node.value)
            case ast.List() | ast.Tuple() | ast.Set():
                node.elts = [self._handed_on(part) for part in node.elts]
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
                node.elt = self._handed_on(node.elt)
                node.generators = [self.visit(part) for part in node.generators]
            case ast.IfExp():
                node.test = self.visit(node.test)
                node.body, node.orelse = self._handed_on(node.body), self._handed_on(node.orelse)
            case _:
                return self.visit(node)
        return node

    def _timed(self, node: ast.Call, function: str) -> ast.expr:
        name, run = self._dotted(node.func), self._run()
        tool, where = self._tool(node, name)
        site = self._site(node, tool or name)
        self.generic_visit(node)
        if where is not None:
            holder, key = where
            marked = self._around(_value(holder, key), "_pexec_note", site, run)
            if isinstance(holder, ast.keyword):
                holder.value = marked
            else:
                node.args[0] = marked
        return self._around(node, function, site, run)

    def _tool(self, node: ast.Call, name: str) -> tuple[str, Any]:
        """The tool that is called, if its name is written here; or where its name comes from."""
        last = name.rpartition(".")[2]
        if last == "call_tool":
            named = [(k, 0) for k in node.keywords if k.arg in ("name", "tool_name")]
            holder, key = (node, 0) if node.args else (named or [(None, 0)])[0]
            value = _value(holder, key) if holder else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value.value, None
            return "", None if value is None or isinstance(value, ast.Starred) else (holder, key)
        place = THREADS.get(last, len(node.args))
        if place >= len(node.args):
            return "", None
        function = node.args[place]
        if isinstance(function, ast.Call) and self._dotted(function.func) == "functools.partial":
            function = function.args[0] if function.args else function
        found = isinstance(function, ast.Name | ast.Attribute)
        return (self._dotted(function), None) if found else ("", None)

    def _site(self, node: ast.Call, tool: str) -> int:
        text = (
            self.file.lines[node.lineno - 1].encode()[: node.col_offset] if node.col_offset else b""
        )
        rest = f'"file": {json.dumps(self.file.path)}, "line": {node.lineno}, '
        rest += f'"column": {len(text.decode(errors="replace")) + 1}, "activation": '
        self.sites.append(Site(json.dumps(tool), rest))
        return len(self.sites) - 1

    def _around(self, node: Any, function: str, site: int, run: ast.expr) -> Any:
        return ast.copy_location(call(function, site, run, node), node)

    def _dotted(self, node: ast.expr) -> str:
        """The text of a callee, imports resolved; of what is called or looked up in it, no value
        is kept."""
        match node:
            case ast.Name():
                return self._resolved(node.id)
            case ast.Attribute():
                return f"{self._dotted(node.value)}.{node.attr}"
            case ast.Call():
                return f"{self._dotted(node.func)}()"
            case ast.Subscript():
                return f"{self._dotted(node.value)}[]"
            case ast.Await():
                return self._dotted(node.value)
            case _:
                return "?"

    def _resolved(self, name: str) -> str:
        for scope in reversed(self.scopes):
            if isinstance(scope.node, ast.ClassDef) and scope is not self.scopes[-1]:
                continue  # a function in it does not see its names
            if name in scope.imported:
                return scope.imported[name]
            if name in scope.bound:
                return name
        return name


def _value(holder: Any, key: int) -> Any:
    return holder.value if isinstance(holder, ast.keyword) else holder.args[key]


def call(function: str, *given: Any) -> ast.Call:
    parts = [part if isinstance(part, ast.AST) else ast.Constant(part) for part in given]
    return ast.Call(ast.Name(function, ast.Load()), parts, [])  # type: ignore[arg-type]
