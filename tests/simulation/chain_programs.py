"""Generates programs whose awaited calls form chains: each takes what the call before it gave.

Chains come one after the other or woven into each other, with plain statements, prints, writes and
mutations between their links, beside single calls, inside loops, handlers and guards; names are
used again by another chain, after it, or never.
"""

from __future__ import annotations

from random import Random

from .writer import KEYS, Writer

_HEADER = "import asyncio\nfrom typing import Any\n\n\nasync def main(box: Any) -> Any:\n"
_ENDS = ("lookup", "orders_of", "stored", "read_file", "price", "profile_copy", "profile", "weigh")


class Chains(Writer):
    """Writes chains."""

    def begin(self) -> str:
        """The first call of a chain, and its name."""
        name = self.fresh()
        call = self.pick(("lookup", "lookup", "lookup", "profile", "profile_copy"))
        key = self.pick((*KEYS, "start"))
        self.add(f"{name} = await {call}(key={key}, site={self.site()})")
        self.names[name] = "rec"
        return name

    def fresh(self) -> str:
        """A name: mostly a new one, sometimes one that another chain has, too."""
        if self.chance(25):
            return self.pick(("r", "s"))
        self.count += 1
        return f"v{self.count}"

    def link(self, name: str, last: bool) -> str:
        """A call that takes what ``name`` holds (a record), and the name that it binds."""
        site = self.site()
        key = self.pick((f'{name}["next"]', f'{name}["id"]', f'{name}.get("next", "a")'))
        if self.chance(15):
            self.count += 1
            self.add(f"k{self.count} = {key}")
            key = f"k{self.count}"
        if not last:
            found = self.fresh()
            self.add(f"{found} = await lookup(key={key}, site={site})")
            return found
        form = self.pick(("read",) * 6 + ("write", "bare", "box", "aug", "wrapped", "typed"))
        tool = self.pick(_ENDS)
        argument = {"read_file": "path", "price": "sku", "weigh": "items"}.get(tool, "key")
        call = f"await {tool}({argument}={key}, site={site})"
        if form == "write":
            call = self.pick((
                f"await save(key={key}, value={name}, site={site})",
                f"await bump(key={key}, site={site})",
                f"await warm(key={key}, site={site})",
                f"await update(key={key}, value=1, site={site})",
            ))  # fmt: skip
        found = self.fresh()
        line = {
            "bare": call,
            "box": f'box["{found}"] = {call}',
            "aug": f"total += len(str({call}))",
            "wrapped": f"{found} = [str({name}), {call}]",
            "typed": f"{found}: Any = {call}",
        }.get(form, f"{found} = {call}")
        self.add(line)
        return found if form in ("read", "write", "wrapped", "typed") else name

    def between(self, name: str) -> None:
        """Something that awaits nothing."""
        self.count += 1
        new = f"p{self.count}"
        self.add(self.pick((
            f"{new} = str({name})",
            f'{new} = {name}["name"]',
            f"{new} = [x for x in {name}]",
            f"{new} = sum(1 for x in {name})",
            f"{new} = {name}",
            f'{name}["extra"] = {self.count}',
            f"notes.append(str({name}))",
            f'print("seen", {name})',
            f'box["b{self.count}"] = {name}',
            f"total = total + len({name})",
            f"{new} = [{name}]\n    " + "    " * (self.level - 1) + f"{new}.append(1)",
            f"if len({name}) > 99:\n    " + "    " * self.level + "return 0",
        )))  # fmt: skip

    def chain(self, length: int) -> list[str]:
        """The lines of one chain."""
        start = len(self.lines)
        name = self.begin()
        bound = [name]
        for k in range(length):
            if self.chance(25):
                self.between(name)
            name = self.link(name, last=k == length - 1)
            bound.append(name)
        lines = self.lines[start:]
        del self.lines[start:]
        self.results += [n for n in bound if self.chance(55)]
        return lines

    def compound(self) -> list[str]:
        """The lines of a branch, or of a `try` that keeps its failure to itself."""
        start = len(self.lines)
        name, key = self.fresh(), self.pick((*KEYS, "start"))
        read = f"await {self.pick(('lookup', 'profile_copy'))}(key={key}, site={self.site()})"
        write = f"await {self.pick(('save', 'update'))}(key={key}, value=1, site={self.site()})"
        other = f"await orders_of(key={self.pick(KEYS)}, site={self.site()})"
        lines = self.pick((
            (f"if {self.pick(('start', 'total', 'box'))}:", f"    {name} = {read}",
             "else:", f"    {name} = {other}"),
            (f"if {self.pick(('start', 'total'))}:", f"    {name} = {read}"),
            ("try:", f"    {name} = {read}", "except Exception:", f"    {name} = None"),
            ("try:", f"    {name} = {read}", f"    {name} = str({name})", f"    {name} = {other}",
             f"except {self.pick(('ValueError', 'KeyError'))} as error:",
             f"    {name} = str(error)"),
            ("try:", f"    {write}", "except Exception:", "    pass"),
            ("try:", f"    {write}", "except BaseException:", "    raise"),
            ("try:", f"    {name} = {write}", "except Exception:",
             self.pick((f"    {name} = 0", "    total += 1"))),
        ))  # fmt: skip
        for line in lines:
            self.add(line)
        found = self.lines[start:]
        del self.lines[start:]
        if self.chance(70) and any(f"{name} =" in line for line in lines):
            self.results.append(name)
        return ["\n".join(found)]

    results: list[str]

    def block(self) -> None:
        """Chains, after each other or woven into each other, and single calls."""
        parts = [
            self.chain(self.pick((1, 1, 1, 2, 2, 3))) for _ in range(self.pick((2, 2, 2, 3, 4)))
        ]
        for _ in range(self.pick((0, 0, 1, 1, 2))):
            self.count += 1
            read, _kind = Writer.read(self)
            parts.insert(self.pick(range(len(parts) + 1)), [
                "    " * self.level + f"v{self.count} = {read}"
            ])  # fmt: skip
            self.results.append(f"v{self.count}")
        for _ in range(self.pick((0, 0, 1, 1, 2))):
            parts.insert(self.pick(range(len(parts) + 1)), self.compound())
        if self.chance(30):
            woven: list[str] = []
            while parts:
                part = self.pick(parts)
                woven.append(part.pop(0))
                parts = [p for p in parts if p]
            self.lines += woven
        else:
            for part in parts:
                self.lines += part
                if self.chance(8):
                    self.add(f'print("between {len(self.lines)}")')

    def key(self) -> str:
        return self.pick(KEYS)

    def value(self) -> str:
        return self.pick(("1", '"w"', "[1, 2]"))


