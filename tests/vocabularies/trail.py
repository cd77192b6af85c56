"""A qualified name, followed word by word to what it stands for or to where the trail ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from .expressions import called, entered
from .resolve import lookup, members
from .source import World
from .values import Opaque, Outside, Value, Values, at_module, known

#: What the type `plain` stands for: values made of JSON's types, and sets of them.
PLAIN = ("dict", "list", "str", "int", "float", "bool", "set", "frozenset", "tuple")


@dataclass(frozen=True, slots=True)
class Found:
    """All values that the name may stand for."""

    values: Values

    @property
    def seen(self) -> Values:
        return tuple(v for v in self.values if not isinstance(v, (Opaque, Outside)))

    @property
    def outside(self) -> str:
        """The foreign module in which the trail is lost, if it is nowhere else."""
        hidden = [v.module for v in self.values if isinstance(v, Outside)]
        return hidden[0] if hidden and len(hidden) == len(self.values) else ""

    @property
    def why(self) -> str:
        """Why no more than the existence of the name is known."""
        unclear = [v.why for v in self.values if isinstance(v, Opaque)]
        return unclear[0] if unclear and not self.seen else ""


@dataclass(frozen=True, slots=True)
class Lost:
    """No such name: the part that was found, the word that was not, and the nearest one."""

    reached: str
    word: str
    nearest: str


def follow(world: World, name: str) -> Found | Lost:
    """What a vocabulary's name stands for.

    ``f()`` in it means what that call returns (words in the brackets tell such types apart); a word
    after it that is no attribute of a manager means what entering gives.
    """
    words = re.findall(r"[^.()]+|\([^()]*\)", name)
    values: Values = at_module(world, words[0])
    if words[0] == "plain":
        values = tuple(v for t in PLAIN for m in at_module(world, "builtins")
                       for v in lookup(world, m, t))  # fmt: skip
    if not values:
        return Lost("", words[0], "")
    reached = words[0]
    after_call = False
    for word in words[1:]:
        # what is seen decides: a twin that cannot be looked into would have any name
        values = tuple(v for v in values if not isinstance(v, (Opaque, Outside))) or values
        if word.startswith("("):
            found = known(v for value in values for v in called(world, value))
            found = found or (Opaque("what the call returns"),)
        else:
            found = known(v for value in values for v in lookup(world, value, word))
            if after_call and not any(not isinstance(v, (Opaque, Outside)) for v in found):
                found = known(v for value in values for v in entered(world, value)) or found
        if not found:
            return Lost(reached, word, nearest(word, values, world))
        values = known(found)
        after_call = word.startswith("(")
        reached += word if after_call else f".{word}"
    return Found(values)


def nearest(word: str, values: tuple[Value, ...], world: World) -> str:
    """The existing name that is most like the one looked for."""
    there = {m for value in values for m in members(world, value)}
    return next(iter(get_close_matches(word, sorted(there), 1, 0.5)), "")
