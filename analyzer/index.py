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
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .config import Config
from .index_facts import ANY_NAME, ClassFact, Meaning, Put
from .index_files import File, Listing, listing, read_file, text_file

#: A larger project is not looked through, and nothing is known of its classes and functions.
_MOST_FILES = 6000
_MOST_FOLDERS = 20_000
#: Values that an external name is not: whatever is annotated with it may be any object.
_ANYTHING = frozenset({
    "typing.Any", "builtins.object", "typing.Self", "typing_extensions.Self", "builtins.type",
})  # fmt: skip
_UNREAD = ("", "variable")
_PROPERTIES = ("property", "Property")
_DESCRIPTOR = frozenset({"__get__", "__set__", "__delete__", "__set_name__", ANY_NAME})
#: Bases that bring no methods of their own.
_HARMLESS = ("typing.", "typing_extensions.", "abc.ABC", "builtins.object")
_TYPING = ("typing.", "typing_extensions.", "collections.abc.", "builtins.None")


@dataclass(frozen=True, slots=True)
class Found:
    """What a name may mean: a class, a function, a module or a variable of a file.

    ``kind`` is one of those, *external* (nothing of the project) or "" if it is not known.
    """

    kind: str
    file: File | None = None
    qualname: str = ""


_UNKNOWN = Found("")


_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Aim:
    """What something is stored into: objects of ``classes``, ``modules``, or it is not known."""

    classes: frozenset[_Key] = frozenset()
    modules: tuple[File, ...] = ()
    unknown: bool = False


