"""Both answers side by side: the confusion matrix of a package."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .execute import truths
from .model import Judged, Package, Pair, Truth, Verdict
from .predict import verdicts
from .project import write

SILENT = Verdict(False, "silent", "pexec says nothing of it")


@dataclass(frozen=True, slots=True)
class Matrix:
    """The pairs of a package with both answers."""

    name: str
    judged: tuple[Judged, ...]

    def count(self, *, truth: bool, verdict: bool) -> int:
        """How many pairs execution says ``truth`` of and pexec ``verdict`` (commute: true)."""
        return sum(j.truth.commutes == truth and j.verdict.commutes == verdict for j in self.judged)

    @property
    def missed(self) -> tuple[Judged, ...]:
        """Pairs that pexec would run together although execution says that they conflict."""
        return tuple(j for j in self.judged if j.verdict.commutes and not j.truth.commutes)

    @property
    def lucky(self) -> tuple[Judged, ...]:
        """Pairs it would run together that touch the same places, but agree for these values."""
        return tuple(j for j in self.judged if j.verdict.commutes and j.truth.kind)

    @property
    def false(self) -> tuple[Judged, ...]:
        """Pairs that commute, as the code could tell, and are held apart."""
        return tuple(
            j for j in self.judged
            if j.truth.commutes and not j.truth.kind and not j.verdict.commutes
        )  # fmt: skip

    @property
    def right(self) -> int:
        return sum(j.truth.commutes == j.verdict.commutes for j in self.judged)

    @property
    def decidable(self) -> tuple[Judged, ...]:
        """The pairs whose truth code alone can tell."""
        return tuple(j for j in self.judged if not j.truth.kind)


def evaluate(
    package: Package,
    *,
    pairs: Sequence[Pair] | None = None,
    workers: int = 1,
    variables: bool = False,
    keep: Path | None = None,
    declarations: str = "",
) -> Matrix:
    """Executes the pairs of a package, lets pexec read them, and compares.

    ``keep`` is a new folder for the generated project; without it, it is a temporary one.
    ``declarations`` are added to its pexec.toml, to measure what a claim about a tool does.
    """
    known = truths(package, workers, pairs)
    return compare(package, known, workers=workers, variables=variables, keep=keep,
                   declarations=declarations)  # fmt: skip


def compare(
    package: Package,
    known: Sequence[tuple[Pair, Truth]],
    *,
    workers: int = 1,
    variables: bool = False,
    keep: Path | None = None,
    declarations: str = "",
) -> Matrix:
    """Lets pexec read the pairs whose truth is known."""
    with tempfile.TemporaryDirectory(prefix="pexec-oracle-") as temporary:
        folder = keep or Path(temporary) / "project"
        names = write(package, [pair for pair, _ in known], folder, variables=variables)
        with (folder / "pexec.toml").open("a", encoding="utf-8") as file:
            file.write(declarations)
        said = verdicts(folder, workers)
    judged = (Judged(p, t, said.get(names[p.text], SILENT)) for p, t in known)
    return Matrix(package.name + (" (variables)" if variables else ""), tuple(judged))
