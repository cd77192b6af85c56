"""Loops that may start their calls ahead → candidates: a rewrite and the finding that offers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..analyzer.codes import Applicability
from ..analyzer.config import Config
from ..analyzer.engine import Analysis, Finding, Fix
from ..analyzer.findings import assumptions_of, call_site, milliseconds
from ..analyzer.forms import Form
from ..analyzer.loop_forms import Fold, LoopForm, form_of
from ..analyzer.suppressions import silencing
from ..analyzer.turn_plans import LoopPlan
from .arguments import Names
from .candidate import Candidate, fix_of, loses_comments, mixed_ends
from .comprehensions import rewrite_comprehension
from .edit import Writer
from .gather import Rewritten
from .loops import rewrite_loop
from .thread_loops import rewrite_threaded

Rewriting = Callable[[LoopPlan, LoopForm, Writer, Names, str], Rewritten | None]
THREADED = "blocking calls, each in a thread, and their results taken turn by turn"


def loop_candidates(
    analysis: Analysis, config: Config, applicability: Applicability, names: dict[str, Names]
) -> list[Candidate]:
    """A rewrite for every planned loop."""
    writer = Writer(analysis.source, analysis.module, config.line_length)
    found: list[Candidate] = []
    for plan in analysis.planner.loops:
        lines = plan.statement.lines
        if writer.mixed and mixed_ends(writer, lines.start, lines.end):
            continue
        known = names.setdefault(plan.site.function.qualname, Names(set(analysis.module.names)))
        form = LoopForm(Fold.NONE, THREADED) if plan.threads else \
            form_of(plan, analysis.planner.sites)  # fmt: skip
        rewrite_one = _how(plan)
        rewritten = rewrite_one(plan, form, writer, known, config.target_version)
        plain = form.fold is not Fold.NONE
        if plain and (rewritten is None or loses_comments(rewritten.edit, analysis)):
            form = LoopForm(Fold.NONE, "all awaited at once they would be hard to read")
            rewritten = rewrite_one(plan, form, writer, known, config.target_version)
        if rewritten is None or loses_comments(rewritten.edit, analysis, typed=False):
            continue
        fix = fix_of(rewritten, analysis, writer)
        found.append(Candidate(rewritten, _finding(analysis, plan, form, applicability, fix)))
    return found


def _how(plan: LoopPlan) -> Rewriting:
    """What writes the new text of a plan."""
    if plan.threads:
        return rewrite_threaded
    return rewrite_loop if plan.comprehension is None else rewrite_comprehension


def _finding(
    analysis: Analysis, plan: LoopPlan, form: LoopForm, applicability: Applicability, fix: Fix
) -> Finding:
    blocks = {
        m.call.id: analysis.planner.sites.threads.waits(analysis.inference, m.call)
        for m in plan.members
        if plan.threads
    }
    calls = tuple(
        call_site(analysis.inference, m.call, early=True, blocks=blocks.get(m.call.id))
        for m in plan.members
    )
    site = calls[0]
    assumed = analysis.inference.config.assume_iterations
    turns = f"all {plan.count} turns" if plan.count is not None else f"{assumed} turns"
    gain = plan.sequential_ms - plan.parallel_ms
    subject = _subject([c.name for c in calls])
    message = (
        f"{subject} made turn by turn, and blocks, and no turn needs another one; in threads "
        f"{turns} would save about {milliseconds(gain)}"
    ) if plan.threads else (
        f"{subject} awaited turn by turn, and no turn needs another one; "
        f"run together {turns} would save about {milliseconds(gain)}"
    )  # fmt: skip
    return Finding(
        code=plan.code,
        message=message,
        span=site.span,
        calls=calls,
        function=plan.site.function.qualname,
        form=Form.THREADS.value
        if plan.threads
        else "ordered"
        if form.fold is Fold.NONE
        else "plain",
        form_reason=form.reason,
        applicability=applicability,
        sequential_ms=plan.sequential_ms,
        parallel_ms=plan.parallel_ms,
        assumptions=assumptions_of(analysis, [m.call for m in plan.members]),
        fix=fix,
        suppressed=loop_suppressed(analysis, plan),
        turns=turns,
    )


def _subject(names: Sequence[str]) -> str:
    """What a turn awaits, with the verb."""
    first, *others = dict.fromkeys(names)
    if len(names) == 1:
        return f"`{first}` is"
    if not others:
        return f"{len(names)} calls of `{first}` are"
    if len(others) == 1:
        return f"`{first}` and `{others[0]}` are"
    return f"`{first}` and {len(names) - 1} more calls are"


def loop_suppressed(analysis: Analysis, plan: LoopPlan) -> bool:
    """Does a comment on the `for`, or on the call, silence the finding of a loop?"""
    return bool(silencing(analysis.suppressions, plan.lines, plan.code))
