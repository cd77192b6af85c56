"""Downloads the benchmark package that the oracle replays, once, outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

BFCL = "bfcl-eval==2026.3.23"  # Apache-2.0; nothing of it is kept in this repository
MPMATH = "mpmath==1.3.0"  # BSD; its mathematical tools import it


def default_cache() -> Path:
    """``pexec-benchmarks`` below XDG_CACHE_HOME, or below ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pexec-benchmarks"


def fetched(cache: Path, requirement: str) -> Path:
    """The folder of the unpacked wheel, downloaded if it is not there.

    Raises CalledProcessError if pip fails. The package is not installed, nor what it depends on.
    """
    folder = cache / requirement.replace("==", "-")
    if (folder / "done").exists():
        return folder
    wheels = cache / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--disable-pip-version-check", "--dest", str(wheels), requirement]  # fmt: skip
    subprocess.run(command, check=True)
    name = requirement.replace("-", "_").replace("==", "-")
    (wheel,) = wheels.glob(f"{name}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (folder / "done").touch()
    return folder
