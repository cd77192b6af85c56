"""What lowering a compound statement collects: its events and its nested blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import libcst as cst

from ..headers import Header
from ..ir import Block, Define, Event
from ..names import Scope
from .context import Context, Unit
from .headers import header

LowerBlock = Callable[[cst.CSTNode, Unit, Scope, str], Block]


class Parts:
    """Collects the events and nested blocks of one compound statement, in order."""

    def __init__(self, unit: Unit, scope: Scope, lower_block: LowerBlock) -> None:
        self.context = Context(unit, scope)
        self.blocks: list[Block] = []
        self.headers: list[Header] = []
        self.lower_block = lower_block

    def header(self, word: str, node: cst.CSTNode, value: cst.CSTNode, start: int) -> None:
        """Keep the header of ``node``, whose events are those from ``start``."""
        found = header(word, node, value, self.context.events[start:], self.context.unit)
        if found is not None:
            self.headers.append(found)

    def block(
        self,
        node: cst.CSTNode,
        role: str,
        *,
        guarded: bool,
        bound: Sequence[Event] = (),
        always: bool = False,
    ) -> None:
        """Lower a suite and fold its events in. ``bound``: what is done whenever it begins."""
        block = self.lower_block(node, self.context.unit, self.context.scope, role)
        binds = frozenset(event.symbol for event in bound if isinstance(event, Define))
        at = len(self.context.events)
        self.blocks.append(replace(block, at=at, binds=binds, always=always))
        for statement in block.statements:
            for event in statement.events:
                self.context.add(_guard(event) if guarded else event)


def _guard(event: Event) -> Event:
    return event if event.guarded else replace(event, guarded=True)
