"""The shipped demo does what it says, against its real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parent.parent / "fixtures" / "demo"


def test_both_versions_agree_and_the_new_one_is_faster() -> None:
    ran = subprocess.run(
        [sys.executable, str(DEMO / "run_demo.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ": equal" in ran.stdout
    faster = next(line for line in ran.stdout.splitlines() if line.startswith("times faster"))
    projected, measured = (float(word) for word in faster.split()[2:4])
    assert projected > 2
    assert measured > 1, "the calls did not run together"
