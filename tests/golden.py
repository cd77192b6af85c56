"""Golden cases: read a case's header, run the real pipeline on its bytes, describe the outcome."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import Analyzed, Result, analyze_bytes
from pexec.codemods.rewrite import rewrite

FOLDER = Path(__file__).parent.parent / "fixtures" / "golden"


@dataclass(frozen=True)
class Case:
    """A golden source with what its header says."""

    path: Path
    headers: dict[str, str]
    config: Config
    unsafe: bool

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def expected(self) -> Path:
        return self.path.with_suffix(".expected")

    @property
    def diff(self) -> Path:
        return self.path.with_suffix(".diff")


def headers(data: bytes) -> dict[str, str]:
    """The ``# key: value`` lines that open a case (split at line ends only, not at form feeds)."""
    found: dict[str, str] = {}
    for line in re.split(r"\r\n|\n|\r", data.decode("utf-8-sig", "replace")):
        match = re.match(r"#\s*(why|form|blocked|found|run|level|config|flags):\s*(.*)$", line)
        if match is None:
            break
        found[match.group(1)] = match.group(2).strip()
    return found


def load(path: Path) -> Case:
    """A case; its configuration is the shared one plus the header's ``config``."""
    found = headers(path.read_bytes())
    table: dict[str, Any] = tomllib.loads((FOLDER / "pexec.toml").read_text(encoding="utf-8"))
    table |= tomllib.loads(f"c = {{{found.get('config', '')}}}")["c"]
    config = check(table, "pexec.toml")
    if "--include-tests" in found.get("flags", ""):
        config = replace(config, include_tests=True)
    return Case(path, found, config, found.get("level") == "on-success")


def cases(kind: str) -> list[Case]:
    return [load(p) for p in sorted((FOLDER / kind).glob("*.py"))]


def run(case: Case, data: bytes | None = None) -> Result:
    """The pipeline's result for the case (or for ``data`` in its place)."""
    return analyze_bytes(
        case.path.read_bytes() if data is None else data,
        case.path.name,
        case.config,
        rewrite,
        unsafe=case.unsafe,
        root=case.path.parent,
    )


def fixed_bytes(result: Result) -> bytes | None:
    """The rewritten file, or None if nothing is rewritten."""
    if not isinstance(result, Analyzed) or result.fixed is None:
        return None
    return result.source.encode(result.fixed)


def diff_text(old: bytes, new: bytes, name: str) -> str:
    """A unified diff with its line ends made visible as ``\\n``."""
    lines = difflib.unified_diff(
        old.decode("utf-8", "replace").split("\n"),
        new.decode("utf-8", "replace").split("\n"),
        f"a/{name}.py",
        f"b/{name}.py",
        lineterm="",
    )
    return "\n".join(line.rstrip("\r") for line in lines) + "\n"


def notes_text(result: Result) -> str:
    """The notes of a result, one line each: place, call, edge kind, words."""
    if not isinstance(result, Analyzed):
        return f"{type(result).__name__.lower()}\n"
    return "".join(f"{b.span.line}: {b.name}: {b.kind}: {b.words}\n" for b in result.blocked)
