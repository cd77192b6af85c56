"""What the rest of a project may do to a class or a function: subclasses, and replacements.

A method that a subclass overrides, a function that another file assigns something else to: neither
shows where it is called. The index answers for all files of a project at once, on the safe side:
what *may* be a subclass or a replacement is one. It is made of patterns on bytes and of ``ast``,
file by file as questions need them, as lowering all files would take minutes.

Files that only tests use are left out, unless a test is looked at: what tests put in place of the
program's functions is there while they run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .config import Config
from .index_classes import Classes, ClassKey
from .index_facts import ANY_NAME, Meaning, Put
from .index_files import File, Listing, listing, read_file, text_file

#: A larger project is not looked through, and nothing is known of its classes and functions.
_MOST_FILES = 6000
_MOST_FOLDERS = 20_000
#: Values that an external name is not: whatever is annotated with it may be any object.
_ANYTHING = frozenset({
    "typing.Any", "builtins.object", "typing.Self", "typing_extensions.Self", "builtins.type",
})  # fmt: skip
_TYPING = ("typing.", "typing_extensions.", "collections.abc.", "builtins.None")


@dataclass(frozen=True, slots=True)
class _Aim:
    """What something is stored into: objects of ``classes``, ``modules``, or it is not known.

    ``foreign``: the names of a library's modules and classes, and of those of its objects.
    """

    classes: frozenset[ClassKey] = frozenset()
    modules: tuple[File, ...] = ()
    foreign: frozenset[str] = frozenset()
    unknown: bool = False


class Index(Classes):
    """The files of a project. ``tests``: those of tests too."""

    def __init__(
        self, files: Sequence[File], root: Path, *, tests: bool, plain_values: bool = True,
        refusal: str = "",
    ) -> None:  # fmt: skip
        super().__init__([f for f in files if tests or not f.test])
        self.root = root
        self.plain_values = plain_values
        self.refusal = refusal
        self._puts: dict[str, tuple[tuple[File, Put], ...]] = {}
        self._reasons: dict[tuple[str, str], str] = {}
        self._aims: dict[tuple[int, Meaning], _Aim] = {}

    def with_text(self, text: str, module: str, *, package: bool) -> Index:
        """The same with one file that may not be saved yet."""
        file = text_file(text, module, package=package)
        if any(f.data == file.data for f in self.modules(module)):
            return self
        return Index([*self.files, file], self.root, tests=True, plain_values=self.plain_values,
                     refusal=self.refusal)  # fmt: skip

    def _callable(self, put: Put) -> bool:
        """May what is put there be something that is called in the place of what stood there?"""
        return not (put.constant or (put.data and self.plain_values))

    def puts(self, attr: str) -> tuple[tuple[File, Put], ...]:
        """What stores something at that attribute of any object, or may."""
        known = self._puts.get(attr)
        if known is None:
            word = attr.encode()
            known = self._puts[attr] = tuple(
                (file, put)
                for file in self.files
                if word in file.attributes or (file.stores and word in file.data)
                for put in file.facts.puts
                if put.attr == attr or file.facts.broken
            )
        return known

    @cached_property
    def computed(self) -> tuple[tuple[File, Put], ...]:
        """What stores at attributes that are computed."""
        return tuple(
            (file, put)
            for file in self.files
            if file.stores
            for put in file.facts.puts
            if put.attr == ANY_NAME
        )

    def function_replaced(self, module: str, name: str) -> str:
        """What may be put in the place of a module's function, or ""."""
        key = (module, f":{name}")
        if key not in self._reasons:
            self._reasons[key] = self._first(
                name, lambda file, put: self._hits_module(file, put, module, name)
            )
        return self._reasons[key]

    def _hits_module(self, file: File, put: Put, module: str, name: str) -> bool:
        aim = self._aim(file, put)
        for other in aim.modules:
            if other in self.modules(module):
                return True
            # Another module that has imported it, and calls it by its own name.
            facts = other.facts
            if name in facts.imports or facts.stars:
                return True
        if put.owner.kind == "module" or (aim.unknown and put.attr != ANY_NAME):
            return self._callable(put) and file.mentions(module.rpartition(".")[2])
        return False

    def method_replaced(self, name: str, method: str) -> str:
        """What may be put in the place of a method of a class, or of its objects, or ""."""
        key = (name, method)
        if key not in self._reasons:
            classes = self.classes(name)
            family = frozenset[ClassKey]().union(*(self.family(c) for c in classes))
            words = {c.qualname.rpartition(".")[2] for c in classes}
            self._reasons[key] = self._first(
                method, lambda file, put: self._hits_class(file, put, family, words)
            )
        return self._reasons[key]

    def library_replaced(self, owner: str, attr: str, *, module: bool) -> str:
        """What may be put in the place of a library's function or method, or "".

        ``owner`` is the ``module``, or the class, that it is an attribute of.
        """
        key = (f"{owner}:", attr)
        if key not in self._reasons:
            last = owner.rpartition(".")[2]
            family = frozenset((c.module, c.qualname) for c in self.subclasses(owner))

            def hits(file: File, put: Put) -> bool:
                aim = self._aim(file, put)
                if any(name.rpartition(".")[2] == last for name in aim.foreign):
                    return True
                return not module and self._hits_class(file, put, family, {last})

            self._reasons[key] = self._first(attr, hits)
        return self._reasons[key]

    def filled_elsewhere(self, module: str, name: str) -> bool:
        """May another file put something into a global container of a module?"""
        key = (module, f"{name}[]")
        if key not in self._reasons:
            found = [f for f in self.files if f.module != module and f.fills(name)]
            self._reasons[key] = self._at(found[0], 1) if found else ""
        return bool(self._reasons[key])

    def mentioned(self, text: str) -> str:
        """The first file in which a text stands, or ""."""
        found = next((file for file in self.files if file.mentions(text)), None)
        return (
            ""
            if found is None
            else self._at(found, 1 + found.data.split(text.encode())[0].count(b"\n"))
        )

    def setters(self, name: str, attr: str, seen: Collection[str]) -> tuple[File, ...] | None:
        """The files, beside the modules ``seen``, that may set an attribute of a class's objects.

        None if some file may set attributes whose names are computed.
        """
        classes = self.classes(name)
        family = frozenset[ClassKey]().union(*(self.family(c) for c in classes))
        words = {c.qualname.rpartition(".")[2] for c in classes}
        known = {id(file) for module in seen for file in self.modules(module)}
        if any(self._hits_class(file, put, family, words) for file, put in self.computed):
            return None
        found = [
            file
            for file, put in self.puts(attr)
            if id(file) not in known and self._hits_class(file, put, family, words)
        ]
        return tuple(dict.fromkeys(found))

    def _hits_class(
        self, file: File, put: Put, family: frozenset[ClassKey], words: set[str]
    ) -> bool:
        aim = self._aim(file, put)
        if not family.isdisjoint(aim.classes):
            return True
        if not aim.unknown or not self._callable(put):
            return False
        return put.attr != ANY_NAME or any(file.refers(word) for word in words)

    def _aim(self, file: File, put: Put) -> _Aim:
        """What is stored into."""
        key = (id(file), put.owner)
        known = self._aims.get(key)
        if known is None:
            known = self._aims[key] = self._find_aim(file, put.owner)
        return known

    def _find_aim(self, file: File, owner: Meaning) -> _Aim:
        if owner.kind in ("globals", "module"):
            return _Aim(modules=(file,) if owner.kind == "globals" else ())
        classes: set[ClassKey] = set()
        modules: list[File] = []
        foreign: set[str] = set()
        unknown = owner.kind == ""
        for dotted in owner.names:
            if owner.kind == "typed" and (dotted in _ANYTHING or dotted.startswith(_TYPING)):
                unknown = unknown or dotted in _ANYTHING
                continue
            for found in self.resolve(dotted):
                facts = found.file.facts if found.file is not None else None
                if found.kind == "class" and facts is not None:
                    classes |= self.family(facts.classes[found.qualname])
                elif found.kind == "external":  # a library's function may hand anything back
                    foreign.add(found.qualname)
                    lower = dotted.rpartition(".")[2][:1].islower()
                    unknown = unknown or (owner.kind == "made" and lower)
                elif found.kind == "module" and found.file is not None:
                    modules.append(found.file)
                elif found.kind != "function" or owner.kind == "made":
                    unknown = True
        return _Aim(frozenset(classes), tuple(modules), frozenset(foreign), unknown)

    def _first(self, attr: str, hits: Callable[[File, Put], bool]) -> str:
        for file, put in (*self.puts(attr), *self.computed):
            if hits(file, put):
                return self._at(file, put.line)
        for file, put in self.puts("__code__"):
            if any(n.rpartition(".")[2] == attr for n in put.owner.names) or (
                not put.owner.names and file.mentions(attr)
            ):
                return self._at(file, put.line)
        return ""

    def _at(self, file: File, line: int) -> str:
        if not file.path:
            return f"line {line}"
        path = Path(file.path)
        inside = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        return f"{inside.as_posix()}:{line}"


