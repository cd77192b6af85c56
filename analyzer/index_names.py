"""What dotted names mean in a project: which file, and what of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from .index_facts import Meaning
from .index_files import File


@dataclass(frozen=True, slots=True)
class Found:
    """What a name may mean: a class, a function, a module or a variable of a file.

    ``kind`` is one of those, *external* (nothing of the project) or "" if it is not known.
    """

    kind: str
    file: File | None = None
    qualname: str = ""


_UNKNOWN = Found("")
#: A name of more words is not followed: `from a import b as a` makes one that grows for ever.
_LONGEST = 24


class Names:
    """The modules of some files, and what their names mean."""

    def __init__(self, files: Sequence[File]) -> None:
        self.files = files
        self._found: dict[str, tuple[Found, ...]] = {}

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
        if len(parts) > _LONGEST:
            yield _UNKNOWN
            return
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
