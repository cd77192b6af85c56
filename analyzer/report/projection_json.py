"""The report as JSON. Its shape is published in ``docs/report.schema.json``.

``schema_version`` has two numbers: the second grows when something is added, the first when
something that was there is gone or means something else.
"""

from __future__ import annotations

from typing import Any

from ..distributions import Constant
from ..latency import Latency
from ..projection import Estimate, FunctionProjection, Times
from ..timeline import Bar, timeline
from ..work_trees import TimedCall
from .jsonform import dump, end_location, location
from .page import Opportunity, Page, compared
from .reasons import reason_objects

SCHEMA_VERSION = "1.0"

Object = dict[str, Any]


def render(page: Page) -> str:
    """The whole report; nothing is left out, however large it is."""
    return dump(document(page))


def document(page: Page) -> Object:
    """The report as objects of JSON."""
    return {
        "schema_version": SCHEMA_VERSION,
        "pexec_version": page.version,
        "total": {**_times(page.times), "confidence": page.confidence},
        "comparison": [
            {"what": row.what, "before": row.before, "after": row.after} for row in compared(page)
        ],
        "files": [
            {
                "filename": file.filename,
                **_times(file.times),
                "functions": [_function(f) for f in file.functions],
            }
            for file in page.files
        ],
        "opportunities": [_opportunity(o) for o in page.opportunities],
        "validation": {
            "level": page.validation.level,
            "validated": page.validation.validated,
            "refused_by_validator": page.validation.refused,
            "reordered_against_an_edge": page.validation.conflicts,
        },
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
        "traces": None
        if page.coverage is None
        else {
            "timed_calls": page.coverage.timed,
            "failed": page.coverage.failed,
            "used": page.coverage.matched,
        },
        "assumed": list(page.assumed),
        "forms": [{"form": shape.words, "opportunities": shape.count} for shape in page.shapes],
        "max_at_once": page.width,
        "summary": page.summary,
    }


def _function(function: FunctionProjection) -> Object:
    tree = function.tree
    before, after = (
        [_bar(bar) for bar in timeline(work, table)] if table else []
        for work, table in zip((tree.before, tree.after), function.tables, strict=True)
    )
    return {
        "name": function.name,
        "cell": function.cell or None,
        "row": function.line,
        "called_by_others": not function.root,
        "confidence": function.confidence,
        "assumed": list(function.assumed),
        **_times(function.times),
        "calls_made": [_call(site) for site in tree.sites],
        "dependences": [
            {"from": e.first, "to": e.second, "kind": e.kind, "reason": e.words} for e in tree.edges
        ],
        "blocks": [
            {
                "row": b.line,
                "end_row": b.end_line,
                "cell": b.cell or None,
                "sequential_ms": _ms(b.sequential_ms),
                "projected_ms": _ms(b.projected_ms),
                "critical_path_ms": _ms(b.critical_ms),
            }
            for b in function.blocks
        ],
        "timeline": {"before": before, "after": after},
    }


def _call(site: TimedCall) -> Object:
    return {
        "callee": site.name,
        "location": location(site.span),
        "end_location": end_location(site.span),
        "latency": _latency(site.latency),
        "limit": None
        if site.limit is None
        else {"match": site.limit[0], "max_concurrency": site.limit[1]},
    }


def _latency(latency: Latency) -> Object:
    found = latency.distribution
    spread = not isinstance(found, Constant)
    return {
        "mean_ms": _ms(found.mean),
        "p50_ms": _ms(found.quantile(0.5)),
        "p95_ms": _ms(found.quantile(0.95)) if spread else None,
        "origin": latency.origin.value,
        "source": latency.source,
        "measured_calls": latency.count,
        "failed_calls": latency.failed,
    }


def _bar(bar: Bar) -> Object:
    return {
        "call": bar.site,
        "start_ms": _ms(bar.start),
        "end_ms": _ms(bar.end),
        "turns": round(bar.turns, 3),
        "at_once": bar.width,
        "share": round(bar.share, 3),
        "row": bar.row,
    }


def _opportunity(item: Opportunity) -> Object:
    finding, group = item.finding, item.group
    return {
        "code": finding.code,
        "name": finding.name,
        "filename": item.filename,
        "cell": finding.span.cell or None,
        "location": location(finding.span),
        "end_location": end_location(finding.span),
        "function": item.function.name,
        "message": finding.message,
        "applicability": finding.applicability.value,
        "form": {"name": finding.form, "reason": finding.form_reason},
        "assumes": list(finding.assumptions),
        "calls": [{"callee": c.name, "location": location(c.span)} for c in finding.calls],
        "sequential_ms": _ms(group.sequential_ms),
        "projected_ms": _ms(group.projected_ms),
        "saved_ms": _ms(item.saved_ms),
        "at_once": group.width,
        "efficiency": round(group.efficiency, 3),
        "diff": item.diff,
    }


def _times(times: Times) -> Object:
    return {
        "calls": times.calls,
        "batches": times.batches,
        "calls_in_batches": times.batched,
        "sequential_ms": _ms(times.sequential_ms),
        "projected_ms": _ms(times.projected_ms),
        "critical_path_ms": _ms(times.critical_ms),
        "sequential": _estimate(times.sequential),
        "projected": _estimate(times.projected),
        "speedup": round(times.speedup, 3),
        "best_speedup": round(times.best_speedup, 3),
        "reduction": round(times.reduction, 3),
        "share_in_batches": round(times.batched_share, 3),
        "throughput_gain": round(times.throughput_gain, 3),
        "efficiency": round(times.efficiency, 3),
    }


def _estimate(estimate: Estimate) -> Object:
    return {
        "mean_ms": _ms(estimate.mean),
        "p50_ms": _ms(estimate.p50),
        "p95_ms": _ms(estimate.p95),
    }


def _ms(value: float) -> float:
    return round(value, 3)