# ------------------------------------------------------------------------------------ of a project


@dataclass(slots=True)
class _Kept:
    listing: Listing
    files: dict[str, tuple[tuple[int, int], File]]
    checked: float
    every: float
    indices: dict[tuple[bool, bool], Index]  # by `tests` and `plain_values`


_KEPT: dict[tuple[Path, ...], _Kept] = {}
_KEPT_PROJECTS = 4
_SHARE = 20
_QUICK = 0.005


def index_of(roots: Sequence[Path], config: Config, *, tests: bool) -> Index:
    """The index of the files below ``roots``, kept while none of them changes.

    Looking for changes takes time too: where it takes long, it takes a twentieth of all at most.
    """
    key = tuple(roots)
    known = _KEPT.pop(key, None)
    now = time.monotonic()
    if known is None or now - known.checked > known.every:
        found = listing(roots, config, most=_MOST_FILES, folders=_MOST_FOLDERS)
        took = time.monotonic() - now
        every = _SHARE * took if took > _QUICK else 0.0
        if known is not None and known.listing == found:
            known.checked, known.every = time.monotonic(), every
        else:
            before = known.files if known is not None else {}
            known = _Kept(found, _read(found, before, roots[0]), time.monotonic(), every, {})
    _KEPT[key] = known
    while len(_KEPT) > _KEPT_PROJECTS:
        _KEPT.pop(next(iter(_KEPT)))
    which = tests, config.plain_values
    if which not in known.indices:
        refusal = ""
        if known.listing.too_many:
            refusal = f"the project has more than {_MOST_FILES} files, which are not looked through"
        files = [file for _, file in known.files.values()]
        known.indices[which] = Index(files, roots[0], tests=tests,
                                     plain_values=config.plain_values, refusal=refusal)  # fmt: skip
    return known.indices[which]


def _read(
    found: Listing, before: dict[str, tuple[tuple[int, int], File]], root: Path
) -> dict[str, tuple[tuple[int, int], File]]:
    files: dict[str, tuple[tuple[int, int], File]] = {}
    for path, changed, size in found.stamps:
        kept = before.get(path)
        stamp = (changed, size)
        files[path] = kept if kept is not None and kept[0] == stamp else (
            stamp, read_file(path, root)
        )  # fmt: skip
    return files
