"""What the page says of one function and of all: rows and sentences, before they are marked up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..distributions import Constant
from ..findings import milliseconds
from ..latency import Latency, Origin
from ..projection import HIGH, FunctionProjection
from ..spans import line_text
from ..timeline import Bar, timeline
from ..variables import Averages
from ..work_trees import TimedCall
from .html_graph import CALLS, EDGES, Graph, drawable, graph, style_of
from .html_text import bare, said
from .html_time import DRAWN, Chart, chart, scale_of
from .page import Opportunity, Page, percent
from .summary import plural

#: Rows of the tables of one function; what is more is counted.
ROWS = 100

#: Words for where a duration is from, best first.
ORIGINS = {
    Origin.MEASURED: "measured",
    Origin.DECLARED: "declared",
    Origin.CATALOG: "catalog",
    Origin.BODY: "own code",
    Origin.DEFAULT: "default",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call site: how long it takes, and who says so."""

    number: int
    name: str
    line: str
    takes: str
    origin: str
    source: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """When a call waits now and as projected."""

    call: Call
    now: str
    then: str
    note: Markup


@dataclass(frozen=True, slots=True)
class EdgeRow:
    second: int
    waiting: str
    first: int
    awaited: str
    kind: str
    style: str
    words: str


@dataclass(frozen=True, slots=True)
class FunctionView:
    """A function with its drawings; each is None where there is none, and ``why…`` says why.

    ``then`` is None too where nothing changes.
    """

    filename: str
    function: FunctionProjection
    now: Chart | None
    then: Chart | None
    why_no_chart: str
    graph: Graph | None
    why_no_graph: str
    calls: tuple[CallRow, ...]
    more_calls: int
    edges: tuple[EdgeRow, ...]
    more_edges: int

    @property
    def place(self) -> str:
        return place_of(self.filename, self.function)


def place_of(filename: str, function: FunctionProjection) -> str:
    return f"{filename}:{line_text(function.cell, function.line)}"


def shown_functions(page: Page) -> list[tuple[str, FunctionProjection]]:
    """The functions with two calls or more or turns to run together, by what they gain."""
    found = [(name, f) for name, f in page.functions if f.times.calls > 1 or f.groups]
    return sorted(
        found,
        key=lambda pair: (-round(pair[1].times.saved_ms, 6), -round(pair[1].times.sequential_ms, 6),
                          pair[0], pair[1].tree.span.start),
    )  # fmt: skip


def function_view(filename: str, function: FunctionProjection) -> FunctionView:
    """All that is shown of one function."""
    tree = function.tree
    before, after = (
        timeline(work, table) if table else ()
        for work, table in zip((tree.before, tree.after), function.tables, strict=True)
    )
    scale = scale_of(before, after)
    taken = durations(function)
    why_no_chart = why_no_graph = ""
    if max(len(before), len(after)) > DRAWN:
        why_no_chart = f"More than {DRAWN} bars would not be readable: the table has all times."
    elif scale <= 0:
        why_no_chart = "None of these calls takes any time that is known of."
    if not tree.edges:
        why_no_graph = "None of these calls is known to wait for another."
    elif not drawable(tree):
        why_no_graph = (
            f"A drawing of {plural(len(tree.sites), 'call')} and "
            f"{plural(len(tree.edges), 'dependence')} would not be readable (it ends at {CALLS} "
            f"and {EDGES}): they are listed."
        )
    return FunctionView(
        filename,
        function,
        None if why_no_chart else chart(before, tree.sites, taken, scale),
        None if why_no_chart or after == before else chart(after, tree.sites, taken, scale),
        why_no_chart,
        None if why_no_graph else graph(tree, taken),
        why_no_graph,
        tuple(_calls(tree.sites[:ROWS], taken, before, after, function)),
        max(0, len(tree.sites) - ROWS),
        tuple(
            EdgeRow(e.second + 1, tree.sites[e.second].name, e.first + 1, tree.sites[e.first].name,
                    e.kind, style_of(e.kind), e.words)
            for e in tree.edges[:ROWS]
        ),
        max(0, len(tree.edges) - ROWS),
    )  # fmt: skip


def durations(function: FunctionProjection) -> list[float]:
    """How long each call takes now, on average; a function of the project what it waits itself."""
    table = function.tables[0]
    if not table:
        return [site.latency.distribution.mean for site in function.tree.sites]
    of = Averages(table)
    return [of.duration(i, ())[0] for i in range(len(table))]


