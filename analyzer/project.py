"""The modules of one project, found by the names they are imported by and lowered on demand.

Python finds a module by the folders of ``sys.path`` (reference, 5.5): here those that the
configuration calls ``src``, and the folder of the file at hand, which is the first one when that
file is run. Installed packages are not looked at: vocabularies speak of those.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config
from .effects.catalog import Catalog
from .index_files import in_tests
from .ir import Module
from .solving import Solver
from .source import SourceError, from_bytes
from .stars import starred

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .index import Index
    from .index_files import File

_Stamp = tuple[int, int]
#: Lowered modules of this process by file; the least lately used ones are given up first.
_LOWERED: OrderedDict[tuple[Path, str], tuple[_Stamp, Module | None]] = OrderedDict()
_KEPT = 400
#: Folders that hold no module of the project.
_NO_MODULES = frozenset({"__pycache__", "node_modules", "venv", "build", "dist"})
#: A larger file is not read: following calls into it costs more than it brings.
_LARGEST = 400_000
#: Projects of this process, by what they look like from outside.
_PROJECTS: OrderedDict[tuple[object, ...], Project] = OrderedDict()
_KEPT_PROJECTS = 16
#: How often a name is followed from one module to the next (re-exports).
_HOPS = 8


@dataclass(frozen=True, slots=True)
class Definition:
    """What a qualified name means: a ``kind`` of thing in a module.

    ``kind`` is function, class, variable or module; ``qualname`` is its name in the module.
    """

    kind: str
    module: str
    qualname: str

    @property
    def name(self) -> str:
        """The qualified name by which pexec knows it."""
        return f"{self.module}.{self.qualname}" if self.qualname else self.module


@dataclass(eq=False)
class Project:
    """Modules by their dotted names. ``here`` is the folder of the file that is analysed."""

    root: Path
    src: Sequence[str]
    here: Path | None
    sources: tuple[Catalog, ...]
    config: Config
    _files: dict[str, tuple[Path, bool] | None] = field(
        default_factory=dict[str, "tuple[Path, bool] | None"]
    )
    _stamps: dict[Path, _Stamp] = field(default_factory=dict[Path, "_Stamp"])
    _inferences: dict[str, Inference | None] = field(default_factory=dict[str, "Inference | None"])
    _stated: dict[str, str] = field(default_factory=dict[str, str])
    _texts: dict[Path, bytes] = field(default_factory=dict[Path, bytes])
    solver: Solver = field(default_factory=Solver)
    tests: bool = False  # a file of tests is looked at
    _modules: tuple[str, ...] | None = None
    _index: Index | None = None
    _definitions: dict[str, Definition | None] = field(
        default_factory=dict[str, "Definition | None"]
    )

    def module(self, name: str) -> Module | None:
        """The module of that name, None if the project has none or it cannot be read."""
        found = self._file(name)
        if found is None:
            return None
        path, package = found
        module = _lowered(path, name, package)
        stamp = _stamp(path)
        if stamp is not None:
            self._stamps[path] = stamp
        return module

    def path(self, name: str) -> Path | None:
        """The file of the module of that name."""
        found = self._file(name)
        return found[0] if found is not None else None

    def name_at(self, path: Path) -> str:
        """The name under which a file is imported, "" if it cannot be."""
        names = [module_name(path, self.src, self.root)[0]]
        if self.here is not None and path.is_relative_to(self.here):
            names.insert(0, module_name(path, ["."], self.here)[0])
        return next((n for n in names if _same_file(self.path(n), path)), "")

    def modules(self, most: int = 60) -> tuple[str, ...] | None:
        """The names of all modules below the project's folders; None if there are more."""
        if self._modules is None:
            folders = [Path(os.path.abspath(self.root / folder)) for folder in self.src]
            if self.here is not None:
                folders.append(Path(os.path.abspath(self.here)))
            self._modules = _names(sorted(set(folders), key=lambda f: -len(f.parts)), most)
        return self._modules or None

    def holds(self, name: str) -> bool:
        """Is there a module or a package of that name?"""
        return self._file(name) is not None

    def inference(self, name: str) -> Inference | None:
        """What is known within the module of that name."""
        if name not in self._inferences:
            from .effects.inference import Inference

            module = self.module(name)
            self._inferences[name] = (
                Inference(module, self.sources, self.config, self) if module is not None else None
            )
        return self._inferences[name]

    def stated(self, name: str) -> str:
        """What the text of a module shows a name of it to be, without lowering the module.

        It is *class* or *function*, or "" if that does not show; a ``TypedDict`` is no class.
        """
        known = self._stated.get(name)
        if known is None:
            known = self._stated[name] = self._find_stated(name)
        return known

    def _find_stated(self, name: str) -> str:
        module, _, last = name.rpartition(".")
        path = self.path(module) if module else None
        if path is None:
            return ""
        data = self._texts.get(path)
        if data is None:
            data = self._texts[path] = _read(path)
            stamp = _stamp(path)
            if stamp is not None:
                self._stamps[path] = stamp
        word = re.escape(last.encode())
        found = re.findall(rb"^(class|def|async def) +" + word + rb"\b([^:]*)", data, re.M)
        if len(found) != 1 or re.search(rb"^[ \t]*" + word + rb"\s*[:=]", data, re.M):
            return ""
        kind, header = found[0]
        if kind == b"class":
            return "" if b"Dict" in header else "class"
        return "function"

    def inside(self, name: str) -> bool:
        """Does a qualified name begin with a module of the project?"""
        return bool(self._split(name)[0])

    def inference_of(self, file: File) -> Inference | None:
        """What is known within a file of the index, by the name that others import it by."""
        parts = file.module.split(".")
        names = [".".join(parts[i:]) for i in range(len(parts))]
        name = next((n for n in names if str(self.path(n) or "") == file.path), file.module)
        if name not in self._inferences and self._file(name) is None and file.path:
            self._files[name] = (Path(file.path), file.package)
        return self.inference(name)

    def definition(self, name: str, *, once: bool = True) -> Definition | None:
        """What a qualified name means, followed through re-exports; None if it is not known.

        Only what is bound once in its module, whatever happens, has one meaning; a variable that is
        bound more often is found if ``once`` is false.
        """
        key = name if once else f"{name} "
        if key not in self._definitions:
            self._definitions[key] = None  # a name that leads to itself means nothing
            self._definitions[key] = self._find(name, once=once)
        return self._definitions[key]

    def _find(self, name: str, *, once: bool) -> Definition | None:
        for _ in range(_HOPS):
            module, rest = self._split(name)
            if not module:
                return None
            if not rest:
                return Definition("module", module, "")
            lowered = self.module(module)
            if lowered is None:
                return None
            found = (
                starred(self, lowered, module, rest, once=once)
                if lowered.star_import
                else defined(lowered, module, rest, once=once)
            )
            if not isinstance(found, str):
                return found
            if not found or found == name:
                return None
            name = found
        return None

    def _split(self, name: str) -> tuple[str, str]:
        """A qualified name → the longest module it begins with, and the rest."""
        parts = name.split(".")
        for i in range(len(parts), 0, -1):
            module = ".".join(parts[:i])
            if self._file(module) is not None:
                return module, ".".join(parts[i:])
        return "", name

    def _file(self, name: str) -> tuple[Path, bool] | None:
        if name not in self._files:
            self._files[name] = self._locate(name)
        return self._files[name]

    def _locate(self, name: str) -> tuple[Path, bool] | None:
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        folders = [self.root / folder for folder in self.src]
        if self.here is not None:
            folders.insert(0, self.here)
        for folder in dict.fromkeys(folders):
            path = folder.joinpath(*parts)
            package = path / "__init__.py"
            if package.is_file():
                return package, True
            plain = path.with_name(f"{path.name}.py")
            if plain.is_file():
                return plain, False
        return None

    @property
    def index(self) -> Index:
        """What the files of the project, of whatever module, may do to its classes."""
        if self._index is None:
            self._index = self._find_index()
        return self._index

    def _find_index(self) -> Index:
        from .index import index_of

        folders = [self.root, *(self.root / folder for folder in self.src)]
        folders += [self.here] if self.here is not None else []
        return index_of(folders, self.config, tests=self.tests)

    @property
    def stale(self) -> bool:
        """Has a file that was read changed since?"""
        if self._index is not None and self._index is not self._find_index():
            return True
        return any(_stamp(path) != stamp for path, stamp in self._stamps.items())


