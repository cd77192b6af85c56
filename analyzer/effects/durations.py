"""How long calls take: what declarations say, and the defaults of domains."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import cast

from ..errors import VocabularyError


def declared(value: object, where: str) -> tuple[float | None, float | None]:
    """``latency-ms = 300`` or ``{p50 = 300, p95 = 900}`` → median and 95th percentile.

    None is what is not given. Raises VocabularyError.
    """
    if value is None:
        return None, None
    if not isinstance(value, Mapping):
        return _number(value, f"{where}: `latency-ms`"), None
    table = cast("Mapping[str, object]", value)
    for key in table:
        if key not in ("p50", "p95"):
            raise VocabularyError(f"{where}: `latency-ms` has no `{key}` (it has `p50` and `p95`)")
    if "p50" not in table:
        raise VocabularyError(f"{where}: `latency-ms` needs `p50`, the median")
    p50 = _number(table["p50"], f"{where}: `latency-ms`: `p50`")
    if "p95" not in table:
        return p50, None
    p95 = _number(table["p95"], f"{where}: `latency-ms`: `p95`")
    if p95 < p50:
        raise VocabularyError(f"{where}: `latency-ms`: `p95` is smaller than `p50`")
    return p50, p95


def _number(value: object, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise VocabularyError(f"{where} must be a number of milliseconds, 0 or more")
    return float(value)


@cache
def default_latencies() -> dict[str, float]:
    """Milliseconds per domain, from the cited table that ships with pexec."""
    folder = resources.files(__package__ or "pexec.analyzer.effects") / "catalog"
    data = tomllib.loads((folder / "latency-defaults.toml").read_text(encoding="utf-8"))
    return {row["domain"]: float(row["ms"]) for row in data["defaults"]}
