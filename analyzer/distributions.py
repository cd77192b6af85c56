"""How long a call may take: one figure, two quantiles, or what was measured.

All durations are milliseconds. A quantile function (inverse of the distribution function) is all
that drawing from one needs: ``quantile(u)`` of uniform ``u`` has the distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist, fmean

#: Standard normal quantile of 0.95.
_Z95 = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Constant:
    """One figure, of which no spread is known."""

    ms: float

    @property
    def mean(self) -> float:
        return self.ms

    @property
    def fixed(self) -> bool:
        return True

    def quantile(self, u: float) -> float:
        """The duration that a share ``u`` of the calls does not exceed."""
        return self.ms


@dataclass(frozen=True, slots=True)
class LogNormal:
    """The log-normal distribution with these two quantiles.

    Durations are positive and skewed to the right, and it is the simplest family of such that two
    quantiles determine: ``ln`` of it is normal, with the mean ``ln p50`` and the standard deviation
    ``ln(p95 / p50) / z(0.95)``.
    """

    p50: float
    p95: float

    @property
    def sigma(self) -> float:
        return math.log(self.p95 / self.p50) / _Z95

    @property
    def mean(self) -> float:
        return self.p50 * math.exp(self.sigma**2 / 2)

    @property
    def fixed(self) -> bool:
        return False

    def quantile(self, u: float) -> float:
        """The duration that a share ``u`` (0 < u < 1) of the calls does not exceed."""
        return self.p50 * math.exp(self.sigma * NormalDist().inv_cdf(u))


@dataclass(frozen=True)
class Empirical:
    """What was measured, sorted; between two values the quantiles are linear.

    That is the sample quantile number 7 of Hyndman and Fan (The American Statistician 50, 1996).
    """

    values: tuple[float, ...]

    @cached_property
    def mean(self) -> float:
        return fmean(self.values)

    @property
    def fixed(self) -> bool:
        return self.values[0] == self.values[-1]

    def quantile(self, u: float) -> float:
        """The duration that a share ``u`` (0 to 1) of the calls did not exceed."""
        return quantile(self.values, u)


Distribution = Constant | LogNormal | Empirical


def quantile(values: Sequence[float], u: float) -> float:
    """The sample quantile (number 7 of Hyndman and Fan) of sorted values."""
    place = u * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def spread(p50: float, p95: float | None) -> Distribution:
    """The distribution with a median and, if it is known and larger, a 95th percentile."""
    if p95 is None or p50 <= 0 or p95 <= p50:
        return Constant(p50)
    return LogNormal(p50, p95)
