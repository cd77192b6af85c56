"""Looks for a schedule under which a rewrite differs, and for a program rewritten wrongly."""

from __future__ import annotations

import ast
import functools
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed

from .declarations import TOOLS
from .differential import Difference, compare, compare_interrupted, harmless
from .outcome import Outcome, run
from .programs import programs
from .schedule import PATTERNS, Failure, Key, Schedule

#: What a rewriter under test looks like: `pexec.codemods.parallelize`, or one with a bug put in.
Rewriter = Callable[..., Any]

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path(__file__).parent / "found"

FAILURES = (
    Failure("before"),
    Failure("after"),
    Failure("before", "value"),
    Failure("after", "lookup"),
    Failure("after", "cancelled"),
)


def schedules(probe: Outcome, seed: int, thorough: bool = False) -> Iterator[Schedule]:
    """The schedules under which a program is tried, the telling ones first.

    ``probe`` is a run of the original in which nothing fails: its calls are the ones to fail.
    Every latency pattern; every call failing before and after its effect; pairs and larger sets;
    cancellation between any two ticks or during the drain; deadlines.
    """
    draw = random.Random(seed)
    keys: list[Key] = list(dict.fromkeys(call.key for call in probe.calls))
    for pattern in PATTERNS:
        yield Schedule(seed, pattern)
    patterns = PATTERNS if thorough else ("falling", "mixed")
    for pattern in patterns:
        for key in keys:
            for failure in FAILURES[:2]:
                yield Schedule(seed, pattern, ((key, failure),))
    for _ in range(12 if thorough else 6):
        size = min(len(keys), draw.choice((2, 2, 3, 4)))
        failures = tuple((key, draw.choice(FAILURES)) for key in draw.sample(keys, size))
        yield Schedule(seed + draw.randrange(99), draw.choice(PATTERNS), failures)
    end = int(probe.time) + 1
    for _ in range(10 if thorough else 5):
        some = draw.sample(keys, min(len(keys), draw.choice((0, 0, 1, 2))))
        failures = tuple((key, draw.choice(FAILURES)) for key in some)
        pattern, moment = draw.choice(PATTERNS), draw.randrange(end) + 0.5
        yield Schedule(seed, pattern, failures, cancel_at=(moment,))
        yield Schedule(seed, pattern, failures, deadline=moment)
        again = (moment, moment + draw.choice((0, 1, 2)))
        yield Schedule(seed, pattern, failures, cancel_at=again, cleanup=3)


def find_difference(
    original: str,
    rewritten: str,
    *,
    seeds: int = 2,
    level: str = "exact",
    kinds: Collection[str] = (),
    thorough: bool = False,
) -> Difference | None:
    """The first difference (of one of the ``kinds``, if any are given), or None.

    Tries ``seeds`` initial worlds, each with schedules of its own.
    """
    for seed in range(seeds):
        probe = run(original, seed)
        tried = _with_handled(original, probe, seed, thorough)
        for schedule in tried:
            for found in _try(original, rewritten, seed, schedule, level):
                if not kinds or found.kind in kinds:
                    return found
    return None


def _with_handled(original: str, probe: Outcome, seed: int, thorough: bool) -> Iterator[Schedule]:
    """The schedules, and each one with the calls of the handlers it led into failing as well."""
    known = {call.key for call in probe.calls}
    deeper = 3
    for schedule in schedules(probe, seed, thorough):
        yield schedule
        if deeper and schedule.failures and not schedule.interrupts:
            handled = [
                call.key for call in _run(original, seed, schedule).calls if call.key not in known
            ]
            if handled:
                deeper -= 1
                more = (*schedule.failures, (handled[0], Failure("after")))
                yield replace(schedule, failures=more)


@functools.lru_cache(maxsize=8)
def _run(source: str, world_seed: int, schedule: Schedule) -> Outcome:
    return run(source, world_seed, schedule)


def _try(
    original: str, rewritten: str, world_seed: int, schedule: Schedule, level: str
) -> list[Difference]:
    try:
        new = run(rewritten, world_seed, schedule)
    except SyntaxError as error:
        found = [Difference("crash", f"no Python: {error}")]
    else:
        found = _judge(original, new, world_seed, schedule, level)
        if found and schedule.failures and new.own_error:
            found = [] if _excused(original, new, world_seed, schedule, level) else found
    return [
        replace(
            each,
            source=original,
            rewritten=rewritten,
            world_seed=world_seed,
            schedule=schedule,
        )
        for each in found
    ]


def _judge(
    original: str, new: Outcome, world_seed: int, schedule: Schedule, level: str
) -> list[Difference]:
    """What ``new`` does otherwise than the original under that schedule."""
    if schedule.interrupts and not new.cut:
        # It had ended by then. That must be like the original left alone.
        schedule = replace(schedule, cancel_at=(), deadline=None)
    old = _run(original, world_seed, schedule)
    while not new.cut and (met := tuple(sorted(set(old.expired) - set(new.expired)))):
        # The rewrite met deadlines that the original missed: so must what it is compared with.
        schedule = replace(schedule, met=(*schedule.met, *met))
        old = _run(original, world_seed, schedule)
    slow = schedule.cleanup > 0
    if not (schedule.interrupts or old.interrupted):
        return compare(old, new, level, late=not slow)
    full = _run(original, world_seed, _calm(schedule))
    return compare_interrupted(full, old, new, level, slow=slow)


