"""Random small projects whose tools change and read one nested state, under all kinds of names.

The state is ``data`` (a dictionary of nodes), ``left`` (a node), ``shelf`` (a list of leaves) and
``shop`` (an object with nodes as attributes). A node has a number, a leaf and rows of leaves. What
is written here is often wrong or useless as a program; it is only to do the same when rewritten.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bodies import Case

_DICT = "dict[str, Any]"
_HEAD = """\
import copy
import json
from typing import Any

def leaf(n: int) -> dict[str, Any]:
    return {"n": n}

def node(n: int) -> dict[str, Any]:
    return {"n": n, "in": {"n": n}, "rows": [{"n": n}, {"n": n + 1}]}

data: dict[str, Any] = {"a": node(1), "b": node(2), "c": node(3)}
left: dict[str, Any] = node(4)
shelf: list[Any] = [leaf(5), leaf(6)]

class Shop:
    def __init__(self, one: dict[str, Any], other: dict[str, Any]):
        self.one = one
        self.other = other
        self.count = 0

    def swap(self, x: dict[str, Any]) -> dict[str, Any]:
        old = self.one
        self.one = x
        return old

shop = Shop(node(7), node(8))
"""


@dataclass
class Scope:
    """The names that a function may use, by what they hold."""

    draw: random.Random
    nodes: list[str] = field(default_factory=list[str])
    leaves: list[str] = field(default_factory=list[str])
    rows: list[str] = field(default_factory=list[str])
    keys: list[str] = field(default_factory=list[str])
    helpers: tuple[str, ...] = ()
    state: str = ""  # how the state is spelled: "" or "store."
    depth: int = 0
    count: int = 0

    def new(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.depth}{self.count}"

    def pick(self, *choices: Callable[[], str]) -> str:
        return self.draw.choice(choices)()

    # -- expressions ---------------------------------------------------------------------------

    def key(self) -> str:
        known = [f'"{name}"' for name in "aabbc"]
        return self.draw.choice(known + self.keys)

    def node(self, depth: int = 0) -> str:
        s = self.state
        plain = [
            lambda: f"{s}data[{self.key()}]",
            lambda: f"{s}data[{self.key()}]",
            lambda: f"{s}left",
            lambda: f"{s}shop.{self.draw.choice(('one', 'other'))}",
        ]
        if self.nodes:
            plain += [lambda: self.draw.choice(self.nodes)] * 4
        if depth > 1 or self.draw.random() < 0.6:
            return self.pick(*plain)

        def two() -> tuple[str, str]:
            return self.node(depth + 1), self.node(depth + 1)

        return self.pick(
            lambda: f"node({self.draw.randrange(9)})",
            lambda: f"copy.deepcopy({self.node(depth + 1)})",
            lambda: f"dict({self.node(depth + 1)})",
            lambda: f"{{**{self.node(depth + 1)}}}",
            lambda: "({} or {})".format(*two()),
            lambda: "({} if {}['n'] > 4 else {})".format(*two(), self.node(depth + 1)),
            lambda: "[{}, {}][0]".format(*two()),
            lambda: f"{s}data.get({self.key()})",
            lambda: f"list({s}data.values())[{self.draw.randrange(3)}]",
            lambda: f"[one for one in {s}data.values() if one['n'] > 1][0]",
            lambda: f"{s}shop.swap({self.node(depth + 1)})",
            lambda: f"same({self.node(depth + 1)})",
            lambda: "second({}, x={})".format(*two()),
        )

    def leaf(self, depth: int = 0) -> str:
        plain = [
            lambda: f"{self.node(1)}['in']",
            lambda: f"{self.node(1)}['rows'][{self.draw.choice((0, 1, -1))}]",
            lambda: f"{self.state}shelf[0]",
        ]
        if self.leaves:
            plain += [lambda: self.draw.choice(self.leaves)] * 4
        if depth > 1 or self.draw.random() < 0.6:
            return self.pick(*plain)
        return self.pick(
            lambda: f"leaf({self.draw.randrange(9)})",
            lambda: f"{{'n': {self.draw.randrange(9)}}}",
            lambda: f"next(iter({self.row()}))",
            lambda: f"min({self.row()}, key=lambda one: one['n'])",
            lambda: f"{self.node(1)}.get('in')",
            lambda: f"{self.node(1)}.setdefault('in', {self.leaf(depth + 1)})",
            lambda: f"same({self.leaf(depth + 1)})",
            lambda: f"({self.leaf(depth + 1)} or {self.leaf(depth + 1)})",
            lambda: f"copy.copy({self.leaf(depth + 1)})",
        )

    def row(self) -> str:
        plain = [lambda: f"{self.node(1)}['rows']", lambda: f"{self.state}shelf"]
        if self.rows:
            plain += [lambda: self.draw.choice(self.rows)] * 3
        if self.draw.random() < 0.7:
            return self.pick(*plain)
        one = self.pick(*plain)
        return self.pick(
            lambda: f"list({one})",
            lambda: f"{one}[:]",
            lambda: f"sorted({one}, key=lambda one: one['n'])",
            lambda: f"[one for one in {one}]",
            lambda: f"({one} + [{self.leaf(1)}])",
            lambda: f"[*{one}]",
            lambda: f"[{self.leaf(1)}, {self.leaf(1)}]",
        )

    def number(self) -> str:
        return self.pick(
            lambda: f"{self.leaf(1)}['n']",
            lambda: f"{self.node(1)}['n']",
            lambda: f"len({self.row()})",
            lambda: f"sum([one['n'] for one in {self.row()}])",
            lambda: f"json.dumps({self.node(1)})",
            lambda: f"{self.key()} in {self.state}data",
            lambda: f"{self.state}shop.count",
            lambda: f"len({self.state}data)",
        )

    # -- statements ----------------------------------------------------------------------------

    def statement(self, depth: int = 0) -> list[str]:
        s, n = self.state, self.draw.randrange(10, 99)
        simple = [
            lambda: f"{self.leaf()}['n'] = {n}",
            lambda: f"{self.leaf()}['n'] += {n}",
            lambda: f"{self.node()}['n'] = {n}",
            lambda: f"{self.node(1)}['in'] = {self.leaf()}",
            lambda: f"{self.node(1)}['rows'] = {self.row()}",
            lambda: f"{self.row()}.append({self.leaf()})",
            lambda: f"{self.row()}.insert(0, {self.leaf()})",
            lambda: f"{self.row()}.extend({self.row()})",
            lambda: f"{self.row()}[0] = {self.leaf()}",
            lambda: f"{self.node(1)}.update({self.node(1)})",
            lambda: f"{self.node(1)}.update({{'in': {self.leaf()}}})",
            lambda: f"{s}data[{self.key()}] = {self.node()}",
            lambda: f"{s}shop.{self.draw.choice(('one', 'other'))} = {self.node()}",
            lambda: f"{s}shop.count += 1",
            lambda: f"{s}data[{self.key()}]['in'], {s}left['in'] = {self.leaf()}, {self.leaf()}",
            lambda: f"{s}data[{self.key()}]['in'] = {s}left['in'] = {self.leaf()}",
            lambda: f"put({self.node(1)}, {self.leaf()})",
        ]
        simple += [
            lambda name=name: f"{name}({self.node()}, {self.leaf()}, {self.key()})"
            for name in self.helpers
        ] * 3
        if self.draw.random() < 0.55 or depth > 1:
            return [self.pick(*simple)]
        return self.draw.choice((self._name, self._name, self._block))(depth)

    def _name(self, depth: int) -> list[str]:
        """A statement that binds names."""
        kind = self.draw.randrange(7)
        if kind == 0:
            value, name = self.node(), self.new("node")
            self.nodes.append(name)
            return [f"{name} = {value}"]
        if kind == 1:
            value, name = self.leaf(), self.new("leaf")
            self.leaves.append(name)
            return [f"{name} = {value}"]
        if kind == 2:
            value, name = self.row(), self.new("rows")
            self.rows.append(name)
            return [f"{name} = {value}"]
        if kind == 3:
            value, one, other = self.leaf(), self.new("leaf"), self.new("leaf")
            self.leaves += [one, other]
            return [f"{one} = {other} = {value}"]
        if kind == 4:
            value, one, other = self.row(), self.new("leaf"), self.new("rows")
            self.leaves.append(one)
            self.rows.append(other)
            return [f"{one}, *{other} = {value}"]
        if kind == 5:
            values, one, other = (self.leaf(), self.node()), self.new("leaf"), self.new("node")
            self.leaves.append(one)
            self.nodes.append(other)
            return [f"{one}, {other} = {values[0]}, {values[1]}"]
        value, name = self.leaf(), self.new("leaf")
        self.leaves.append(name)
        return [f"{self.node(1)}['in'] = ({name} := {value})"]

    def _block(self, depth: int) -> list[str]:
        """A compound statement; what it binds is not used after it."""
        kind = self.draw.randrange(6)
        inner = replace(
            self, nodes=list(self.nodes), leaves=list(self.leaves), rows=list(self.rows),
            keys=list(self.keys), depth=self.depth + 1,
        )  # fmt: skip
        if kind == 0:
            name = self.new("leaf")
            head = f"for {name} in list({self.row()}):"
            inner.leaves.append(name)
        elif kind == 1:
            key, value = self.new("key"), self.new("node")
            head = f"for {key}, {value} in list({self.state}data.items()):"
            inner.keys.append(key)
            inner.nodes.append(value)
        elif kind == 2:
            head = f"if {self.node(1)}['n'] > {self.draw.randrange(9)}:"
        elif kind == 3:
            name = self.new("leaf")
            inner.leaves.append(name)
            body = inner.statement(depth + 1)
            lines = [f"    {line}" for line in body]
            return [f"match {self.node(1)}:", f"    case {{'in': {name}}}:",
                    *(f"    {line}" for line in lines)]  # fmt: skip
        elif kind == 4:
            key = self.new("key")
            head = f"for {key} in ('a', 'b'):"
            inner.keys.append(key)
        else:
            body = inner.statement(depth + 1)
            return ["try:", *(f"    {line}" for line in body), "except (KeyError, IndexError):",
                    "    pass"]  # fmt: skip
        body = [
            line for _ in range(self.draw.randrange(1, 3)) for line in inner.statement(depth + 1)
        ]
        return [head, *(f"    {line}" for line in body)]


def _function(scope: Scope, head: str, lines: list[str]) -> str:
    return "\n".join([head, *(f"    {line}" for line in lines)]) + "\n"


def project(seed: int) -> Case:
    """The project of that seed."""
    draw = random.Random(seed)
    parts = [_HEAD]
    parts.append("def same(x: dict[str, Any]) -> dict[str, Any]:\n    return x\n")
    parts.append("def second(first, /, *rest, x=None) -> dict[str, Any]:\n    return x or first\n")
    parts.append(
        "def put(owner: dict[str, Any], x: dict[str, Any]):\n"
        "    owner['in'] = x\n    return owner\n"
    )
    helpers: list[str] = []
    for i in range(draw.choice((0, 0, 1, 2))):
        scope = Scope(draw, ["x"], ["y"], [], ["k"], tuple(helpers))
        lines = [line for _ in range(draw.randrange(1, 3)) for line in scope.statement()]
        parts.append(_function(scope, f"def help{i}(x: {_DICT}, y: {_DICT}, k: str):", lines))
        helpers.append(f"help{i}")
    tools: list[str] = []
    for i in range(draw.choice((2, 2, 3))):
        scope = Scope(draw, ["x"], [], [], ["k"], tuple(helpers))
        lines = [f'await hop("tool{i}")']
        if i == 0 or draw.random() < 0.3:
            lines += [line for _ in range(draw.choice((1, 1, 2))) for line in scope.statement()]
        if draw.random() < 0.85:
            lines.append(f"return {scope.number()}")
        parts.append(_function(scope, f"async def tool{i}(x: {_DICT}, k: str):", lines))
        tools.append(f"tool{i}")
    apart = draw.random() < 0.3
    state = "store." if apart else ""
    scope = Scope(draw, [], [], [], [], (), state)
    lines = [line for _ in range(draw.choice((0, 1, 1, 2))) for line in scope.statement()]
    handed = [scope.node(draw.randrange(2)) for _ in tools]
    lines += [f"x{i} = {value}" for i, value in enumerate(handed)]
    for i, tool in enumerate(tools):
        name = tool if not apart or draw.random() < 0.5 else f"store.{tool}"
        lines.append(f"y{i} = await {name}(x{i}, {scope.key()})")
    lines.append(f"return {', '.join(f'y{i}' for i in range(len(tools)))}, {state}left")
    main = _function(scope, "async def main():", lines)
    if not apart:
        return Case("fuzz", str(seed), "", "", (("main.py", "\n".join([*parts, main])),))
    names = ["node", "leaf", "same", "second", "put", "data", "left", *tools]
    imports = f"import copy\nimport json\nimport store\nfrom store import {', '.join(names)}\n"
    files = (("main.py", f"{imports}\n{main}"), ("store.py", "\n".join(parts)))
    return Case("fuzz", str(seed), "", "", files)
