"""What each function waits for, as three trees: now, after the rewrite, and at best."""

from __future__ import annotations

from dataclasses import dataclass

from .ir import Span
from .latency import Latency
from .work import Work

LITERAL = "literal"
ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class TimedCall:
    """A call site as the projection knows it.

    ``span``: with its ``await``; ``column``: where the call itself begins, in line ``row`` of the
    text. ``function``: qualified name of the project's own function that it calls, or "".
    ``limit``: the `limits` entry that it falls under, and how many that lets run at once.
    """

    name: str
    span: Span
    latency: Latency
    row: int = 0
    column: int = 0
    function: str = ""
    limit: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Dependence:
    """Why one call site waits for an earlier one; numbers of the function's table."""

    first: int
    second: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class BlockTree:
    """A block that awaits two calls or more; ``span``: of its statements."""

    span: Span
    before: Work
    after: Work
    best: Work


@dataclass(frozen=True, slots=True)
class GroupTree:
    """What one finding changes; ``number``: which finding of the file."""

    number: int
    before: Work
    after: Work
    width: int


@dataclass(frozen=True, slots=True)
class FunctionTree:
    """A function that waits for something (or the module's own code, named ``<module>``)."""

    name: str
    qualified: str
    span: Span
    sites: tuple[TimedCall, ...]
    before: Work
    after: Work
    best: Work
    groups: tuple[GroupTree, ...] = ()
    blocks: tuple[BlockTree, ...] = ()
    edges: tuple[Dependence, ...] = ()


@dataclass(frozen=True, slots=True)
class FileTrees:
    """The functions of a file that wait for anything.

    ``findings``: code and place of those that the numbers of groups speak of.
    """

    filename: str
    functions: tuple[FunctionTree, ...]
    findings: tuple[tuple[str, int], ...] = ()
