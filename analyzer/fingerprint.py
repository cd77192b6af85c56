"""A name for a finding that stays the same when lines move: for baselines, SARIF and GitLab."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from .engine import Finding
from .unused import Unused


def fingerprints(text: str, findings: Sequence[Finding | Unused]) -> tuple[str, ...]:
    """One hexadecimal fingerprint (32 digits) per finding, in order.

    It is made of the code, the function and the text of the calls without its white space: lines
    that move and lines that are wrapped anew change nothing. Equal findings of one file are told
    apart by their order. ``text`` is the file's; the file's name is not part of it.
    """
    seen: Counter[str] = Counter()
    made: list[str] = []
    for finding in findings:
        if isinstance(finding, Unused):
            own = ["".join(finding.words.split()).lower(), *finding.codes]
        else:
            own = ["".join(text[c.span.start : c.span.end].split()) for c in finding.calls]
        words = "\0".join([finding.code, finding.function, *own])
        seen[words] += 1
        made.append(hashlib.sha256(f"{words}\0{seen[words]}".encode()).hexdigest()[:32])
    return tuple(made)
