"""What pexec says of the pairs of a project: which would it run together, and what holds others?"""

from __future__ import annotations

from pathlib import Path

from pexec.analyzer.engine import Analyzed
from pexec.analyzer.run import run
from pexec.analyzer.settings import Request
from pexec.codemods.rewrite import rewrite

from .model import Verdict

#: No dependence: what a pair would still do right when nothing fails, or that it gains too little.
_NO_DEPENDENCE = frozenset({"failure", "gain"})


def verdicts(folder: Path, workers: int = 1) -> dict[str, Verdict]:
    """Function of a pair → what pexec makes of it, as with ``--unsafe-fixes``.

    Raises RuntimeError if a file could not be analysed, or the project's configuration is wrong.
    """
    scripts = tuple(str(path) for path in sorted(folder.glob("calls_*.py")))
    outcomes, missing = run(Request(scripts, unsafe=True, workers=workers), rewrite)
    if missing:
        raise RuntimeError(f"{missing[0][0]}: {missing[0][1]}")
    found: dict[str, Verdict] = {}
    for outcome in outcomes:
        result = outcome.result
        if not isinstance(result, Analyzed):
            why = getattr(result, "message", "was skipped: no opportunity was seen in it")
            raise RuntimeError(f"{outcome.job.filename}: {why}")
        for note in result.blocked:
            apart = note.kind not in _NO_DEPENDENCE
            before = found.get(note.function)
            if before is None or (before.commutes and apart):
                found[note.function] = Verdict(not apart, note.kind, note.words)
        for finding in result.findings:
            found[finding.function] = Verdict(True)
    return found