def _calls(
    sites: Sequence[TimedCall],
    taken: Sequence[float],
    before: Sequence[Bar],
    after: Sequence[Bar],
    function: FunctionProjection,
) -> list[CallRow]:
    times: tuple[defaultdict[int, list[str]], ...] = (defaultdict(list), defaultdict(list))
    notes: defaultdict[int, dict[Markup, None]] = defaultdict(dict)
    for bars, places in zip((before, after), times, strict=True):
        for bar in bars:
            places[bar.site].append(f"{milliseconds(bar.start)} – {milliseconds(bar.end)}")
    for bar in before:
        notes[bar.site].update({said("{}", bar.note): None} if bar.note else {})
    for bar in after:
        if bar.note and said("{}", bar.note) not in notes[bar.site]:
            notes[bar.site][said("projected {}", bar.note)] = None
    rows: list[CallRow] = []
    for i, site in enumerate(sites):
        if site.limit is not None:
            match, most = site.limit
            words = said("at most {} at once by the limit for {}", most, bare(match))
            notes[i][words] = None
        rows.append(
            CallRow(
                _call(function, i, taken[i]),
                ", ".join(times[0][i][:3]) or "–",
                ", ".join(times[1][i][:3]) or "–",
                Markup("; ").join(notes[i]),
            )
        )
    return rows


def _call(function: FunctionProjection, number: int, taken: float) -> Call:
    site = function.tree.sites[number]
    own = _own(function, number)
    return Call(
        number + 1,
        site.name,
        line_text(site.span.cell, site.span.line),
        milliseconds(taken) + ("" if own else _spread(site.latency)),
        ORIGINS[Origin.BODY if own else site.latency.origin],
        "what this function waits for" if own else site.latency.source,
    )


def _own(function: FunctionProjection, number: int) -> bool:
    """Is a call one of a function of the project that was looked at?"""
    return bool(function.tables[0]) and function.tables[0][number].own


def opportunity_calls(item: Opportunity) -> list[Call]:
    """The calls that an opportunity runs together, with the times that the projection takes."""
    taken = durations(item.function)
    return [_call(item.function, i, taken[i]) for i in sorted(item.sites)]


def _spread(latency: Latency) -> str:
    found = latency.distribution
    if isinstance(found, Constant):
        return ""
    return f" (p50 {milliseconds(found.quantile(0.5))}, p95 {milliseconds(found.quantile(0.95))})"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the times of some calls come from; ``origin`` says how good that is."""

    origin: str
    source: str
    calls: int
    measured: int
    failed: int


def sources(page: Page) -> list[Source]:
    """The sources of all times, best kind first, then by calls."""
    calls: Counter[tuple[Origin, str]] = Counter()
    measured: Counter[tuple[Origin, str]] = Counter()
    failed: Counter[tuple[Origin, str]] = Counter()
    for _, function in page.functions:
        for i, site in enumerate(function.tree.sites):
            own = _own(function, i)
            key = (
                (Origin.BODY, "functions of the project: what they wait for themselves")
                if own
                else (site.latency.origin, site.latency.source)
            )
            calls[key] += 1
            measured[key] = max(measured[key], site.latency.count)
            failed[key] = max(failed[key], site.latency.failed)
    order = list(ORIGINS)
    keys = sorted(calls, key=lambda key: (order.index(key[0]), -calls[key], key[1]))
    return [Source(ORIGINS[k[0]], k[1], calls[k], measured[k], failed[k]) for k in keys]


def why_confidence(page: Page) -> str:
    """Why the figures can be trusted as far as they can, in a sentence."""
    functions = [function for _, function in page.functions]
    weak = total = 0
    for function in functions:
        for i, site in enumerate(function.tree.sites):
            own = _own(function, i)
            total += 1
            weak += not own and site.latency.origin not in (Origin.MEASURED, Origin.DECLARED)
    if weak:
        verb = "rests" if weak == 1 else "rest"
        return f"{weak} of {plural(total, 'call')} {verb} on defaults or on the catalog"
    if page.confidence == HIGH:
        return "all calls were measured, often enough"
    if page.assumed:
        return f"assumed: {'; '.join(page.assumed)}"
    return "all calls are declared or measured, some of them not often enough"


def watched(page: Page) -> list[tuple[str, int]]:
    """The calls that will run at the same time as others, with how many of them at most."""
    width: dict[str, int] = {}
    for item in page.opportunities:
        for call in item.finding.calls:
            width[call.name] = max(width.get(call.name, 0), item.group.width)
    return sorted(width.items(), key=lambda pair: (-pair[1], pair[0]))


def verdict(page: Page) -> str:
    """The report in one sentence."""
    times = page.times
    if not page.files:
        return "Nothing here waits for calls."
    now = f"This code waits {milliseconds(times.sequential_ms)} today"
    if times.saved_ms <= 0:
        return f"{now}; there is nothing that `pexec-fix` would run together."
    return (
        f"{now}; as `pexec-fix` would write it, it would wait {milliseconds(times.projected_ms)}: "
        f"{percent(times.reduction)} less."
    )
