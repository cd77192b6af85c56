"""Types that depend on themselves: `here = here.parent`, a method that answers with its own result.

Such a type is guessed from what does not depend on it, and holds if asking once more, with the
guess in place, gives the same (a fixed point); otherwise it is not known.
"""

from __future__ import annotations

from collections.abc import Callable

from .typetext import OPEN, UNKNOWN, Type

#: Questions that are asked within one; what needs more is not known.
_MOST = 4000
_DEEPEST = 60
_ROUNDS = 3


class Solver:
    """Answers of one project, with the guesses that they rest on while they are looked for."""

    def __init__(self) -> None:
        self._guesses: dict[tuple[int, str], Type] = {}
        self._used: set[tuple[int, str]] = set()
        #: What was found under guesses, and which: it holds as long as they are guessed.
        self._under: dict[tuple[int, str], tuple[Type, dict[tuple[int, str], Type]]] = {}
        self._asked = 0
        #: Attributes of which it is being found out whether they are ever set (see `fields`).
        self.asked: set[str] = set()
        #: Summaries that are being made within each other (see `summaries`).
        self.nested = 0

    def _settled(self, name: tuple[int, str], found: Type, find: Callable[[], Type]) -> Type:
        for _ in range(_ROUNDS):
            self._guesses[name] = found
            again = find()
            if again == found:
                return found
            found = again
        return UNKNOWN

    @property
    def guessing(self) -> bool:
        """Is something being looked for, so that answers may rest on a guess?"""
        return bool(self._guesses)

    def solve(self, key: str, known: dict[str, Type], find: Callable[[], Type]) -> Type:
        """The type of ``key``, kept in ``known`` if it rests on no guess of another."""
        found = known.get(key)
        if found is not None:
            return found
        name = (id(known), key)
        guess = self._guesses.get(name)
        if guess is not None:
            self._used.add(name)
            return guess
        if not self._guesses:
            self._asked = 0
            self._under.clear()
        under = self._under.get(name)
        if under is not None and all(self._guesses.get(n) == g for n, g in under[1].items()):
            self._used |= under[1].keys()
            return under[0]
        self._asked += 1
        if self._asked > _MOST or len(self._guesses) > _DEEPEST:
            return UNKNOWN
        before, self._used = self._used, set()
        self._guesses[name] = OPEN
        try:
            found = find()
            if name in self._used and found.known:
                found = self._settled(name, found, find)
        finally:
            del self._guesses[name]
            self._used.discard(name)
            rest = self._used
            self._used = before | rest
        if found == OPEN and not rest:
            found = UNKNOWN
        if not rest:
            known[key] = found
        else:
            self._under[name] = (found, {n: self._guesses[n] for n in rest})
        return found
