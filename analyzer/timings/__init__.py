"""How long calls of tools took: traces of several formats → :class:`Timing`.

The formats, with their sources, are described in ``docs/traces.md``. Only names, times and whether
a call failed are read: never what a tool was given or what it answered.
"""

from __future__ import annotations

from .reading import read_timings
from .timing import Timing

__all__ = ["Timing", "read_timings"]
