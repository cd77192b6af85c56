"""What the index keeps of one file: its classes, and what it puts in the place of other things.

Names are dotted names as far as the file shows. What is put where need not be exact, but nothing
may be missing: the index asks only whether something *may* be replaced.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Any name at all: a class whose body is computed, an attribute whose name is.
ANY_NAME = "*"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an expression may be, as far as its file shows.

    ``kind``: *name* (what ``names`` mean), *made* (what calling it answers with), *typed* (an
    object annotated with it), *self* (an object of that class, or the class), *globals* (the names
    of that module), *module* (any module), or "" if it is not known. ``of``: what it is made of, as
    far as that is named.
    """

    kind: str = ""
    names: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


UNKNOWN = Meaning()


@dataclass(frozen=True, slots=True)
class Put:
    """Something is put at (or taken from) the attribute ``attr`` of ``owner``.

    ``constant``: it is nothing that could be called; ``data``: nor is it where what is found below
    a container of ``Any`` is plain data (contract §2).
    """

    owner: Meaning
    attr: str
    line: int
    constant: bool = False
    data: bool = False


@dataclass(frozen=True, slots=True)
class ClassFact:
    """A class: its bases, the names that its body binds, how it is decorated."""

    module: str
    qualname: str
    line: int
    bases: tuple[Meaning, ...] = ()
    binds: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    computed: tuple[tuple[str, Meaning], ...] = ()  # what may be a descriptor, and what made it
    decorators: tuple[Meaning, ...] = ()
    keywords: bool = False
    path: str = ""

    @property
    def name(self) -> str:
        return f"{self.module}.{self.qualname}"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the index wants to know of a file."""

    classes: dict[str, ClassFact]
    functions: frozenset[str]  # of the module itself
    imports: dict[str, tuple[str, ...]]  # name → what it is imported as, wherever in the file
    stars: tuple[str, ...]
    assigned: dict[str, tuple[Meaning, ...]]  # names of the module
    puts: tuple[Put, ...]
    broken: bool = False
