"""Types as pexec knows them, and the text that lowering keeps of an annotation.

The text of an annotation joins qualified names by ``|``, with what stands in brackets behind them:
``builtins.dict[builtins.str,shop.Order]|builtins.None``. ``?`` is what is not understood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

PLAIN = "plain"
NONE = "builtins.None"
#: What has no name of its own in Python: a class, a generator, a context manager of a generator.
CLASS = "builtins.type"
GENERATOR = "<generator>"
MANAGER = "<manager>"
SUPER = "<super>"
#: What an annotation says that nothing is said of.
UNSAID = "?"


@dataclass(frozen=True, slots=True)
class Type:
    """A qualified name ("" if the type is not known) and what the brackets behind it hold.

    ``exact``: made by a constructor that can be seen, so not an object of a subclass. ``union``:
    one of several classes, and no type of its own: false, as one that is not known.
    """

    name: str = ""
    args: tuple[Type, ...] = ()
    exact: bool = False
    union: tuple[Type, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def known(self) -> bool:
        return bool(self.name or self.union)

    @property
    def each(self) -> tuple[Type, ...]:
        """The classes of which it is one."""
        return self.union or (self,)

    def arg(self, index: int) -> Type:
        """What stands at a place in the brackets; not known if nothing does."""
        if not -len(self.args) <= index < len(self.args):
            return UNKNOWN
        found = self.args[index]
        return UNKNOWN if found == NEVER else found

    @property
    def bare(self) -> Type:
        """The same without what it holds."""
        return replace(self, args=())


UNKNOWN = Type()
#: What an empty container holds.
NEVER = Type("<never>")
#: What is being looked for, and is asked for meanwhile (see `solving`).
OPEN = Type("<open>")
PLAIN_DATA = Type(PLAIN)
#: Text, a number, a truth value or None: which of them is not known.
SCALAR = "scalar"
#: An exception that holds nothing that changes, and is only shown (see `caught`).
ERROR = Type("<error>")
TEXT = Type("builtins.str", exact=True)
WHOLE = Type("builtins.int", exact=True)

SCALARS = frozenset({
    "builtins.str", "builtins.int", "builtins.float", "builtins.bool", NONE, "builtins.NoneType",
})  # fmt: skip
NUMBERS = ("builtins.bool", "builtins.int", "builtins.float", "builtins.complex")
#: Built-in types whose methods are all known, and what plain data may be.
DATA: dict[str, tuple[type, ...]] = {
    f"builtins.{kind.__name__}": (kind,)
    for kind in (str, int, float, bool, bytes, list, dict, set, frozenset, tuple)
}
DATA[PLAIN] = (str, int, float, bool, list, dict, set, tuple, type(None))
DATA[SCALAR] = (str, int, float, bool, type(None))
_HOLDING_PLAIN = frozenset({"builtins.list", "builtins.dict", "builtins.set", "builtins.tuple"})
MAPPINGS = frozenset({
    "builtins.dict", "collections.defaultdict", "collections.OrderedDict", "collections.Counter",
})  # fmt: skip
#: Unions of more classes than this are not known.
_LARGEST_UNION = 6
_NOTHING = frozenset({NONE, "builtins.NoneType", NEVER.name, OPEN.name})


def is_plain(found: Type) -> bool:
    """Is it JSON-like data: text, numbers, None, and built-in containers of such?"""
    if found.union:
        return all(map(is_plain, found.union))
    if found.name in (PLAIN, SCALAR) or found in (NEVER, OPEN) or found.name in SCALARS:
        return True
    return found.name in _HOLDING_PLAIN and bool(found.args) and all(map(is_plain, found.args))


def join(types: Iterable[Type]) -> Type:
    """What is known of a value that may be of any of the types; a call on None raises."""
    several = {one for found in types for one in found.each}
    if len(several) > 1:
        several = {t for t in several if t.name not in _NOTHING} or several
    if not several:
        return UNKNOWN
    if len(several) == 1:
        return several.pop()
    if not all(several):
        return UNKNOWN
    names = {t.name for t in several}
    exact = all(t.exact for t in several)
    if len(names) == 1:
        return Type(names.pop(), _joined_args([t.args for t in several]), exact)
    if names <= set(NUMBERS):
        return Type(max(names, key=NUMBERS.index), exact=exact)
    if names <= SCALARS | {SCALAR}:
        return Type(SCALAR)
    if all(map(is_plain, several)) and "builtins.set" not in names:  # JSON has no sets
        return PLAIN_DATA
    return _union(several) if len(names) <= _LARGEST_UNION else UNKNOWN


def _union(several: set[Type]) -> Type:
    """One of several classes, of which each may be data."""
    kinds: dict[str, Type] = {}
    for one in several:
        special = "." not in one.name or one.name.startswith(
            ("builtins.", "typing.", "collections.")
        )
        if special and one.name not in DATA:
            return UNKNOWN
        other = kinds.get(one.name)
        kinds[one.name] = one if other is None else join((one, other))
    return Type(union=tuple(kinds[name] for name in sorted(kinds)))


def _joined_args(rows: list[tuple[Type, ...]]) -> tuple[Type, ...]:
    if len({len(row) for row in rows}) != 1:
        return ()
    return tuple(join(column) for column in zip(*rows, strict=True))


def agrees(annotated: Type, assigned: Type) -> bool:
    """May a value of the one type be what an annotation calls the other?"""
    if not assigned or assigned.name in _NOTHING:
        return True
    if annotated.name in NUMBERS and assigned.name in NUMBERS:
        return NUMBERS.index(assigned.name) <= NUMBERS.index(annotated.name)
    if SCALAR in (annotated.name, assigned.name):
        return {annotated.name, assigned.name} <= SCALARS | {SCALAR, PLAIN}
    if PLAIN in (annotated.name, assigned.name):
        other = assigned if annotated.name == PLAIN else annotated
        return is_plain(other) or (other.name in _HOLDING_PLAIN and not other.args)
    return annotated.name == assigned.name


# -- text ----------------------------------------------------------------------------------------


def split(text: str, mark: str) -> list[str]:
    """The pieces of a text between the marks that stand in no brackets."""
    found: list[str] = []
    depth = start = 0
    for i, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if char == mark and not depth:
            found.append(text[start:i])
            start = i + 1
    return [*found, text[start:]]


def members(text: str) -> list[str]:
    """The alternatives of an annotation's text."""
    return split(text, "|")


def optional(text: str) -> bool:
    return NONE in members(text)


@lru_cache(4096)
def parts(member: str) -> tuple[str, tuple[str, ...]]:
    """One alternative → its name, and the texts in the brackets behind it."""
    name, _, rest = member.partition("[")
    return name, tuple(split(rest[:-1], ",")) if rest else ()
