"""Deployment and monitoring, for code that has only plain asyncio and threads: what to do when."""

from __future__ import annotations

from ..findings import milliseconds
from .page import Page
from .summary import plural

_TOP = 3


def rollout(page: Page) -> list[str]:
    """What to do with the rewrites, in order; [] if there are none."""
    if not page.opportunities:
        return []
    forms = "; ".join(f"{shape.count} as {shape.words}" for shape in page.shapes)
    unsafe = " --unsafe-fixes" if page.validation.unsafe else ""
    timed = "; ".join(
        f"`{o.function.name}` ({o.place}), {milliseconds(o.group.sequential_ms)} now and "
        f"{milliseconds(o.group.projected_ms)} then"
        for o in page.opportunities[:_TOP]
    )
    return [
        f"Style: {forms}. The new code needs nothing but the standard library.",
        f"Limits: at most {plural(page.width, 'call')} of one batch at once; `max-concurrency` "
        "bounds it, and `limits` says what a server bears.",
        f"Deploy: run `pexec-fix{unsafe}` in a commit of its own; reverting that commit takes all "
        "of it back.",
        f"Time before and after: {timed}.",
        "Watch the rate of failures and of refusals for too many requests: more calls reach a "
        "server at once than before.",
    ]
