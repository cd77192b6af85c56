"""The durations and branches that trees of waiting calls are evaluated with.

Averages for figures that must not vary, and draws for quantiles: stratified, so that the mean of
each variable comes out almost exactly with few draws (Latin hypercube sampling: McKay, Beckman and
Conover, Technometrics 21, 1979). All calls are taken to be independent of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from .distributions import Distribution
from .work import Choice, Column, Turn, Work, parts_of, sites


@dataclass(frozen=True, slots=True)
class Site:
    """A call site: how long it takes, or the function whose own waiting that is.

    ``whole``: draws of that function's times, ``average`` their mean.
    """

    distribution: Distribution
    limit: tuple[str, int] | None = None
    whole: Column = ()
    average: float = 0.0
    own: bool = False  # a function of the project, which was looked at


@dataclass(frozen=True, slots=True)
class Averages:
    """Each call takes its mean, and of a branch the share of the runs counts."""

    sites: Sequence[Site]
    number: int = 1

    def duration(self, site: int, turn: Turn) -> Column:
        found = self.sites[site]
        return (found.average if found.own else found.distribution.mean,)

    def branches(self, choice: Choice, turn: Turn) -> Sequence[Column]:
        return [(share,) for share, _ in choice.options]

    def capacity(self, site: int) -> tuple[str, int] | None:
        return self.sites[site].limit


@dataclass(slots=True)
class Draws:
    """``number`` runs. The same key gives the same draws: in each tree of a function a call takes
    as long as in the others, and every run of the tool prints the same."""

    sites: Sequence[Site]
    number: int
    key: str
    _known: dict[tuple[object, ...], Column] = field(
        default_factory=dict[tuple[object, ...], Column]
    )
    _order: dict[tuple[object, ...], Sequence[int]] = field(
        default_factory=dict[tuple[object, ...], Sequence[int]]
    )

    def duration(self, site: int, turn: Turn) -> Column:
        found = self.sites[site]
        if found.whole:
            return [found.whole[k] for k in self._shuffled(site, turn, len(found.whole))]
        if found.own or found.distribution.fixed:
            return (found.average if found.own else found.distribution.mean,) * self.number
        key = (site, turn)
        if key not in self._known:
            quantile = found.distribution.quantile
            self._known[key] = [quantile(u) for u in self._strata(f"{site} {turn}")]
        return self._known[key]

    def branches(self, choice: Choice, turn: Turn) -> Sequence[Column]:
        # By what it chooses between, not where: a branch is the same one in each tree.
        key = ("branch", _choices(choice), tuple(sorted(set(sites(choice)))), turn)
        if key not in self._known:
            self._known[key] = self._strata(str(key))
        found: list[list[float]] = []
        low = 0.0
        for share, _ in choice.options:
            found.append([float(low <= u < low + share) for u in self._known[key]])
            low += share
        return found

    def capacity(self, site: int) -> tuple[str, int] | None:
        return self.sites[site].limit

    def _strata(self, what: str) -> list[float]:
        """One number from each of ``number`` equal parts of (0, 1), in random order."""
        draw = Random(f"{self.key} {what}")
        parts = [(k + draw.random()) / self.number for k in range(self.number)]
        draw.shuffle(parts)
        return [min(max(part, 1e-9), 1 - 1e-9) for part in parts]

    def _shuffled(self, site: int, turn: Turn, count: int) -> Sequence[int]:
        key = (site, turn, "order")
        if key not in self._order:
            order = list(range(count))
            Random(f"{self.key} {site} {turn} order").shuffle(order)
            self._order[key] = order
        return self._order[key]


def _choices(work: Work) -> int:
    """How many branches there are in a tree, which tells one from those that stand in it."""
    return isinstance(work, Choice) + sum(map(_choices, parts_of(work)))
