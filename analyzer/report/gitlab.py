"""Findings as a GitLab Code Quality report (GitLab documentation, "Code Quality report format")."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from .diagnostic import Diagnostic
from .jsonform import dump
from .paths import Paths

#: Of GitLab's info, minor, major, critical and blocker: the program is right, only slow.
SEVERITY = "minor"


def render(found: Sequence[Diagnostic], paths: Paths) -> str:
    """A JSON list, also of nothing: without a report GitLab has nothing to compare with."""
    return dump(
        [
            {
                "description": f"{item.code}: {item.message}",
                "check_name": item.code,
                "fingerprint": _fingerprint(paths.posix(item.filename), item.fingerprint),
                "severity": SEVERITY,
                "location": {
                    "path": paths.posix(item.filename),
                    "lines": {"begin": item.start.line},
                },
            }
            for item in found
        ]
    )


def _fingerprint(path: str, fingerprint: str) -> str:
    """Unique in the report: findings with one fingerprint are shown as one."""
    name = path.encode("utf-8", "surrogateescape")
    return hashlib.sha256(name + b"\0" + fingerprint.encode()).hexdigest()[:32]
