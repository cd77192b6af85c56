"""Which loops and comprehensions of a block are planned, and when before the batches in them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from .comprehension_plans import Comprehensions
from .loops import Loops
from .schedule import Region
from .sites import Site
from .turn_calls import blocking_of
from .turn_plans import LoopPlan

if TYPE_CHECKING:
    from .blocks import Planner


def blocked_in_turns(planner: Planner) -> dict[int, float]:
    """The calls that block in loops of such calls, planned or left as they are, and for how long.

    Call (its id) → milliseconds.
    """
    loops = [(loop.site, loop.statement) for loop in planner.loops if loop.threads]
    loops += [(n.site, n.statement) for n in planner.loop_notes if n.code == "PX102"]
    sites = planner.sites
    return {
        call.id: sites.threads.waits(planner.inference, call)
        for site, statement in loops
        for call in blocking_of(sites, site, [statement]).calls(statement.events)
    }


class LoopBlocks:
    """Plans the loops of one module into its planner."""

    def __init__(self, planner: Planner, holding: set[int], *, threads: bool = False) -> None:
        """``holding``: statements with something inside that is run together; more are added.

        ``threads``: plan the calls that block, and not those that are awaited.
        """
        self.planner = planner
        self.holding = holding
        self.threads = threads
        self.loops = Loops(planner, threads=threads)

    def gains_more(self, site: Site, found: Sequence[Region]) -> bool:
        """Do all turns of the loop around a block save more together than its batches do?

        Then the loop is planned, if it is not yet, and its turns run as they stand: bounds do not
        add up.
        """
        parents = [parent for parent, _ in site.parents]
        if any(loop.statement is parent for loop in self.planner.loops for parent in parents):
            return True
        inner = next((s for s in reversed(parents) if s.kind != "If"), None)
        code = "PX102" if self.threads else "PX103"
        if inner is None or inner.kind != "For" or code not in self.planner.config.select:
            return False
        above = self._where.get(id(inner))
        if above is None or id(inner) in self.holding:
            return False
        loop = self.loops.plan(*above)
        if not isinstance(loop, LoopPlan):
            return False
        turns = self.planner.config.assume_iterations if loop.count is None else loop.count
        saved = sum(r.sequential_ms - r.parallel_ms for r in found) * turns
        if loop.sequential_ms - loop.parallel_ms <= saved:
            return False
        self._take(loop, above[0])
        return True

    @cached_property
    def _where(self) -> dict[int, tuple[Site, int]]:
        """Compound statement → its block, and where it stands there."""
        return {
            id(statement): (site, i)
            for site in self.planner.sites.all(blocking=self.threads)
            for i, statement in enumerate(site.block.statements)
            if statement.blocks
        }

    def _take(self, loop: LoopPlan, site: Site) -> None:
        self.planner.loops.append(loop)
        self.holding.update(id(s) for s in (loop.statement, *(p for p, _ in site.parents)))
        self.loops.turning.busy.add(site.function.scope)
        if self.threads:
            self.planner.sites.threads.busy.add(site.function.scope)

    def plan_in(self, site: Site) -> None:
        """Plan the loops of a block; one that holds a batch of its own stays as it is."""
        comprehensions = Comprehensions(self.planner, self.loops.turning)
        select = self.planner.config.select
        of_loops, of_others = ("PX102", "PX102") if self.threads else ("PX103", "PX104")
        made = self.planner.module.comprehensions and of_others in select
        for i, statement in enumerate(site.block.statements if site.block.role != "header" else ()):
            found = None
            if id(statement) in self.holding:
                continue
            if statement.kind in ("For", "While") and of_loops in select:
                found = self.loops.plan(site, i)
            if found is None and made:
                found = comprehensions.plan(site, i)
            if isinstance(found, LoopPlan):
                self._take(found, site)
            elif found is not None:
                self.planner.loop_notes.append(found)