class Index:
    """The files of a project. ``tests``: those of tests too."""

    def __init__(
        self, files: Sequence[File], root: Path, *, tests: bool, refusal: str = ""
    ) -> None:
        self.files = [f for f in files if tests or not f.test]
        self.root = root
        self.refusal = refusal
        self._classes: dict[str, tuple[ClassFact, ...]] = {}
        self._below: dict[_Key, tuple[ClassFact, ...]] = {}
        self._puts: dict[str, tuple[tuple[File, Put], ...]] = {}
        self._reasons: dict[tuple[str, str], str] = {}
        self._found: dict[str, tuple[Found, ...]] = {}
        self._above: dict[_Key, tuple[ClassFact, ...]] = {}
        self._overriding: dict[_Key, tuple[ClassFact, ...]] = {}
        self._kin: dict[_Key, tuple[ClassFact, ...]] = {}
        self._families: dict[_Key, frozenset[_Key]] = {}
        self._aims: dict[tuple[int, Meaning], _Aim] = {}

    def with_text(self, text: str, module: str, *, package: bool) -> Index:
        """The same with one file that may not be saved yet."""
        file = text_file(text, module, package=package)
        if any(f.data == file.data for f in self.modules(module)):
            return self
        return Index([*self.files, file], self.root, tests=True, refusal=self.refusal)

    # -- classes -------------------------------------------------------------------------------

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
        found: dict[_Key, ClassFact] = {}
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
        found: dict[_Key, ClassFact] = {}
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
            found: dict[_Key, ClassFact] = {}
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

    def _differs(self, cls: ClassFact, method: str, own: set[_Key]) -> bool:
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

    def _family(self, cls: ClassFact) -> frozenset[_Key]:
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
            found: dict[_Key, ClassFact] = {}
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

    def nearby(self, cls: ClassFact) -> tuple[ClassFact, ...]:
        """The classes that the file of a class defines or imports."""
        found: dict[_Key, ClassFact] = {}
        for file in self.modules(cls.module):
            names = [n for names in file.facts.imports.values() for n in names]
            names += [f"{file.module}.{qualname}" for qualname in file.facts.classes]
            for name in names:
                found.update((_key(c), c) for c in self.classes(name))
        return tuple(found.values())

    def describes(self, meaning: Meaning) -> bool:
        """May a class attribute be a descriptor, which runs code when it is looked at or set?

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
                elif found.kind in _UNREAD or (found.kind == "function" and meaning.kind == "made"):
                    return True
        return False

    def having(self, methods: frozenset[str], method: str) -> tuple[ClassFact, ...]:
        """The classes with all these methods, whatever they inherit from: ``method`` too."""
        word = method.encode()
        found: dict[_Key, ClassFact] = {}
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

    # -- names ---------------------------------------------------------------------------------

    @cached_property
    def _modules(self) -> dict[str, list[File]]:
        """Names by which modules may be imported → their files.

        Which folders they are looked up in is not known; but those are no packages.
        """
        packages = {f.module for f in self.files if f.package}
        found: dict[str, list[File]] = {}
        for file in self.files:
            parts = file.module.split(".")
            for i in range(len(parts)):
                if i == 0 or ".".join(parts[:i]) not in packages:
                    found.setdefault(".".join(parts[i:]), []).append(file)
        return found

    def modules(self, name: str) -> list[File]:
        """The files that may be imported by a name."""
        return self._modules.get(name, [])

    def resolve(self, name: str) -> tuple[Found, ...]:
        """What a dotted name may mean."""
        known = self._found.get(name)
        if known is None:
            self._found[name] = (_UNKNOWN,)  # a name that leads to itself
            known = self._found[name] = tuple(dict.fromkeys(self._resolve(name)))
        return known

    def _resolve(self, name: str) -> Iterator[Found]:
        parts = name.split(".")
        for i in range(len(parts), 0, -1):
            files = self.modules(".".join(parts[:i]))
            if files:
                found = [f for file in files for f in self._member(file, parts[i:])]
                known = [f for f in found if f.kind]
                yield from known or found
                return
        yield Found("external", qualname=name)

    def _member(self, file: File, rest: list[str]) -> Iterator[Found]:
        if not rest:
            yield Found("module", file)
            return
        facts = file.facts
        first = rest[0]
        own = False
        for i in range(len(rest), 0, -1):
            qualname = ".".join(rest[:i])
            if qualname in facts.classes:
                own = True
                yield Found("class", file, qualname) if i == len(rest) else _UNKNOWN
                break
        if first in facts.functions:
            own = True
            yield Found("function", file, first)
        for target in facts.imports.get(first, ()):
            own = True
            again = ".".join((target, *rest[1:]))
            if again != f"{file.module}.{'.'.join(rest)}":
                yield from self.resolve(again)
        for meaning in facts.assigned.get(first, ()):
            own = True
            yield from self._assigned(file, first, meaning, rest[1:])
        if not own:
            for star in facts.stars:
                yield from self.resolve(".".join((star, *rest)))
            yield _UNKNOWN

    def _assigned(
        self, file: File, name: str, meaning: Meaning, more: list[str]
    ) -> Iterator[Found]:
        if meaning.kind == "name":
            for target in meaning.names:
                yield from self.resolve(".".join((target, *more)))
            return
        kinds = {f.kind for target in meaning.names for f in self.resolve(target)}
        if (
            meaning.kind == "made"
            and kinds == {"external"}
            and "builtins.type" not in meaning.names
        ):
            for target in meaning.of:  # a library's function makes it of what it is handed
                yield from self.resolve(target)
            yield Found("external", qualname=meaning.names[0])
        else:
            yield Found("variable", file, name)

    # -- replacements --------------------------------------------------------------------------

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
            return not put.constant and file.mentions(module.rpartition(".")[2])
        return False

    def method_replaced(self, name: str, method: str) -> str:
        """What may be put in the place of a method of a class, or of its objects, or ""."""
        key = (name, method)
        if key not in self._reasons:
            classes = self.classes(name)
            family = frozenset[_Key]().union(*(self._family(c) for c in classes))
            words = {c.qualname.rpartition(".")[2] for c in classes}
            self._reasons[key] = self._first(
                method, lambda file, put: self._hits_class(file, put, family, words)
            )
        return self._reasons[key]

    def setters(self, name: str, attr: str, seen: Collection[str]) -> tuple[File, ...] | None:
        """The files, beside the modules ``seen``, that may set an attribute of a class's objects.

        None if some file may set attributes whose names are computed.
        """
        classes = self.classes(name)
        family = frozenset[_Key]().union(*(self._family(c) for c in classes))
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

    def _hits_class(self, file: File, put: Put, family: frozenset[_Key], words: set[str]) -> bool:
        aim = self._aim(file, put)
        if not family.isdisjoint(aim.classes):
            return True
        if not aim.unknown or put.constant:  # nothing that could be called
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
        classes: set[_Key] = set()
        modules: list[File] = []
        unknown = owner.kind == ""
        for dotted in owner.names:
            if owner.kind == "typed" and (dotted in _ANYTHING or dotted.startswith(_TYPING)):
                unknown = unknown or dotted in _ANYTHING
                continue
            for found in self.resolve(dotted):
                facts = found.file.facts if found.file is not None else None
                if found.kind == "class" and facts is not None:
                    classes |= self._family(facts.classes[found.qualname])
                elif found.kind == "external":  # a library's function may hand anything back
                    lower = dotted.rpartition(".")[2][:1].islower()
                    unknown = unknown or (owner.kind == "made" and lower)
                elif found.kind == "module" and found.file is not None:
                    modules.append(found.file)
                elif found.kind != "function" or owner.kind == "made":
                    unknown = True
        return _Aim(frozenset(classes), tuple(modules), unknown)

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


def _key(cls: ClassFact) -> _Key:
    return cls.module, cls.qualname


def _same(one: str, other: str) -> bool:
    return one == other or one.rpartition(".")[2] == other.rpartition(".")[2]


# ------------------------------------------------------------------------------------ of a project


@dataclass(slots=True)
class _Kept:
    listing: Listing
    files: dict[str, tuple[tuple[int, int], File]]
    checked: float
    every: float
    indices: dict[bool, Index]


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
    if tests not in known.indices:
        refusal = ""
        if known.listing.too_many:
            refusal = f"the project has more than {_MOST_FILES} files, which are not looked through"
        files = [file for _, file in known.files.values()]
        known.indices[tests] = Index(files, roots[0], tests=tests, refusal=refusal)
    return known.indices[tests]


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
