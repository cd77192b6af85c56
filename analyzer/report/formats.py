"""A run's results in the format asked for: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..engine import Analyzed, Result
from .paths import Paths


@dataclass(frozen=True, slots=True)
class Run:
    """What reports for machines are made of. ``missing``: (path, cause) of what was not found."""

    results: Sequence[Result]
    missing: Sequence[tuple[str, str]]
    paths: Paths
    version: str = ""

    @property
    def analyzed(self) -> list[Analyzed]:
        return [r for r in self.results if isinstance(r, Analyzed)]


def render(name: str, run: Run) -> str:
    """The report in one of the formats for machines; "" if it has nothing to say."""
    from .diagnostic import diagnostics_of, failures_of

    if name == "json":
        from .jsonform import findings_json

        return findings_json(run.analyzed)
    if name == "json-lines":
        from .jsonform import findings_lines

        return findings_lines(run.analyzed)
    found = diagnostics_of(run.analyzed)
    if name == "gitlab":
        from . import gitlab

        return gitlab.render(found, run.paths)
    failed = failures_of(run.results, run.missing)
    if name == "github":
        from . import github

        return github.render(found, failed, run.paths)
    from . import sarif

    return sarif.render(found, failed, run.paths, run.version)
