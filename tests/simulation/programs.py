"""Generates programs, as source text, that await the tools of the world in a row.

A program is `async def main(box)` over the names of ``tools.namespace``; what it leaves behind is
in its result and in ``box``. Every tool call carries a constant keyword ``site`` of its own, so
that the same call is known again in a rewrite. Independent reads are frequent; between and around
them stand aliases, mutation, writes, prints, guards, `try`, `async with`, closures, loops, pauses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .writer import KEYS, Writer

HELPERS = {
    "named": "async def named(key: str, at: int) -> Any:\n"
    "    found = await lookup(key=key, site=at)\n"
    '    return found["name"]\n',
    "noted": "async def noted(key: str, at: int) -> Any:\n"
    "    found = await orders_of(key=key, site=at)\n"
    "    await save(key=key, value=len(found), site=at + 1)\n"
    "    return found\n",
    "remember": "last: Any = None\n\n\n"
    "async def remember(key: str, at: int) -> None:\n"
    "    global last\n"
    "    last = await price(sku=key, site=at)\n",
    "tenant": 'tenant = contextvars.ContextVar("tenant", default="nobody")\n',
    "login": "async def login(key: str, at: int) -> Any:\n"
    "    found = await lookup(key=key, site=at)\n"
    "    tenant.set(key)\n"
    '    return found["name"]\n',
    "Bag": "class Bag:\n    def __repr__(self) -> str:\n        return 'bag'\n",
}


class Program(Writer):
    """Writes statements and blocks of them."""

    def reading(self) -> None:
        call, kind = self.read()
        form = self.pick(
            ("name",) * 8
            + ("drop", "slot", "attribute", "append", "pair", "typed")
            + ("several", "several")
        )
        if form == "slot":
            self.count += 1
            self.add(f'box["k{self.count}"] = {call}')
        elif form == "drop":
            self.add(call)
        elif form == "attribute":
            self.used.add("Bag")
            if "bag" not in self.names:
                self.add("bag = Bag()")
                self.names["bag"] = "any"
            self.add(f"bag.x{self.pick('12')} = {call}")
        elif form == "append" and self.known("list"):
            self.add(f"{self.pick(self.known('list'))}.append({call})")
        elif form == "pair":
            first, second = self.new("any"), self.new("any")
            other, _ = self.read()
            self.add(f"{first}, {second} = {call}, {other}")
        elif form == "several":
            self.several(call)
        elif form == "typed":
            self.add(f"{self.new(kind)}: Any = {call}")
        else:
            self.add(f"{self.new(kind)} = {call}")

    def several(self, call: str) -> None:
        """A statement with several awaits, and other operands between them."""
        operands = [call]
        for _ in range(self.pick((1, 1, 2, 3))):
            form = self.pick(("read",) * 4 + ("write", "name", "print", "bind", "guard", "looked"))
            other = self.write() if form == "write" else self.read()[0]
            if form == "name":
                other = self.value()
            elif form == "print":
                other = 'print("operand")'
            elif form == "bind":
                other = f"({self.new('any')} := {other})"
            elif form == "guard":
                other = f"({self.value()} {self.pick(('and', 'or'))} {other})"
            elif form == "looked":
                other = f'({other})["{self.pick(("next", "none"))}"]'
            operands.append(other)
        inner = ", ".join(operands)
        form = self.pick(("list", "seen", "text", "dict", "target", "drop"))
        if form == "seen":
            self.add(f'seen("operands", {inner})')
        elif form == "text":
            self.add(f"{self.new('text')} = str(({inner},))")
        elif form == "dict":
            pairs = ", ".join(f'"k{i}": {o}' for i, o in enumerate(operands))
            self.add(f"{self.new('any')} = {{{pairs}}}")
        elif form == "target":
            self.add(f"box[str({operands[-1]})] = [{', '.join(operands[:-1])}]")
        elif form == "drop":
            self.add(f"[{inner}]")
        else:
            self.add(f"{self.new('list')} = [{inner}]")

    def writing(self) -> None:
        call = self.write()
        self.add(f"{self.new('any')} = {call}" if self.chance(30) else call)

    def plain(self) -> None:
        """A statement without a call of a tool."""
        names, records, lists = self.known(), self.known("rec"), self.known("list")
        form = self.pick(
            (
                "print",
                "print",
                "alias",
                "slot",
                "append",
                "add",
                "take",
                "text",
                "new",
                "del",
                "live",
            )
        )
        if form == "print":
            name = self.pick(names) if names else "1"
            self.add(self.pick(('print("step")', f"print({name})", f'print(f"saw {{{name}}}")')))
        elif form == "alias" and names:
            old = self.pick(names)
            kind = self.names[old]
            self.add(f"{self.new(kind)} = {old}")
        elif form == "slot" and records:
            self.add(f'{self.pick(records)}["{self.pick(("next", "new"))}"] = {self.pick(KEYS)}')
        elif form == "append" and lists:
            self.add(f"{self.pick(lists)}.append({self.value()})")
        elif form == "add" and lists:
            self.add(f"{self.pick(lists)} += [{self.pick(('1', '2'))}]")
        elif form == "live" and self.known("live"):
            self.add(f'{self.pick(self.known("live"))}["seen"].append({self.value()})')
        elif form == "take" and records:
            record = self.pick(records)
            self.add(f'{self.new("text")} = {record}["{self.pick(("next", "id", "none"))}"]')
        elif form == "del" and names:
            gone = self.pick(names)
            del self.names[gone]
            self.add(f"del {gone}")
        elif form == "text":
            self.add(f"{self.new('text')} = {self.pick(KEYS)}")
        else:
            self.add(f"{self.new('list')} = [{self.pick(('0', '1, 2'))}]")

    def moment(self) -> None:
        form = self.pick(("sleep", "ticks", "time", "poke", "awaitless", "context"))
        if form == "sleep":
            self.add(f"await asyncio.sleep({self.pick((0, 1, 3))})")
        elif form == "ticks":
            self.add(f"{self.new('any')} = await ticks(site={self.site()})")
        elif form == "time":
            self.add(f"{self.new('any')} = time.monotonic()")
        elif form == "context":
            self.used.add("tenant")
            self.add(f"tenant.set({self.pick(KEYS)})")
        elif form == "poke":
            self.add(f"{self.new('any')} = poke()")
        else:
            task = self.new("any")
            self.add(f"{task} = lookup(key={self.key()}, site={self.site()})")
            self.add(f"{task} = await {task}")

    def guard(self) -> None:
        names = self.known()
        if not names:
            self.reading()
            return
        test = self.pick(names)
        self.add(self.pick((f"if not {test}:", f"if {test} is None:", f"if {test}:")))
        form = self.pick(("return", "return", "print", "read"))
        if form == "return":
            self.inside([f"return {{{self.bound()}}}"])
        elif form == "print":
            self.inside([f"print({test})"])
        else:
            self.nested(1)

    def inside(self, lines: list[str]) -> None:
        self.level += 1
        for line in lines:
            self.add(line)
        self.level -= 1

    def nested(self, depth: int) -> None:
        """A block; what it binds newly is not certain after it."""
        before = dict(self.names)
        self.level += 1
        self.block(depth)
        self.level -= 1
        self.names = {name: before[name] for name in before if name in self.names}

    def attempt(self, depth: int) -> None:
        result = self.new("any")
        self.add(f"{result} = None")
        self.add("try:")
        before = dict(self.names)
        self.nested(depth)
        handler = self.pick(("Exception", "Exception", "LookupError", ""))
        if handler:
            self.names = {name: "any" for name in before if name in self.names}
            seen = "".join(f", {name}" for name in sorted(self.names))
            self.add(f"except {handler} as error:")
            lines = [f'seen("handler", error{seen})']
            lines += [f'await save(key="e", value=1, site={self.site()})'] * self.chance(40)
            lines += [self.pick(("raise", f"return {{{self.bound()}}}"))] * self.chance(30)
            self.inside(lines)
        if not handler or self.chance(20):
            self.add("finally:")
            closing = f'await save(key="f", value=2, site={self.site()})'
            self.inside([self.pick(('print("finally")', closing))])

    def within(self, depth: int) -> None:
        form = self.pick(("client", "client", "lock", "timeout", "session"))
        if form == "client":
            self.used.add("simworld")
            client = self.new("any")
            del self.names[client]
            self.add(f"async with simworld.Client() as {client}:")
            lines = [
                f"{self.new('any')} = await {client}.get(url={url}, site={self.site()})"
                for url in ('"u"', self.pick(('"v"', '"u"')))
            ]
            if self.chance(25):
                lines.insert(1, f'await {client}.post(url="u", body=1, site={self.site()})')
            self.inside(lines)
        elif form == "session":
            self.used.add("simworld")
            self.add("async with simworld.Session() as session:")
            self.inside(
                [
                    f'{self.new("any")} = await session.fetch(sql="{text}", site={self.site()})'
                    for text in "xy"
                ]
            )
        elif form == "lock":
            self.add("async with asyncio.Lock():")
            self.nested(depth)
        else:
            kept = self.new("list")
            self.add(f'{kept} = box["kept{self.count}"] = []')
            del self.names[kept]
            self.add("try:")
            self.level += 1
            self.add(f"async with asyncio.timeout({self.pick((2, 5, 9))}.5):")
            lines = [f"{kept}.append({self.read()[0]})" for _ in range(self.pick((2, 3)))]
            self.inside(lines)
            self.level -= 1
            self.add("except TimeoutError:")
            self.inside(['print("too late")'])

    def closure(self) -> None:
        names = self.known()
        if not names:
            self.reading()
            return
        self.count += 1
        name, look = self.pick(names), f"look{self.count}"
        form = self.pick(("lambda", "def", "setter"))
        if form == "lambda":
            self.add(f"{look} = lambda: {name}")
        else:
            self.add(f"def {look}() -> Any:")
        if form == "def":
            self.inside([f"return {name}"])
        elif form == "setter":
            self.inside([f"nonlocal {name}", f'{name} = "set"'])
            self.reading()
        self.add(self.pick((f'box["{look}"] = {look}', f"print({look}())")))

    def helper(self) -> None:
        helper = self.pick(("named", "named", "noted", "login"))
        self.used.update((helper, "tenant") if helper == "login" else (helper,))
        kind = "list" if helper == "noted" else "text"
        self.add(f"{self.new(kind)} = await {helper}({self.key()}, {self.site(2)})")

    def expression(self) -> None:
        one, other = self.read()[0], self.read()[0]
        form = self.pick(
            (f"[{one}, {other}]", f'{{"x": {one}, "y": {other}}}', f"({one}) or {other}")
        )
        self.add(f"{self.new('any')} = {form}")

    def contact(self) -> None:
        """Two calls that meet: over one list, variable, handle or key."""
        if self.chance(40):
            items = self.new("list")
            self.add(f"{items} = [0]")
            for _ in range(2):
                call = self.pick(
                    (
                        f'fill(items={items}, key="{self.pick("abc")}", ',
                        f'fill(items={items}, key="{self.pick("abc")}", ',
                        f"weigh(items={items}, ",
                        f'audit(note="n", payload={items}, ',
                    )
                )
                self.add(f"{self.new('any')} = await {call}site={self.site()})")
        elif self.chance(30):
            self.used.add("remember")
            for key in "ab":
                self.add(f'await remember("{key}", {self.site()})')
        elif self.chance(50):
            call = self.pick(("query(sql=", "ask(what="))
            for text in "pq":
                self.add(f'{self.new("list")} = await {call}"{text}", site={self.site()})')
        else:
            key = self.pick("ab")
            for tool in self.pick((("save", "stored"), ("update", "lookup"), ("bump", "bump"))):
                value = ", value=1" if tool in ("save", "update") else ""
                self.add(
                    f'{self.new("any")} = await {tool}(key="{key}"{value}, site={self.site()})'
                )

    def loop(self) -> None:
        item, site = f"k{self.sites}", self.site()
        kept = self.new("list")
        call = self.pick(("lookup", "orders_of", "stored"))
        call = f"await {call}(key={item}, site={site})"
        if self.chance(40):
            self.add(f'{kept} = [{call} for {item} in ("a", "b", "c")]')
            return
        self.add(f"{kept} = []")
        self.add(f'for {item} in ["a", "b", "c"]:')
        lines = [f"{kept}.append({call})"]
        if self.chance(30):
            lines.append(f"await save(key={item}, value=1, site={self.site()})")
        if self.chance(30):
            lines.append(f"print({item})")
        self.inside(lines)

    def run(self) -> None:
        """Two to four reads that do not depend on one another."""
        for _ in range(self.pick((2, 2, 3, 4))):
            site, key = self.site(), self.pick(KEYS)
            tool = self.pick(("lookup", "orders_of", "stored", "price", "read_file"))
            name = {"price": "sku", "read_file": "path"}.get(tool, "key")
            kind = {"lookup": "rec", "orders_of": "list", "read_file": "text"}.get(tool, "any")
            self.add(f"{self.new(kind)} = await {tool}({name}={key}, site={site})")

    def block(self, depth: int) -> None:
        """Some statements, compound ones only while ``depth`` lasts; ``hazards`` sets the mix."""
        simple = [self.reading] * 6 + [self.run] * 3
        risky = [self.writing] * 4 + [self.plain] * 6 + [self.moment, self.closure] * 2
        risky += [self.guard, self.helper, self.contact] * 2 + [self.expression]
        for _ in range(self.pick((1, 2, 2, 3)) + 2 * (depth == 2)):
            if depth and self.chance(8 + 6 * self.hazards):
                form = self.pick((self.attempt, self.attempt, self.within, self.loop))
                form(depth - 1) if form != self.loop else self.loop()
            elif self.chance(12 + 18 * self.hazards):
                self.pick(risky)()
            else:
                self.pick(simple)()


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """The text of a program.

    Hypothesis draws one seed and the rest follows from it: drawing each choice makes it repeat
    and vary the few programs it began with. ``search.shrunk`` shrinks the text instead.
    """
    writer = Program(draw(st.randoms(use_true_random=True)))
    writer.hazards = writer.pick((0, 1, 2, 2, 3))
    if writer.chance(60):
        writer.run()
    writer.block(2)
    if "tenant" in writer.used:
        writer.add('box["tenant"] = tenant.get()')
    writer.add(f"return {{{writer.bound()}}}")
    head = ["import asyncio", "import contextvars", "import time", "from typing import Any"]
    workflow = writer.chance(3)
    head += ["from dbos import DBOS"] * workflow
    head += ["import simworld"] if "simworld" in writer.used else []
    helpers = [HELPERS[name] for name in HELPERS if name in writer.used]
    parts = ["\n".join(head) + "\n", *helpers]
    body = (
        "@DBOS.workflow()\n" * workflow
        + "async def main(box: dict[str, Any]) -> Any:\n"
        + "\n".join(writer.lines)
        + "\n"
    )
    return "\n\n".join([*parts, body])
