"""Where the nodes of a tree stand in its text.

What ``libcst.metadata.PositionProvider`` computes, as offsets: LibCST's generator of code runs over
the tree, and the length of what it has written is where a node begins or ends. Counting characters
instead of lines makes it three times as fast, and it is most of what lowering a file costs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from types import TracebackType

import libcst as cst
from libcst._nodes.internal import CodegenState
from libcst.metadata import CodePosition, CodeRange


class Places(Mapping[cst.CSTNode, CodeRange]):
    """Lines (from 1) and columns (from 0) of the nodes of a tree."""

    def __init__(self, tree: cst.Module) -> None:
        state = _State(tree.default_indent, tree.default_newline)
        tree._codegen(state)  # pyright: ignore[reportPrivateUsage]
        self._spans = state.spans
        self._starts = [0]
        text = "".join(state.tokens)
        at = 0
        while at < len(text):
            newline, carriage = text.find("\n", at), text.find("\r", at)
            if newline < 0 and carriage < 0:
                break
            if carriage < 0 or 0 <= newline < carriage:
                at = newline + 1
            else:
                at = carriage + (2 if newline == carriage + 1 else 1)
            self._starts.append(at)

    def __getitem__(self, node: cst.CSTNode) -> CodeRange:
        start, end = self._spans[node]
        return CodeRange(self._place(start), self._place(end))

    def __iter__(self) -> Iterator[cst.CSTNode]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def _place(self, offset: int) -> CodePosition:
        line = bisect_right(self._starts, offset)
        return CodePosition(line, offset - self._starts[line - 1])


class _State(CodegenState):
    """What the generator writes to."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(indent, newline)
        self.spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self.offset = 0
        self._begun: list[int] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.tokens.append(token)
            self.offset += len(token)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._begun.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        begun = self._begun.pop()
        if node not in self.spans:  # its own part of that is known already
            self.spans[node] = (begun, self.offset)

    def pop_trailing_newline(self) -> None:
        """The newline that a file does not end in was written: nodes may end behind it."""

    def record_syntactic_position(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> _Recording:
        return _Recording(self, node, start_node, end_node)


class _Recording:
    """The part of a node that is its own, white space aside."""

    __slots__ = ("begun", "end", "node", "start", "state")

    def __init__(
        self,
        state: _State,
        node: cst.CSTNode,
        start: cst.CSTNode | None,
        end: cst.CSTNode | None,
    ) -> None:
        self.state, self.node, self.start, self.end = state, node, start, end
        self.begun = state.offset

    def __enter__(self) -> None:
        self.begun = self.state.offset

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        spans = self.state.spans
        begun = spans[self.start][0] if self.start is not None else self.begun
        ended = spans[self.end][1] if self.end is not None else self.state.offset
        spans[self.node] = (begun, ended)
