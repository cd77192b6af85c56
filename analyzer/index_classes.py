"""The classes of a project: which inherit from which, and what they define."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from .index_facts import ANY_NAME, ClassFact, Meaning
from .index_files import File
from .index_names import Names

_UNREAD = ("", "variable")
_PROPERTIES = ("property", "Property")
_DESCRIPTOR = frozenset({"__get__", "__set__", "__delete__", "__set_name__", ANY_NAME})
#: Classes whose constants become objects of the class (https://docs.python.org/3/library/enum.html).
_ENUMS = frozenset({
    "enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag",
})  # fmt: skip
#: Bases that bring no methods of their own.
_HARMLESS = ("typing.", "typing_extensions.", "abc.ABC", "builtins.object")

#: A class by its module and its name in it.
ClassKey = tuple[str, str]


class Classes(Names):
    """The classes of some files."""

    def __init__(self, files: Sequence[File]) -> None:
        super().__init__(files)
        self._classes: dict[str, tuple[ClassFact, ...]] = {}
        self._below: dict[ClassKey, tuple[ClassFact, ...]] = {}
        self._above: dict[ClassKey, tuple[ClassFact, ...]] = {}
        self._overriding: dict[ClassKey, tuple[ClassFact, ...]] = {}
        self._kin: dict[ClassKey, tuple[ClassFact, ...]] = {}
        self._around: dict[str, frozenset[str]] = {}
        self._nearby: dict[str, tuple[ClassFact, ...]] = {}
        self._families: dict[ClassKey, frozenset[ClassKey]] = {}

    def classes(self, name: str) -> tuple[ClassFact, ...]:
        """The classes that a qualified name may mean."""
        known = self._classes.get(name)
        if known is None:
            found = [
                f.file.facts.classes[f.qualname]
                for f in self.resolve(name)
                if f.kind == "class" and f.file is not None
            ]
            known = self._classes[name] = tuple(found)
        return known

    def subclasses(self, name: str) -> tuple[ClassFact, ...]:
        """All classes of the project that may inherit from a class, itself left out."""
        found: dict[ClassKey, ClassFact] = {}
        for cls in self.classes(name):
            for below in self.below(cls):
                found[_key(below)] = below
        if not self.classes(name):  # of a library
            for below in self._closure(name, None):
                found[_key(below)] = below
        return tuple(found.values())

    def below(self, cls: ClassFact) -> tuple[ClassFact, ...]:
        known = self._below.get(_key(cls))
        if known is None:
            found = self._closure(cls.name, cls)
            known = self._below[_key(cls)] = tuple(f for f in found if _key(f) != _key(cls))
        return known

    def _closure(self, name: str, start: ClassFact | None) -> list[ClassFact]:
        found: dict[ClassKey, ClassFact] = {}
        todo = self._direct(name, start)
        while todo:
            one = todo.pop()
            if _key(one) not in found:
                found[_key(one)] = one
                todo += self._direct(one.name, one)
        return list(found.values())

    def _direct(self, name: str, own: ClassFact | None) -> list[ClassFact]:
        """The classes that name a class as a base; ``own`` is None for one of a library."""
        last = name.rpartition(".")[2]
        words = {w.encode() for w in self._other_names(last)}
        return [
            cls
            for file in dict.fromkeys(f for w in words for f in self._naming(w))
            for cls in file.facts.classes.values()
            if file.facts.broken or any(self._is_base(base, name, own, words) for base in cls.bases)
        ]

    def _naming(self, word: bytes) -> list[File]:
        """The files in which a class may have a base of that name."""
        return [*self._by_base.get(word, ()), *self._odd]

    @cached_property
    def _odd(self) -> list[File]:
        return [f for f in self.files if f.odd]

    @cached_property
    def _by_base(self) -> dict[bytes, list[File]]:
        found: dict[bytes, list[File]] = {}
        for file in self.files:
            for word in file.bases:
                found.setdefault(word, []).append(file)
        return found

    def _is_base(self, base: Meaning, name: str, own: ClassFact | None, words: set[bytes]) -> bool:
        for dotted in (*base.names, *base.of):
            for found in self.resolve(dotted):
                if found.kind == "class" and found.file is not None:
                    if own is not None and (found.file.module, found.qualname) == _key(own):
                        return True
                elif found.kind == "external":
                    if own is None and _same(found.qualname, name):
                        return True
                elif found.kind != "module" and dotted.rpartition(".")[2].encode() in words:
                    return True
        return False

    @cached_property
    def _renamed(self) -> dict[bytes, set[bytes]]:
        found: dict[bytes, set[bytes]] = {}
        for file in self.files:
            for a, b in file.renamed:
                found.setdefault(a, set()).add(b)
        return found

    def _other_names(self, last: str) -> set[str]:
        """The names that something of that name is also given, anywhere."""
        found, todo = {last}, [last]
        while todo and len(found) < 200:
            for name in self._renamed.get(todo.pop().encode(), ()):
                word = name.decode("utf-8", "replace")
                if word not in found:
                    found.add(word)
                    todo.append(word)
        return found

    @cached_property
    def loose(self) -> tuple[tuple[File, ClassFact], ...]:
        """Classes of which a base is not known: it may be any class."""
        return tuple(
            (file, cls)
            for file in self._odd
            if not file.facts.broken
            for cls in file.facts.classes.values()
            if any(self._is_loose(base) for base in cls.bases)
        )

    def _is_loose(self, base: Meaning) -> bool:
        if base.kind not in ("name", "made") or "builtins.type" in base.names:
            return True
        kinds = {f.kind for name in base.names for f in self.resolve(name)}
        if base.kind == "made":  # a library's function makes it of what it is handed
            return bool(kinds - {"external"})
        return bool(kinds - {"class", "external"})

    def above(self, cls: ClassFact) -> tuple[ClassFact, ...]:
        """The classes of the project that a class may inherit from, at any distance."""
        known = self._above.get(_key(cls))
        if known is None:
            self._above[_key(cls)] = ()  # a class that inherits from itself
            found: dict[ClassKey, ClassFact] = {}
            for base in cls.bases:
                for one in self._project_bases(base):
                    found[_key(one)] = one
                    found.update((_key(up), up) for up in self.above(one))
            found.pop(_key(cls), None)
            known = self._above[_key(cls)] = tuple(found.values())
        return known

    def _project_bases(self, base: Meaning) -> list[ClassFact]:
        return [
            found.file.facts.classes[found.qualname]
            for dotted in (*base.names, *base.of)
            for found in self.resolve(dotted)
            if found.kind == "class" and found.file is not None
        ]

    def overriding(self, name: str, method: str) -> tuple[ClassFact, ...]:
        """The subclasses that may have another ``method`` than the class itself."""
        key = (name, method)
        if key not in self._overriding:
            word = name.rpartition(".")[2]
            classes = self.classes(name)
            own = {_key(c) for cls in classes for c in (cls, *self.above(cls))}
            found = [c for c in self.subclasses(name) if self._differs(c, method, own)]
            for file, cls in self.loose:
                if method in cls.binds or (ANY_NAME in cls.binds and file.refers(word)):
                    found.append(cls)
            self._overriding[key] = tuple(found)
        return self._overriding[key]

    def _differs(self, cls: ClassFact, method: str, own: set[ClassKey]) -> bool:
        """Does a class, or one that it inherits from beside ``own``, bind the name?"""
        for one in (cls, *self.above(cls)):
            if _key(one) not in own and (method in one.binds or ANY_NAME in one.binds):
                return True
        return any(self._foreign(base) for base in cls.bases[:-1])

    def _foreign(self, base: Meaning) -> bool:
        """Is a base, which is looked at before others, a class that may have any attribute?"""
        return not self._project_bases(base) and not all(
            name.startswith(_HARMLESS) for name in base.names
        )

    def family(self, cls: ClassFact) -> frozenset[ClassKey]:
        """A class and all below it: an object may be of two classes whose families meet."""
        known = self._families.get(_key(cls))
        if known is None:
            known = frozenset({_key(cls), *map(_key, self.below(cls))})
            self._families[_key(cls)] = known
        return known

    def kin(self, name: str, *, exact: bool = False) -> tuple[ClassFact, ...]:
        """The classes whose code may run for an object of a class: those above and below it.

        ``exact``: the object is of this very class.
        """
        key = (name, "exact" if exact else "")
        known = self._kin.get(key)
        if known is None:
            found: dict[ClassKey, ClassFact] = {}
            word = name.rpartition(".")[2]
            these = [*self.classes(name)]
            if not exact:
                these += self.subclasses(name)
                these += [c for f, c in self.loose if ANY_NAME not in c.binds or f.refers(word)]
            for cls in these if self.classes(name) or len(these) > len(self.loose) else ():
                found[_key(cls)] = cls
                found.update((_key(up), up) for up in self.above(cls))
            known = self._kin[key] = tuple(found.values())
        return known

    def nearby(self, module: str) -> tuple[ClassFact, ...]:
        """The classes that a module defines or imports, and those of modules it imports."""
        known = self._nearby.get(module)
        if known is None:
            found: dict[ClassKey, ClassFact] = {}
            for file in self.modules(module):
                imported = [n for names in file.facts.imports.values() for n in names]
                for other in (file, *(f for name in imported for f in self.modules(name))):
                    found.update((_key(c), c) for c in other.facts.classes.values())
                for name in imported:
                    found.update((_key(c), c) for c in self.classes(name))
            known = self._nearby[module] = tuple(found.values())
        return known

    def describes(self, meaning: Meaning, *, of_functions: bool = True) -> bool:
        """May a class attribute be a descriptor, which runs code when it is looked at or set?

        ``of_functions``: what a function of the project has made may be one.

        A library's calls and names are none, but for those that are called so: what a field of a
        model or a table does is for vocabularies to say.
        """
        if meaning.kind not in ("name", "made"):
            return meaning.kind != "typed"
        for dotted in meaning.names:
            if dotted.endswith(_PROPERTIES):
                return True
            for found in self.resolve(dotted):
                if found.kind == "class" and found.file is not None:
                    cls = found.file.facts.classes[found.qualname]
                    line = (cls, *self.above(cls)) if meaning.kind == "made" else ()
                    if any(not _DESCRIPTOR.isdisjoint(c.binds) or c.keywords for c in line):
                        return True
                elif found.kind in _UNREAD or (
                    of_functions and found.kind == "function" and meaning.kind == "made"
                ):
                    return meaning.kind == "made" or not self._is_member(dotted)
        return False

    def _is_member(self, dotted: str) -> bool:
        """Is it a member of an enumeration of the project, an object of that class?"""
        owner, _, name = dotted.rpartition(".")
        classes = self.resolve(owner)
        for found in classes:
            if found.kind != "class" or found.file is None:
                return False
            cls = found.file.facts.classes[found.qualname]
            line = (cls, *self.above(cls))
            bases = {name for c in line for base in c.bases for name in base.names}
            if name not in cls.binds - cls.methods or bases.isdisjoint(_ENUMS):
                return False
            if cls.keywords or any(not _DESCRIPTOR.isdisjoint(c.binds) for c in line):
                return False
        return bool(classes)

    def around(self, module: str) -> frozenset[str]:
        """The paths of the files whose classes a module may meet objects of.

        It imports them, directly or indirectly, or a file does that imports it as well.
        """
        known = self._around.get(module)
        if known is None:
            own = self.modules(module)
            found = self._closed(self._closed(own, self._importers), self._imported)
            known = self._around[module] = frozenset(file.path for file in found)
        return known

    def _closed(self, files: Iterable[File], more: Mapping[File, Iterable[File]]) -> list[File]:
        found: dict[File, None] = {}
        todo = list(files)
        while todo:
            one = todo.pop()
            if one not in found:
                found[one] = None
                todo.extend(more.get(one, ()))
        return list(found)

    @cached_property
    def _imported(self) -> dict[File, list[File]]:
        """File → those that it imports; of `import a.b` both `a` and `a.b`."""
        found: dict[File, list[File]] = {}
        for file in self.files:
            names = [n for several in file.facts.imports.values() for n in several]
            parts = {p for name in (*names, *file.facts.stars, file.module) for p in _parts(name)}
            found[file] = [other for name in sorted(parts) for other in self.modules(name)]
        return found

    @cached_property
    def _importers(self) -> dict[File, list[File]]:
        found: dict[File, list[File]] = {}
        for file, others in self._imported.items():
            for other in others:
                found.setdefault(other, []).append(file)
        return found

    @cached_property
    def binding(self) -> dict[str, tuple[ClassFact, ...]]:
        """Special methods → the classes that define them."""
        return self._by_name(lambda cls: (n for n in cls.binds if n[:2] == n[-2:] == "__"))

    def made_up(self, word: str) -> tuple[ClassFact, ...]:
        """The classes whose bodies are computed, in files in which a word stands.

        A file that cannot be read cannot be run either.
        """
        return tuple(
            cls for file, cls in self._made_up if not file.facts.broken and file.refers(word)
        )

    @cached_property
    def _made_up(self) -> tuple[tuple[File, ClassFact], ...]:
        return tuple(
            (file, cls)
            for file in self.files
            for cls in (file.facts.classes.values() if b"class" in file.data or file.odd else ())
            if ANY_NAME in cls.binds
        )

    @cached_property
    def computing(self) -> dict[str, tuple[ClassFact, ...]]:
        """Attributes → the classes that may compute them."""
        return self._by_name(lambda cls: (name for name, _ in cls.computed))

    def _by_name(
        self, names: Callable[[ClassFact], Iterable[str]]
    ) -> dict[str, tuple[ClassFact, ...]]:
        found: dict[str, dict[ClassKey, ClassFact]] = {}
        for file in self.files:
            for cls in file.facts.classes.values() if b"class" in file.data else ():
                for name in names(cls):
                    found.setdefault(name, {})[_key(cls)] = cls
        return {name: tuple(classes.values()) for name, classes in found.items()}

    def having(self, methods: frozenset[str], method: str) -> tuple[ClassFact, ...]:
        """The classes with all these methods, whatever they inherit from: ``method`` too."""
        word = method.encode()
        found: dict[ClassKey, ClassFact] = {}
        for file in self.files:
            for cls in file.facts.classes.values() if word in file.data else ():
                if method in cls.binds or ANY_NAME in cls.binds:
                    for one in (cls, *self.below(cls)):
                        if self._has(one, methods):
                            found[_key(one)] = one
        return tuple(found.values())

    def _has(self, cls: ClassFact, methods: frozenset[str]) -> bool:
        line = (cls, *self.above(cls))
        names = frozenset[str]().union(*(c.binds for c in line))
        open_ended = ANY_NAME in names or any(
            self._foreign(base) for c in line for base in c.bases
        )  # fmt: skip
        return open_ended or methods <= names


def _key(cls: ClassFact) -> ClassKey:
    return cls.module, cls.qualname


def _parts(name: str) -> Iterator[str]:
    """`a.b.c` → `a`, `a.b`, `a.b.c`."""
    words = name.split(".")
    return (".".join(words[: i + 1]) for i in range(len(words)))


def _same(one: str, other: str) -> bool:
    return one == other or one.rpartition(".")[2] == other.rpartition(".")[2]
