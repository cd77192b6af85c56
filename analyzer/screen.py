"""May a file hold an opportunity? Decided on its bytes, before the parser is imported."""

from __future__ import annotations

import re

_AWAIT = re.compile(rb"\bawait\b")


def may_hold_opportunity(data: bytes) -> bool:
    """False only if the file certainly has fewer than two ``await``.

    UTF-16 and UTF-32 cannot be source encodings (PEP 263 asks for ASCII-compatible ones).
    """
    found = _AWAIT.finditer(data)
    return next(found, None) is not None and next(found, None) is not None
