"""The part of the program generator that keeps the books and writes expressions."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

KEYS = ('"a"', '"b"', '"c"')

# A tool that stands here twice is drawn twice as often.
READS = (
    "lookup",
    "lookup",
    "orders_of",
    "orders_of",
    "price",
    "read_file",
    "list_files",
    "stored",
    "profile",
    "profile",
    "shelf",
    "inbox",
    "query",
    "ask",
    "lost",
    "weigh",
)
WRITES = (
    "save",
    "save",
    "update",
    "order",
    "mail",
    "write_file",
    "execute",
    "keep",
    "keep",
    "bump",
    "bump",
    "warm",
    "log_event",
    "audit",
    "fill",
    "mystery",
)


class Writer:
    """The program so far: its lines, and the names that are certainly bound, by kind.

    Kinds: rec (a dictionary out of the CRM), live (one that is the world's own), list, text, any.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self.lines: list[str] = []
        self.level = 1
        self.names: dict[str, str] = {}
        self.used: set[str] = set()
        self.count = 0
        self.sites = 0
        self.hazards = 0

    def pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def add(self, line: str) -> None:
        self.lines.append("    " * self.level + line)

    def site(self, count: int = 1) -> int:
        self.sites += count
        return self.sites - count + 1

    def new(self, kind: str) -> str:
        """A name to bind: mostly a new one, sometimes one that is bound already."""
        if self.names and self.chance(8):
            name = self.pick(sorted(self.names))
        else:
            self.count += 1
            name = f"v{self.count}"
        self.names[name] = kind
        return name

    def known(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.names.items() if not kinds or kind in kinds]

    # Expressions.

    def key(self) -> str:
        records, texts = self.known("rec"), self.known("text")
        if records and self.chance(22):
            return f'{self.pick(records)}["{self.pick(("next", "id"))}"]'
        if texts and self.chance(15):
            text = self.pick(texts)
            return self.pick((text, f'f"{{{text}}}"'))
        return self.pick(KEYS)

    def value(self) -> str:
        names = self.known()
        if names and self.chance(60):
            name = self.pick(names)
            return self.pick((name, name, f'f"got {{{name}}}"', f"[{name}]"))
        return self.pick(("1", '"w"', "[1, 2]", '{"k": 1}'))

    def read(self) -> tuple[str, str]:
        """The text of an awaited call that reads, and the kind of its result."""
        site = self.site()
        tool = self.pick(READS)
        if tool in ("lookup", "lost", "profile", "orders_of", "stored", "shelf"):
            where = f"{self.key()}" if self.chance(15) else f"key={self.key()}"
            kinds = {"lookup": "rec", "orders_of": "list", "profile": "live"}
            return f"await {tool}({where}, site={site})", kinds.get(tool, "any")
        if tool == "price":
            return f"await price(sku={self.key()}, site={site})", "any"
        if tool == "read_file":
            texts = self.known("text")
            path = self.pick(('"d/a.txt"', '"d/./b.txt"', '"c.md"'))
            if texts and self.chance(30):
                path = f'f"d/{{{self.pick(texts)}}}.txt"'
            return f"await read_file(path={path}, site={site})", "text"
        if tool == "list_files":
            pattern = self.pick(('"d/*.txt"', '"*.md"'))
            return f"await list_files(pattern={pattern}, site={site})", "list"
        if tool == "inbox":
            return f"await inbox(site={site})", "list"
        if tool == "weigh":
            return f"await weigh(items={self.value()}, site={site})", "any"
        name, text = ("sql", "s") if tool == "query" else ("what", "w")
        return f'await {tool}({name}="{text}{site}", site={site})', "list"

    def write(self) -> str:
        site = self.site()
        lists = self.known("list")
        tool = self.pick(WRITES)
        if tool in ("save", "update", "keep"):
            arguments = f"key={self.key()}, value={self.value()}"
        elif tool == "order":
            arguments = f"key={self.key()}, item={self.value()}"
        elif tool == "mail":
            arguments = f'to="{self.pick("xy")}", text={self.value()}'
        elif tool == "write_file":
            path = self.pick(('"d/a.txt"', '"d/b.txt"', '"e.md"'))
            arguments = f"path={path}, text={self.value()}"
        elif tool == "execute":
            arguments = f'sql="w{site}"'
        elif tool in ("bump", "warm"):
            arguments = f"key={self.key()}"
        elif tool == "log_event":
            arguments = f"text={self.value()}"
        elif tool == "audit":
            arguments = f'note="n{site}", payload={self.value()}'
        elif tool == "fill":
            if not lists:
                lists = [name := self.new("list")]
                self.add(f"{name} = [0]")
            arguments = f"items={self.pick(lists)}, key={self.key()}"
        else:
            arguments = f"value={self.value()}"
        return f"await {tool}({arguments}, site={site})"

    def bound(self) -> str:
        return ", ".join(f'"{name}": {name}' for name in sorted(self.names))
