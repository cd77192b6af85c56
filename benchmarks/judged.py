"""Compares pexec with places in released packages that were judged by hand (judged.toml).

    python benchmarks/judged.py            # the table
    python benchmarks/judged.py --write    # into docs/evaluation.md

Exits with 1 if pexec would rewrite a place that is not SAFE.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import corpus
import pages
import under_test
from pexec.analyzer.codes import RULES
from pexec.analyzer.engine import Analyzed, Blocked, Failed, Finding, Result

SITES = Path(__file__).with_name("judged.toml")
PAGE = Path(__file__).parent.parent / "docs" / "evaluation.md"
RULE_OF = {
    "statements": "PX101",
    "blocking": "PX102",
    "loop": "PX103",
    "comprehension": "PX104",
    "expression": "PX105",
}
DECLARED = "declared.toml"
VERDICTS = ("SAFE", "UNSAFE", "UNKNOWN", "NO-GAIN")


@dataclass(frozen=True, slots=True)
class Site:
    """A judged place; ``lines`` are those of its first and last call."""

    package: str
    path: str
    lines: tuple[int, int]
    shape: str
    verdict: str
    why: str
    declare: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What pexec says there: at which level it is found, or what holds the calls apart."""

    site: Site
    found: str  # "", "exact", "declared" (exact, with the site's declarations) or "unsafe"
    blockers: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return bool(self.found) == (self.site.verdict == "SAFE")

    @property
    def words(self) -> str:
        if self.found:
            return f"found ({self.found})"
        if self.site.held:
            return f"{', '.join(self.blockers)}: {self.site.held}"
        return ", ".join(self.blockers) or "nothing to say"


def sites() -> list[Site]:
    """The judged places. Raises ValueError for a word that is none of the known ones."""
    rows = tomllib.loads(SITES.read_text(encoding="utf-8"))["sites"]
    found = [Site(**{**row, "lines": tuple(row["lines"])}) for row in rows]
    for site in found:
        if site.verdict not in VERDICTS or site.shape not in RULE_OF:
            raise ValueError(f"{SITES.name}: {site.path}: {site.verdict} {site.shape}")
    return found


def answers(chosen: Sequence[Site], cache: Path) -> list[Answer]:
    """What pexec says at each place, package by package, in the order of the data file."""
    found: dict[Site, Answer] = {}
    for name in dict.fromkeys(site.package for site in chosen):
        here = [site for site in chosen if site.package == name]
        with corpus.copy_of(corpus.package(name), cache) as folder:
            files = list(dict.fromkeys(folder / site.path for site in here))
            levels = [
                dict(
                    zip(files, under_test.results(folder, unsafe=unsafe, files=files), strict=True)
                )
                for unsafe in (False, True)
            ]
            for site in here:
                exact, unsafe = (level[folder / site.path] for level in levels)
                found[site] = answer(site, exact, unsafe)
                if site.declare and not found[site].found:
                    found[site] = _declared(site, folder)
    return [found[site] for site in chosen]


def _declared(site: Site, folder: Path) -> Answer:
    """What pexec says once the declarations are there that it prints for the calls of a place."""
    (folder / DECLARED).write_text(site.declare, encoding="utf-8")
    path = folder / site.path
    level = under_test.results(folder, unsafe=False, files=[path], settings=DECLARED)
    said = answer(site, level[0], level[0])
    return replace(said, found="declared" if said.found else "")


def answer(site: Site, exact: Result, unsafe: Result) -> Answer:
    """Look a place up in the results of its file. Raises ValueError if the file failed."""
    for result in (exact, unsafe):
        if isinstance(result, Failed):
            raise ValueError(f"{result.filename}:{result.line}: {result.message}")
    rule = RULE_OF[site.shape]
    if _hits(site, exact):
        return Answer(site, "exact", ())
    if _hits(site, unsafe):
        return Answer(site, "unsafe", ())
    if rule not in RULES:
        return Answer(site, "", (f"not looked at ({rule})",))
    notes = exact.blocked if isinstance(exact, Analyzed) else ()
    kinds = dict.fromkeys(note.kind for note in notes if _between(site, note))
    return Answer(site, "", tuple(kinds))


def _hits(site: Site, result: Result) -> list[Finding]:
    """The findings with two calls, or a loop, among the lines of a place."""
    if not isinstance(result, Analyzed):
        return []
    first, last = site.lines
    several = 2 if RULE_OF[site.shape] in ("PX101", "PX105") else 1
    return [
        finding
        for finding in result.findings
        if sum(first <= call.span.line <= last for call in finding.calls) >= several
    ]


def _between(site: Site, note: Blocked) -> bool:
    """Is a note about the calls of a place?"""
    first, last = site.lines
    return first <= note.span.line <= last


def summary(found: Sequence[Answer]) -> str:
    """How often the two agree, verdict by verdict."""
    rows = []
    for verdict in VERDICTS:
        of = [a for a in found if a.site.verdict == verdict]
        reported = sum(bool(a.found) for a in of)
        right = "reported" if verdict == "SAFE" else "left alone"
        rows.append([verdict, right, len(of), reported, sum(a.agrees for a in of)])
    rows.append(["**all**", "", *(sum(row[i] for row in rows) for i in (2, 3, 4))])
    return pages.table(["judged", "right answer", "places", "reported", "agreed"], rows)


def places(found: Sequence[Answer]) -> str:
    """A row for each place."""
    rows = [
        [f"{a.site.package}: `{Path(a.site.path).name}:{a.site.lines[0]}`", a.site.shape,
         a.site.verdict, a.site.why, a.words, "yes" if a.agrees else "**no**"]
        for a in found
    ]  # fmt: skip
    return pages.table(["place", "shape", "judged", "because", "pexec", "agreed"], rows)


def missed(found: Sequence[Answer]) -> str:
    """What holds the SAFE places apart, most frequent first."""
    kinds = Counter(a.words for a in found if a.site.verdict == "SAFE" and not a.agrees)
    text = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common())
    return f"Safe places that are not reported, by what pexec says: {text or 'none'}."


@click.command()
@corpus.cache_option
@click.option("--write", is_flag=True, help="Put the tables into docs/evaluation.md.")
@click.pass_context  # fmt: skip
def main(ctx: click.Context, cache: Path, write: bool) -> None:
    """Compare pexec with places that were judged by hand."""
    found = answers(sites(), cache)
    text = "\n\n".join([summary(found), missed(found), places(found)])
    click.echo(text)
    if write:
        pages.put(PAGE, "judged", text)
    ctx.exit(int(any(a.found and not a.agrees for a in found)))


if __name__ == "__main__":
    main()