def project_of(
    root: Path,
    config: Config,
    sources: tuple[Catalog, ...],
    file: Path,
) -> Project:
    """The project that ``file`` belongs to, kept while none of the files it has read changes.

    A folder that is no package is where its files find each other when one of them is run.
    """
    folder = file.absolute().parent
    here = None if (folder / "__init__.py").is_file() else folder
    tests = in_tests(file.absolute(), root.absolute())
    key = (root, tuple(config.src), here, id(config), tuple(map(id, sources)), tests)
    known = _PROJECTS.pop(key, None)
    if known is None or known.config is not config or known.stale:
        known = Project(root, config.src, here, sources, config, tests=tests)
    _PROJECTS[key] = known
    while len(_PROJECTS) > _KEPT_PROJECTS:
        _PROJECTS.popitem(last=False)
    return known


def module_name(path: Path, src: Sequence[str], root: Path) -> tuple[str, bool]:
    """The dotted name a file is imported by, and whether it is a package's ``__init__``."""
    path = path.absolute()
    bases = [(root / folder).resolve() for folder in src]
    best: tuple[str, ...] | None = None
    for base in bases:
        try:
            parts = path.resolve().relative_to(base).with_suffix("").parts
        except ValueError:
            continue
        if best is None or len(parts) < len(best):
            best = parts
    if best is None or not all(part.isidentifier() for part in best):
        best = (path.stem,)
    if best[-1] == "__init__":
        return ".".join(best[:-1]), True
    return ".".join(best), False


