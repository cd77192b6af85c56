"""The files of a project as bytes, with what can be told of each before it is parsed.

Parsing thousands of files would take longer than all the rest. Patterns on the bytes find which few
are to be parsed for a question; they may find too many files, and must not miss one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from .config import Config
from .discovery import FolderConfig, files_below
from .index_facts import Facts
from .index_reader import facts_of

_WORD = rb"[A-Za-z0-9_\x80-\xff]+"
_IDENTIFIER = re.compile(_WORD)
#: What stands between `class` and the name (a line may be continued), and the bases behind it.
_CLASS = re.compile(
    rb"^([ \t\f]*)class(?:[ \t\f]|\\\n)+(?:" + _WORD + rb")(?:[ \t\f]|\\\n)*"
    rb"(?:\[[^#]{0,400}?\])?(?:[ \t\f]|\\\n)*\(([^#]{0,3000}?)\)[ \t\f]*:",
    re.MULTILINE,
)
_COMMENTED = re.compile(rb"^[ \t\f]*class[ \t]+" + _WORD + rb"[ \t]*\([^)]*#", re.MULTILINE)
#: An attribute that is not called: what is stored into is one, whatever the statement.
#: Methods of containers that put something in.
_PUTTING = b"append|appendleft|add|insert|extend|update|setdefault|__setitem__|__iadd__|__ior__"
_ATTRIBUTE = re.compile(
    rb"\.[ \t]*(" + _WORD + rb")(?=[ \t]*(?:[\n,)\]:;#\\=}]|[-+*/%@&|^<>]+=|in\b|$))"
)
_BEFORE = re.compile(_WORD + rb"$")
_NAMED = re.compile(
    rb"^[ \t]*(" + _WORD + rb")[ \t]*(?::[^=\n]*)?=[ \t]*(?:" + _WORD + rb"\.)*(" + _WORD
    + rb")[ \t]*(?:#[^\n]*)?$", re.MULTILINE,
)  # fmt: skip
#: Word → the pattern without which a file stores nothing under a name that is computed or a text.
_STORING = {
    b"setattr": re.compile(rb"(?<!def )(?<!def __)setattr(?:__)?[ \t]*[(,)]"),
    b"delattr": re.compile(rb"(?<!def )(?<!def __)delattr(?:__)?[ \t]*[(,)]"),
    b"__dict__": re.compile(
        rb"__dict__[ \t]*(?:[\[|]|=(?!=)|\.[ \t]*(?:update|setdefault|pop|clear|__))"
    ),
    b"vars(": re.compile(rb"vars\([^()\n]*\)[ \t]*[\[.|]"),
    b"globals(": re.compile(rb"globals\(\)[ \t]*[\[.|]"),
    b"locals(": re.compile(rb"locals\(\)[ \t]*[\[.|]"),
    b"mock": re.compile(rb"patch(?:\.object|\.multiple)?[ \t]*\("),
    b"__class__": re.compile(rb"__class__[ \t]*[,)=](?!=)"),
    b"__bases__": re.compile(rb"__bases__[ \t]*[,)=](?!=)"),
    b"modules[": re.compile(rb"modules\[[^\]\n]*\][ \t]*=(?!=)"),
}
_MAKING = (b"type(", b"new_class")
_PLAIN_BASES = frozenset({
    b"object", b"dict", b"list", b"set", b"tuple", b"str", b"int", b"float", b"bytes", b"type",
    b"frozenset", b"threading.local", b"local",
})  # fmt: skip
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|tests)\.py$"
)


@dataclass(eq=False)
class File:
    """A file by its dotted name from the root; ``test``: it takes part in tests only."""

    path: str
    module: str
    package: bool
    data: bytes
    test: bool = False

    @cached_property
    def facts(self) -> Facts:
        return facts_of(self.data, self.module, package=self.package, path=self.path)

    @cached_property
    def bases(self) -> frozenset[bytes]:
        """All words that stand where a class of the file names its bases."""
        found: set[bytes] = set()
        for _, text in self._headers:
            found.update(_IDENTIFIER.findall(text))
        if self._commented:
            found.update(_IDENTIFIER.findall(self.data))
        return frozenset(found)

    @cached_property
    def _commented(self) -> bool:
        """Does a comment stand among the bases of a class? Then the patterns do not hold."""
        return b"#" in self.data and _COMMENTED.search(self.data) is not None

    @cached_property
    def _headers(self) -> list[tuple[bytes, bytes]]:
        if b"class" not in self.data:
            return []
        return [(m[1], m[2]) for m in _CLASS.finditer(self.data)]

    @cached_property
    def odd(self) -> bool:
        """May a class of the file have a base that is no name of a class?"""
        if self._commented:
            return True
        for indent, text in self._headers:
            for part in text.split(b","):
                name = part.strip().partition(b"[")[0]
                if b"=" in name or name in _PLAIN_BASES or not name:
                    continue
                last = name.rpartition(b".")[2]
                if not _DOTTED.fullmatch(name) or last[:1].islower():
                    return True
                parameter = rb"def [^\n]*[(,][ \t]*" + last + rb"[ \t]*[,):=]"
                if indent and re.search(parameter, self.data):
                    return True
        return any(word in self.data for word in _MAKING) and _TYPE.search(self.data) is not None

    @cached_property
    def attributes(self) -> frozenset[bytes]:
        return frozenset(_ATTRIBUTE.findall(self.data))

    @cached_property
    def renamed(self) -> frozenset[tuple[bytes, bytes]]:
        """Pairs of a name and another one that it is given: `import A as B`, `B = A`.

        Not lower-case ones: a file whose bases are such names is odd.
        """
        found: set[tuple[bytes, bytes]] = set()
        data = self.data
        if b"as\t" in data or b"\tas" in data:
            data = data.replace(b"\t", b" ")
        parts = data.split(b" as ")
        for before, behind in pairwise(parts):
            old, new = _BEFORE.search(before[-99:].rstrip()), _IDENTIFIER.match(behind.lstrip())
            if old is not None and new is not None:
                found.add((old[0], new[0]))
        found.update((a, b) for b, a in _NAMED.findall(self.data))
        return frozenset(p for p in found if p[0] != p[1] and not p[1][:1].islower())

    @cached_property
    def stores(self) -> bool:
        """May it store under names that are computed, or given as texts?"""
        data = self.data
        return any(word in data and pattern.search(data) for word, pattern in _STORING.items())

    def fills(self, name: str) -> bool:
        """Does it put something into what is called by a name, by that name or another it gives it?

        Also where such a method is only handed on.
        """
        word = re.escape(name.encode())
        ways = (
            rb"\b" + word + rb"\s*\.\s*(?:" + _PUTTING + rb")\b",
            rb"\b" + word + rb"\s*(?:\[[^\n]*\]\s*=[^=]|\+=|\|=)",
            rb"(?:^|;)[ \t]*\w+[ \t]*=[ \t]*(?:\w+\.)*" + word + rb"[ \t]*(?:$|[;#])",
        )
        return name.encode() in self.data and any(re.search(w, self.data, re.M) for w in ways)

    def mentions(self, word: str) -> bool:
        return word.encode() in self.data

    def refers(self, name: str) -> bool:
        """Does it define or import something of that name, or ask a module for it?"""
        if self.facts.broken:
            return self.mentions(name)
        return (
            name in self.facts.imports
            or any(c.rpartition(".")[2] == name for c in self.facts.classes)
            or any(t.rpartition(".")[2] == name for ts in self.facts.imports.values() for t in ts)
            or self.mentions(f".{name}")
        )


_DOTTED = re.compile(_WORD + rb"(?:\." + _WORD + rb")*")
_TYPE = re.compile(rb"(?<![A-Za-z0-9_])(?:type[ \t]*\([^()\n]*,|type[ \t]*\([ \t]*\n|new_class)")


@dataclass(frozen=True, slots=True)
class Listing:
    """Files with their stamps. ``too_many``: there are more than are looked at."""

    stamps: tuple[tuple[str, int, int], ...]
    too_many: bool = False


class _TooMany(Exception):
    pass


def listing(roots: Sequence[Path], config: Config, *, most: int, folders: int) -> Listing:
    """The Python files below some folders, excluded ones too: they are part of the program."""
    config = replace(config, include=("*.py",), extend_exclude=())
    seen = 0

    def config_of(folder: str) -> Config:
        nonlocal seen
        seen += 1
        if seen > folders:
            raise _TooMany
        return config

    found: dict[str, tuple[str, int, int]] = {}
    try:
        for path in _files(roots, config_of):
            if path not in found:
                if len(found) >= most:
                    raise _TooMany
                found[path] = _stamped(path)
    except _TooMany:
        return Listing((), True)
    return Listing(tuple(found.values()))


def _files(roots: Sequence[Path], config_of: FolderConfig) -> Iterator[str]:
    done: list[Path] = []
    for root in roots:
        if root.is_dir() and not any(root.is_relative_to(d) for d in done):
            done.append(root)
            yield from files_below(str(root), config_of)


def _stamped(path: str) -> tuple[str, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (path, 0, -1)
    return (path, found.st_mtime_ns, found.st_size)


def read_file(path: str, root: Path) -> File:
    """A file of the project; one that cannot be read holds what cannot be parsed."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        data = b"\0"
    return file_of(data, path, root)


def file_of(data: bytes, path: str, root: Path) -> File:
    inside = os.path.relpath(path, root).replace(os.sep, "/")
    parts = [p for p in inside.removesuffix(".py").split("/") if p not in ("..", ".")]
    package = bool(parts) and parts[-1] == "__init__"
    module = ".".join(parts[:-1] if package else parts)
    return File(path, module, package, _lines(data), is_test(inside))


def text_file(text: str, module: str, *, package: bool) -> File:
    """A text that need not stand in any file."""
    return File("", module, package, _lines(text.encode("utf-8", "surrogatepass")))


def _lines(data: bytes) -> bytes:
    """Patterns know one kind of line end."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def is_test(inside: str) -> bool:
    """Is a file of the project, by its path within, one that only tests use?"""
    return _TESTS.search(inside) is not None


def in_tests(file: Path, root: Path) -> bool:
    """Is a file of a project one that only tests use?"""
    inside = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
    return is_test(inside)