def _calm(schedule: Schedule) -> Schedule:
    return replace(schedule, cancel_at=(), deadline=None, timeouts=False, met=())


def _excused(original: str, new: Outcome, world_seed: int, schedule: Schedule, level: str) -> bool:
    """Whether all that is lost is the order between a failing read and an argument that raises.

    That is the one documented exception of the argument rule (§4): the rewrite then behaves like
    the original would if that read, or some more of them, had not failed.
    """
    failures = schedule.failures
    while failures:
        calls = _run(original, world_seed, replace(_calm(schedule), failures=failures)).calls
        failed = [call.key for call in calls if call.how == "failed"]
        spared = tuple(each for each in failures if each[0] not in failed[:1])
        if not failed or len(spared) == len(failures) or not harmless(failed[0]):
            return False
        failures = spared
        milder = replace(schedule, failures=failures)
        if _run(original, world_seed, _calm(milder)).argument_error and not _judge(
            original, new, world_seed, milder, level
        ):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one program: the rewriter's answer, and the difference if there is one."""

    source: str
    rewrite: Any
    difference: Difference | None


def check_program(
    source: str, parallelize: Rewriter, *, seeds: int = 1, level: str = "exact"
) -> Checked:
    """Rewrites a program and tries the result. A rewriter that raises is a difference, too."""
    options: dict[str, Any] = {"unsafe_fixes": True} if level == "on-success" else {}
    try:
        rewrite = parallelize(source, tools=TOOLS, **options)
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
        return Checked(source, None, Difference("rewriter", detail, source))
    if getattr(rewrite, "error", ""):
        return Checked(source, rewrite, Difference("rewriter", rewrite.error, source))
    if not rewrite.changed:
        wrong = rewrite.source != source
        found = Difference("text", "changed, but says that it is not", source) if wrong else None
        return Checked(source, rewrite, found)
    return Checked(
        source, rewrite, find_difference(source, rewrite.source, seeds=seeds, level=level)
    )


def corpus() -> dict[str, str]:
    """The hand-written programs by name; each is aimed at one hazard."""
    return {path.stem: path.read_text("utf-8") for path in sorted(CORPUS.glob("*.py"))}


def found() -> dict[str, str]:
    """Programs that were once rewritten wrongly, or nearly so, by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted(FOUND.glob("*.py"))}


def generated(visit: Callable[[str], object], examples: int, seed: int | None = None) -> None:
    """Calls ``visit`` with that many different programs; the same ones for the same ``seed``.

    Hypothesis varies what it has tried, and often comes back to it: what was visited is passed
    over, and some more are generated (at most four times as many). Stops at the first exception of
    ``visit`` and raises it, unshrunk.
    """
    failure: list[Exception] = []
    visited: set[str] = set()

    @settings(
        max_examples=4 * examples,
        derandomize=seed is None,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def each(source: str) -> None:
        if not failure and source not in visited and len(visited) < examples:
            visited.add(source)
            try:
                visit(source)
            except Exception as error:
                failure.append(error)

    (each if seed is None else hypothesis_seed(seed)(each))()
    if failure:
        raise failure[0]


def shrunk(found: Difference, parallelize: Rewriter, *, level: str = "exact") -> Difference:
    """The same kind of difference in a smaller program, got by leaving statements out."""
    if found.schedule is None:
        return found
    ending = run(found.source).error
    shorter = True
    while shorter:
        shorter = False
        for source in _without_one(found.source):
            if run(source).error == ending:
                other = check_program(source, parallelize, level=level).difference
                if other is not None and other.kind == found.kind:
                    found, shorter = other, True
                    break
    return found


def _without_one(source: str) -> Iterator[str]:
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1:
            for each in body:
                yield "".join(lines[: each.lineno - 1] + lines[each.end_lineno :])


class _Found(Exception):
    def __init__(self, difference: Difference) -> None:
        self.difference = difference


def find_counterexample(
    parallelize: Rewriter, examples: int, seed: int, *, level: str = "exact"
) -> Difference | None:
    """A program that ``parallelize`` rewrites wrongly, with the run that shows it; or None.

    Tries the corpus first, then ``examples`` generated programs. Deterministic for a ``seed``.
    """
    for source in corpus().values():
        found = check_program(source, parallelize, level=level).difference
        if found is not None:
            return found

    def visit(source: str) -> None:
        found = check_program(source, parallelize, level=level).difference
        if found is not None:
            raise _Found(shrunk(found, parallelize, level=level))

    try:
        generated(visit, examples, seed)
    except _Found as found:
        return found.difference
    return None