def chain_program(seed: int) -> str:
    """One program, the same for the same seed."""
    one = Chains(Random(seed))
    one.results = []
    one.add('start: str = "b"')
    one.add("total = 0")
    one.add("notes: list[Any] = []")
    for name in ("r", "s"):
        if one.chance(50):
            one.add(f"{name}: Any = None")
    form = one.pick(("flat",) * 6 + ("try", "finally", "loop", "timeout", "swallow"))
    opening = {
        "try": "try:",
        "swallow": "try:",
        "finally": "try:",
        "loop": "for turn in range(2):",
        "timeout": "async with asyncio.timeout(40):",
    }.get(form)
    if opening:
        one.add(opening)
        one.level += 1
    one.block()
    if opening:
        one.level -= 1
    seen = sorted(set(one.results)) or ["start"]
    shown = ", ".join(seen)
    if form == "try":
        one.add("except ValueError as error:")
        name = one.pick(seen) if one.chance(50) else "start"
        one.add(f'    raise ValueError("again", str(error), {name}) from error')
    elif form == "swallow":
        one.add("except Exception as error:")
        one.add('    seen("swallowed")')
        one.add("    return [str(error), total, notes]")
    elif form == "finally":
        one.add("finally:")
        one.add('    box["done"] = start')
    if one.chance(20):
        one.add("def look() -> Any:")
        one.add(f"    return {one.pick(seen)}")
        shown += ", look()"
    one.add(f"return [total, notes, {shown}]")
    return _HEADER + "\n".join(one.lines) + "\n"
