"""The rules that exist. A code is registered when it works, not before."""

from __future__ import annotations

from enum import StrEnum


class Applicability(StrEnum):
    """How far a fix may be trusted (ruff's words): exact fixes are safe."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display-only"


RULES: dict[str, str] = {
    "PX001": "unused-suppression",
    "PX101": "sequential-awaits",
    "PX102": "sequential-sync-calls",
    "PX103": "await-in-loop",
    "PX104": "await-in-comprehension",
    "PX105": "awaits-in-expression",
    "PX106": "independent-chains",
    "PX201": "conflicting-batch",
    "PX202": "shared-exclusive-handle",
    "PX203": "unbounded-gather",
    "PX301": "unknown-effects",
}
#: What is looked for unless codes are selected. What an unknown call costs is printed anyway.
DEFAULT = frozenset(RULES) - {"PX301"}
UNUSED = "PX001"
