"""The one-page report as JSON: files, functions, totals, what blocks the rest."""

from __future__ import annotations

from typing import Any

from ..projection import Times
from .jsonform import dump
from .page import Page
from .reasons import reason_objects


def render(page: Page) -> str:
    return dump(
        {
            "files": [
                {
                    "filename": file.filename,
                    **_times(file.times),
                    "functions": [
                        {
                            "name": f.name,
                            "cell": f.cell or None,
                            "row": f.line,
                            **_times(f.times),
                        }
                        for f in file.functions
                    ],
                }
                for file in page.files
            ],
            "total": _times(page.times),
            "more_with_unsafe_fixes": page.more_unsafe,
            "blocked": reason_objects(page.reasons),
            "undeclared": [
                {
                    "call": item.name,
                    "filename": item.filename,
                    "cell": item.cell or None,
                    "row": item.line,
                    "batches": item.batches,
                    "batches_alone": item.alone,
                    "saved_ms": round(item.saved_ms, 3),
                    "declaration": item.declaration,
                }
                for item in page.costs
            ],
            "latencies": [{"source": source, "calls": n} for source, n in page.latencies],
            "summary": page.summary,
        }
    )


def _times(times: Times) -> dict[str, Any]:
    return {
        "calls": times.calls,
        "batches": times.batches,
        "sequential_ms": round(times.sequential_ms, 3),
        "projected_ms": round(times.projected_ms, 3),
        "critical_path_ms": round(times.critical_ms, 3),
        "speedup": round(times.speedup, 3),
        "best_speedup": round(times.best_speedup, 3),
    }
