"""May a file hold anything to report? Decided on its bytes, before the parser is imported."""

from __future__ import annotations

import re

_AWAIT = re.compile(rb"\bawait\b")
_SUPPRESSION = re.compile(rb"#\s*(?:pexec\s*:|noqa\s*:[^\r\n#]*PX[0-9])", re.IGNORECASE)


def may_hold_opportunity(data: bytes) -> bool:
    """False only if the file certainly has fewer than two ``await``.

    UTF-16 and UTF-32 cannot be source encodings (PEP 263 asks for ASCII-compatible ones).
    """
    found = _AWAIT.finditer(data)
    return next(found, None) is not None and next(found, None) is not None


def may_hold_suppression(data: bytes) -> bool:
    """False only if the file certainly has no comment for pexec. A bare ``# noqa`` is for all."""
    return _SUPPRESSION.search(data) is not None
