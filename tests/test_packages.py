"""What is built: a package that is not listed would be missing from the wheel only."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_package_is_built() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tops = ("analyzer", "codemods", "runtime")
    folders = [p.parent for top in tops for p in (ROOT / top).rglob("__init__.py")]
    names = {f"pexec.{'.'.join(folder.relative_to(ROOT).parts)}" for folder in folders}
    assert set(project["tool"]["setuptools"]["packages"]) == names
