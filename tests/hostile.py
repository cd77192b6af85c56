"""Findings and failures with names and words that a careless report would stumble over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

from pexec.analyzer.codes import Applicability
from pexec.analyzer.report.diagnostic import Diagnostic, Failure, Position
from pexec.analyzer.report.paths import Paths

HERE = PurePosixPath("/work/project")
PATHS = Paths(HERE / "svc", HERE)
WINDOWS = Paths(PureWindowsPath("C:/work/project"), PureWindowsPath("C:/work/project"))
PLAIN = Diagnostic(
    filename="agent.py",
    code="PX101",
    name="sequential-awaits",
    message="2 independent calls",
    start=Position(2, 12),
    end=Position(2, 30),
    fingerprint="0123456789abcdef0123456789abcdef",
    applicability=Applicability.SAFE,
    fix_message="Run the 2 calls together",
    edits=(),
    gain_ms=100.0,
)
HOSTILE = [
    PLAIN,
    replace(PLAIN, filename="a b.py", end=Position(4, 3)),
    replace(PLAIN, filename="ünï/数.py", message="`データ` and \U0001f600"),
    replace(PLAIN, filename="100%,a:b.py", message="50%, a:b, c::d"),
    replace(PLAIN, filename="../lib/x.py", message="first\nsecond\r\nthird\rfourth"),
    replace(PLAIN, filename="/elsewhere/y.py", message="::error::not a command%0Aeither"),
    replace(PLAIN, filename="::stop-commands::x.py", message="##[error]nor this\n::warning::"),
    replace(PLAIN, filename="back\\slash.py", message='"quoted" \\ {braces} <b>'),
    replace(PLAIN, filename="line\nbreak.py"),
    replace(PLAIN, filename="not-utf8-\udcff.py"),
]
FAILED = [
    Failure("gone, alas.py", "no such file or folder"),
    Failure("bad.py", "cannot parse: 100% ::wrong::", Position(3, 7)),
]
