"""The report: matrices, missed conflicts, and what holds apart what commutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .evaluate import Matrix
from .model import Judged

_SHOWN = 100  # characters of a pair's text


def text(matrices: Sequence[Matrix], *, every: bool = False) -> str:
    """All matrices, then all of them together. ``every``: also one line per pair."""
    lines: list[str] = []
    for matrix in matrices:
        lines += _one(matrix, every)
    if len(matrices) > 1:
        total = Matrix("total", tuple(j for m in matrices for j in m.judged))
        lines += _counts(total)
    return "\n".join(lines) + "\n"


def rows(matrices: Sequence[Matrix]) -> tuple[list[str], list[list[object]]]:
    """The head and the rows of a table: what is decided right, of all and of what code can tell."""
    head = ["package", "pairs", "commute", "conflict", "missed", "right", "of what code can tell"]
    found: list[list[object]] = []
    for matrix in matrices:
        pairs, decidable = len(matrix.judged), matrix.decidable
        commute = sum(j.truth.commutes for j in matrix.judged)
        right = sum(j.truth.commutes == j.verdict.commutes for j in decidable)
        shares = [f"{100 * matrix.right / pairs:.1f} %", f"{100 * right / len(decidable):.1f} %"]
        missed = len(matrix.missed)
        found.append([matrix.name, pairs, commute, pairs - commute, missed, *shares])
    return head, found


def _one(matrix: Matrix, every: bool) -> Iterator[str]:
    yield from _counts(matrix)
    for title, found in (
        ("MISSED: run together, but they conflict", matrix.missed),
        ("LUCKY: run together over the same place; the outcome agrees for these values",
         matrix.lucky),
    ):  # fmt: skip
        yield f"  {title}: {len(found)}"
        for judged in found:
            yield f"    {_pair(judged)}: {_why(judged)}"
    yield f"  FALSE DEPENDENCES: held apart, but they commute: {len(matrix.false)}"
    words = Counter((j.verdict.kind, j.verdict.words) for j in matrix.false)
    for (kind, said), count in words.most_common():
        example = next(j for j in matrix.false if j.verdict.words == said)
        yield f"    {count:>4}  [{kind}] {said}"
        yield f"          {_pair(example)}"
    if every:
        yield "  EVERY PAIR"
        for judged in matrix.judged:
            yield f"    {_pair(judged)}: {_why(judged)}; pexec: {_said(judged)}"
    yield ""


def _counts(matrix: Matrix) -> Iterator[str]:
    pairs = len(matrix.judged)
    decidable = matrix.decidable
    right = sum(j.truth.commutes == j.verdict.commutes for j in decidable)
    yield f"{matrix.name}: {pairs} pairs"
    yield "  executed \\ pexec    commute  conflict"
    for words, truth in (("commute", True), ("conflict", False)):
        cells = [matrix.count(truth=truth, verdict=verdict) for verdict in (True, False)]
        yield f"  {words:<18} {cells[0]:>8} {cells[1]:>9}"
    yield f"  decided right: {_share(matrix.right, pairs)} of all pairs, " \
          f"{_share(right, len(decidable))} of those that code alone can decide"  # fmt: skip
    kind = sum(j.truth.kind for j in matrix.judged)
    stamped = sum(j.truth.agrees and j.truth.stamped for j in matrix.judged)
    late = sum(not j.truth.agrees and j.truth.late for j in matrix.judged)
    shuffled = sum(j.truth.commutes and not j.truth.ordered for j in matrix.judged)
    yield f"  oracle too kind (they touch the same place): {kind}; " \
          f"conflict by the time of day alone: {stamped}; " \
          f"by an output that is a piece of the state alone: {late}; " \
          f"commute but for the order of a dictionary: {shuffled}"  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({part / whole:.1%})" if whole else "0/0"


def _pair(judged: Judged) -> str:
    pair = judged.pair
    parts = [c if len(c) <= _SHOWN else c[: _SHOWN - 1] + "…" for c in
             (str(pair.first), str(pair.second))]  # fmt: skip
    return f"{pair.scenario.name}: {'; '.join(parts)}"


def _why(judged: Judged) -> str:
    """What execution says of a pair."""
    truth = judged.truth
    if truth.kind:
        return f"commute for these values only, both touch {truth.overlap}"
    if truth.commutes:
        return "commute"
    if truth.agrees:
        return "conflict by the time of day alone"
    alone = ", in an output that is a piece of the state" if truth.late else ""
    return f"conflict{alone} over {truth.overlap or 'an unseen place'}"


def _said(judged: Judged) -> str:
    verdict = judged.verdict
    return "commute" if verdict.commutes else f"conflict [{verdict.kind}] {verdict.words}"