def defined(module: Module, name: str, rest: str, *, once: bool = True) -> Definition | str | None:
    """What ``rest`` means in a module: a definition, or the qualified name it was imported as.

    Of a module with star imports, see :mod:`.stars`.
    """
    first, _, more = rest.partition(".")
    info = module.symbols.get(f":{first}")
    if info is None:
        return None
    if info.kind == "import" and info.bindings == 1:
        return f"{info.target}.{more}" if more else info.target
    if not once and info.bindings > 1 and info.kind == "global" and not more:
        return Definition("variable", name, first)
    if info.bindings != 1 or info.unbound:
        return None
    if info.function:
        return None if more else Definition("function", name, info.function)
    if info.cls:
        return _member(module, name, info.cls, more)
    return None if more else Definition("variable", name, first)


def _member(module: Module, name: str, owner: str, more: str) -> Definition | None:
    """A class, a method of it, or a class within."""
    while more:
        first, _, more = more.partition(".")
        info = module.symbols.get(f"{owner}:{first}")
        if info is None or info.bindings != 1:
            return None
        if info.function:
            return None if more else Definition("function", name, info.function)
        if not info.cls:
            return None
        owner = info.cls
    return Definition("class", name, owner)


def _names(folders: Iterable[Path], most: int) -> tuple[str, ...]:
    """The modules below folders, by their name from the innermost one; () if there are too many."""
    found: dict[Path, str] = {}
    for folder in folders:
        for where, below, files in os.walk(folder):
            below[:] = [d for d in below if d.isidentifier() and d not in _NO_MODULES]
            for name in files:
                stem, extension = os.path.splitext(name)
                path = Path(where, name)
                if extension == ".py" and stem.isidentifier() and path not in found:
                    parts = [*Path(where).relative_to(folder).parts, stem]
                    if stem == "__init__":
                        parts.pop()
                    if parts:
                        found[path] = ".".join(parts)
            if len(found) > most:
                return ()
    return tuple(found.values())


def _same_file(one: Path | None, other: Path) -> bool:
    return one is not None and (one == other or one.resolve() == other.resolve())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size)


def _lowered(path: Path, name: str, package: bool) -> Module | None:
    from .lowering import lower

    stamp = _stamp(path)
    if stamp is None or stamp[1] > _LARGEST:
        return None
    known = _LOWERED.pop((path, name), None)
    if known is None or known[0] != stamp:
        try:
            source = from_bytes(path.read_bytes())
            module = replace(lower(source, name, is_package=package), script=False)
        except (SourceError, OSError):
            module = None
        known = (stamp, module)
    _LOWERED[path, name] = known
    while len(_LOWERED) > _KEPT:
        _LOWERED.popitem(last=False)
    return known[1]
