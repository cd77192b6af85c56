"""Which loops and comprehensions of a block are planned, and when before the batches in them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from .comprehension_plans import Comprehensions
from .loops import Loops
from .schedule import Region
from .sites import Site
from .turn_plans import LoopPlan

if TYPE_CHECKING:
    from .blocks import Planner


class LoopBlocks:
    """Plans the loops of one module into its planner."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.loops = Loops(planner)

    def gains_more(self, site: Site, found: Sequence[Region]) -> bool:
        """Do all turns of the loop around a block save more together than its batches do?

        Then the loop is planned, if it is not yet, and its turns run as they stand: bounds do not
        add up.
        """
        parents = [parent for parent, _ in site.parents]
        if any(loop.statement is parent for loop in self.planner.loops for parent in parents):
            return True
        inner = next((s for s in reversed(parents) if s.kind != "If"), None)
        if inner is None or inner.kind != "For" or "PX103" not in self.planner.config.select:
            return False
        above = self._where.get(id(inner))
        if above is None or id(inner) in self.planner.holding:
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
            for site in self.planner.sites.all()
            for i, statement in enumerate(site.block.statements)
            if statement.blocks
        }

    def _take(self, loop: LoopPlan, site: Site) -> None:
        self.planner.loops.append(loop)
        self.planner.holding.update(id(s) for s in (loop.statement, *(p for p, _ in site.parents)))
        self.loops.turning.busy.add(site.function.scope)

    def plan_in(self, site: Site) -> None:
        """Plan the loops of a block; one that holds a batch of its own stays as it is."""
        comprehensions = Comprehensions(self.planner, self.loops.turning)
        made = self.planner.module.comprehensions and "PX104" in self.planner.config.select
        for i, statement in enumerate(site.block.statements if site.block.role != "header" else ()):
            found = None
            if id(statement) in self.planner.holding:
                continue
            if statement.kind in ("For", "While") and "PX103" in self.planner.config.select:
                found = self.loops.plan(site, i)
            if found is None and made:
                found = comprehensions.plan(site, i)
            if isinstance(found, LoopPlan):
                self._take(found, site)
            elif found is not None:
                self.planner.loop_notes.append(found)
