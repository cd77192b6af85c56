"""What is decided about a run before it starts: how long calls take and which of them fail."""

from __future__ import annotations

import random
from dataclasses import dataclass

#: A call, told apart by what it is and not by when it runs: (tool, frozen arguments, site).
Key = tuple[str, str, str]

#: How the latencies of the calls relate to their order in the text.
PATTERNS = ("mixed", "equal", "falling", "rising", "instant-first")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call fails ``when`` = "before" or "after" its effect, with an error of that ``kind``."""

    when: str
    kind: str = "tool"  # tool | value | lookup | cancelled (the call itself raises CancelledError)


@dataclass(frozen=True, slots=True)
class Plan:
    """One call: ticks before its effect, ticks after it, and its failure if it has one."""

    before: int
    after: int
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One way the world may behave. All times are whole ticks; interruptions are set between them.

    ``cleanup`` is how long a cancelled call takes to end; ``timeouts = False`` turns every
    ``asyncio.timeout`` of the program off, ``met`` those of that number in the order of entering.
    """

    seed: int = 0
    pattern: str = "mixed"
    failures: tuple[tuple[Key, Failure], ...] = ()
    cancel_at: tuple[float, ...] = ()
    deadline: float | None = None
    cleanup: int = 0
    timeouts: bool = True
    met: tuple[int, ...] = ()

    @property
    def interrupts(self) -> bool:
        return bool(self.cancel_at) or self.deadline is not None

    def plan(self, key: Key) -> Plan:
        """The plan of a call: the same for equal keys, whenever and however often they run."""
        site = int(key[2]) if key[2].isdigit() else 0
        draw = random.Random(f"{self.seed}|{key}")
        if self.pattern == "equal":
            before, after = 1, 1
        elif self.pattern == "falling":
            before, after = max(1, 12 - site), draw.choice((0, 1))
        elif self.pattern == "rising":
            before, after = draw.choice((0, 1)), 1 + site % 12
        elif self.pattern == "instant-first" and site <= 1:
            before, after = 0, 0
        else:
            before, after = draw.choice((0, 1, 2, 4, 7)), draw.choice((0, 1, 3, 6))
        return Plan(before, after, dict(self.failures).get(key))
