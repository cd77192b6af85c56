"""Runs pexec over released packages, checks what must always hold, and prints what it found.

    python benchmarks/real_code.py                      # the small set, as Markdown
    python benchmarks/real_code.py --write              # into docs/evaluation.md
    python benchmarks/real_code.py --diffs fixes.txt    # and the diff of every fix, to be read
    python benchmarks/real_code.py --assume reads --diffs fixes.txt --draw 100 --seed 7

Every package is copied, `pexec-fix` is run on the copy at both levels, and the copy is compared
file by file with what the library call promised. Exits with 1 if a check fails.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import assumed
import checks
import click
import corpus
import hunks
import pages
import under_test
from pexec.analyzer.engine import Analyzed, Failed, Result
from pexec.analyzer.report.summary import ranked

PAGE = Path(__file__).parent.parent / "docs" / "evaluation.md"
_COSTLY = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """One package at one level."""

    package: str
    unsafe: bool
    files: int
    examined: int
    awaited: int
    known: int
    findings: int
    notes: dict[str, int]
    unreadable: list[str]
    problems: list[str]
    hunks: list[hunks.Hunk]
    #: Unknown calls that hold batches back: name, batches, what these would save in milliseconds.
    costs: list[tuple[str, int, float]]


def measure(
    package: corpus.Package, cache: Path, settings: str, workers: int, *, unsafe: bool
) -> Measured:
    """Run pexec over one package and check what it did."""
    with corpus.copy_of(package, cache, settings) as folder:
        results = under_test.results(folder, unsafe=unsafe, workers=workers)
        problems = checks.of_results(results, folder)
        failed = [r for r in results if isinstance(r, Failed) and checks.unreadable(r)]
        problems += checks.of_fix(results, folder, unsafe=unsafe, workers=workers)
        return _measured(package, results, folder, unsafe, failed, problems)


def _measured(
    package: corpus.Package,
    results: list[Result],
    folder: Path,
    unsafe: bool,
    failed: list[Failed],
    problems: list[str],
) -> Measured:
    read = [r for r in results if not isinstance(r, Failed)]
    examined = [r for r in read if isinstance(r, Analyzed)]
    return Measured(
        package=package.pin,
        unsafe=unsafe,
        files=len(results),
        examined=len(examined),
        awaited=sum(r.counts.awaited for r in read),
        known=sum(r.counts.known for r in read),
        findings=sum(len(r.findings) for r in examined),
        notes=dict(Counter(note.kind for r in examined for note in r.blocked)),
        unreadable=[str(Path(f.filename).relative_to(folder)) for f in failed],
        problems=problems,
        hunks=hunks.of_results(results, folder),
        costs=[
            (item.name, item.batches, item.saved_ms)
            for item in ranked((r.filename, unlock) for r in examined for unlock in r.unlocks)
        ],
    )


def measure_all(
    packages: Sequence[corpus.Package], cache: Path, assumption: str | None, workers: int
) -> list[Measured]:
    """Every package at both levels, package by package."""
    for package in packages:
        corpus.fetch(package, cache)
    found: list[Measured] = []
    for package in packages:
        settings = _settings(package, cache, assumption, workers)
        for unsafe in (False, True):
            measured = measure(package, cache, settings, workers, unsafe=unsafe)
            level = "with --unsafe-fixes" if unsafe else "exact"
            click.echo(f"{measured.package} {level}: {measured.findings} findings", err=True)
            found.append(measured)
    return found


def _settings(package: corpus.Package, cache: Path, assumption: str | None, workers: int) -> str:
    if assumption is None:
        return ""
    with corpus.copy_of(package, cache) as folder:
        names = under_test.unknown_calls(folder, workers=workers)
    return assumed.settings(names, assumption)


# -- what is printed ---------------------------------------------------------------------------


def packages_table(measured: Sequence[Measured]) -> str:
    """A row for each package, and the totals."""
    exact = [m for m in measured if not m.unsafe]
    unsafe = {m.package: m.findings for m in measured if m.unsafe}
    rows = [
        [m.files, m.examined, m.awaited, m.known, m.findings,
         unsafe[m.package] - m.findings, sum(m.notes.values())]
        for m in exact
    ]  # fmt: skip
    totals = [sum(column) for column in zip(*rows, strict=True)]
    names = [*(f"`{m.package}`" for m in exact), "**all**"]
    head = ["package", "files", "examined", "awaited calls", "known", "findings",
            "more with `--unsafe-fixes`", "notes"]  # fmt: skip
    lines = zip(names, [*rows, totals], strict=True)
    return pages.table(head, [[name, *row] for name, row in lines])


def notes_table(measured: Sequence[Measured]) -> str:
    """How many calls each kind of blocker holds in their places, at level exact."""
    exact = [m for m in measured if not m.unsafe]
    total: Counter[str] = Counter()
    for m in exact:
        total.update(m.notes)
    kinds = [kind for kind, _ in total.most_common()]
    rows = [[f"`{m.package}`", *(m.notes.get(kind, 0) for kind in kinds)] for m in exact]
    return pages.table(["package", *kinds], [*rows, ["**all**", *(total[k] for k in kinds)]])


def costs_table(measured: Sequence[Measured]) -> str:
    """The unknown calls that cost most over all packages, at level exact."""
    found = [(m.package, *cost) for m in measured if not m.unsafe for cost in m.costs]
    found.sort(key=lambda row: (-round(row[3]), -row[2], row[1]))
    rows = [
        [f"`{package}`", f"`{name}`", batches, f"{saved / 1000:.1f} s"]
        for package, name, batches, saved in found[:_COSTLY]
    ]
    return pages.table(["package", "call", "batches", "would save"], rows)


def problems_text(measured: Sequence[Measured]) -> str:
    """The failed checks, and the files that nobody can read."""
    wrong = [f"{m.package}: {words}" for m in measured for words in m.problems]
    lines = [f"* {line}" for line in wrong] or ["All checks passed."]
    unread = [f"{m.package}/{name}" for m in measured if not m.unsafe for name in m.unreadable]
    if unread:
        lines.append(f"Files that are no Python at all: {', '.join(unread)}.")
    return "\n".join(lines)


@click.command()
@click.option(
    "--set",
    "chosen",
    type=click.Choice(corpus.sets()),
    default="small",
    show_default=True,
    help="The set of packages, see corpus.toml.",
)
@click.option("--package", "names", multiple=True, help="Only this package; may be repeated.")
@corpus.cache_option
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="one per processor",
    help="Worker processes of pexec.",
)
@click.option(
    "--assume",
    type=click.Choice(list(assumed.ASSUMPTIONS)),
    help="Declare every unknown call alike: a test of the written text alone.",
)
@click.option("--diffs", type=click.Path(path_type=Path), help="Write the fixes' diffs there.")
@click.option("--draw", type=click.IntRange(1), metavar="N", help="Only N of them, at random.")
@click.option("--seed", type=int, default=1, show_default=True, help="The seed of the draw.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--write", is_flag=True, help="Put the tables into docs/evaluation.md.")
@click.pass_context
def main(
    ctx: click.Context,
    chosen: str,
    names: Sequence[str],
    cache: Path,
    workers: int,
    assume: str | None,
    diffs: Path | None,
    draw: int | None,
    seed: int,
    as_json: bool,
    write: bool,
) -> None:
    """Run pexec over released packages and check what it does."""
    if write and assume:
        raise click.UsageError("--write is for what pexec finds without --assume")
    packages = [corpus.package(name) for name in names] or corpus.packages_of(chosen)
    measured = measure_all(packages, cache, assume, workers)
    tables = (packages_table(measured), notes_table(measured), costs_table(measured),
              problems_text(measured))  # fmt: skip
    if as_json:
        click.echo(json.dumps([asdict(m) for m in measured], indent=2))
    else:
        click.echo("\n\n".join(tables))
    if write:
        for section, text in zip(("packages", "blockers", "costs", "checks"), tables, strict=True):
            pages.put(PAGE, section, text)
    if diffs is not None:
        found = {(h.title, h.diff): h for m in measured for h in m.hunks}  # both levels have some
        drawn = hunks.draw(list(found.values()), draw, seed)
        diffs.write_text(hunks.text_of(drawn), encoding="utf-8")
    ctx.exit(int(any(m.problems for m in measured)))


if __name__ == "__main__":
    main()
