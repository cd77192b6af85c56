"""How emitted code reaches ``asyncio`` and the helper: the import that is there, or a new one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ..analyzer.edits import Edit
from ..analyzer.ir import Block, Function, Module, Statement
from ..analyzer.notebooks import CELL_OPTIONS
from .edit import Writer


@dataclass(frozen=True, slots=True)
class Import:
    """``import module [as name]``, or ``from module import name`` with ``member``."""

    module: str
    name: str
    member: str = ""

    def line(self) -> str:
        if self.member:
            alias = f" as {self.name}" if self.name != self.member else ""
            return f"from {self.module} import {self.member}{alias}"
        return f"import {self.module}" + (f" as {self.name}" if self.name != self.module else "")


def reach(module: Module, function: Function, target: str, offset: int) -> str | None:
    """The name by which ``target`` (a dotted name) can be used in ``function``, or None.

    ``offset``: where it is needed; a function's body runs after the module's imports, the module's
    own code only after those above it.

    Only an unconditional import at the top of the module counts: one under ``if TYPE_CHECKING``
    is not there when the program runs.
    """
    for statement in body_at(module, offset):
        if statement.kind not in ("Import", "ImportFrom"):
            continue
        notebook = module_body(module).part == "frame"
        if (notebook or not function.name) and statement.span.start > offset:
            continue
        for event in statement.events:
            symbol = getattr(event, "symbol", "")
            info = module.symbols.get(symbol)
            if (
                info is not None
                and info.kind == "import"
                and info.target == target
                and symbol.startswith(":")
                and not shadowed(module, function, info.name)
            ):
                return info.name
    return None


def module_body(module: Module) -> Block:
    return next(f.block for f in module.functions if not f.name)


def body_at(module: Module, offset: int) -> list[Statement]:
    """The statements of the module, or of the cell of a notebook that holds ``offset``.

    Another cell may not have been run, or not in this session: nothing that it imports is there for
    certain.
    """
    body = module_body(module)
    if body.part != "frame":
        return list(body.statements)
    cells = [statement.blocks[0] for statement in body.statements[0].blocks[0].statements]
    found = [c for c in cells if c.part != "shown" and c.statements[0].lines.start <= offset]
    return list(found[-1].statements) if found else []


def shadowed(module: Module, function: Function, name: str) -> bool:
    """Does ``name`` mean something else inside ``function`` than at module level?"""
    around = [
        f for f in module.functions
        if f.scope and (function.scope == f.scope or function.scope.startswith(f"{f.scope}."))
    ]  # fmt: skip
    return any(name in f.locals or f"{f.scope}:{name}" in module.symbols for f in around)


def fresh_name(module: Module, wanted: str) -> str:
    """``wanted``, or a variant that no identifier of the file equals."""
    name, number = wanted, 2
    while name in module.names:
        name, number = f"{wanted}_{number}", number + 1
    return name


def needed(module: Module, function: Function, target: str, member: str = "") -> Import:
    """The import to add so that ``target`` can be used in ``function``."""
    wanted = member or target
    info = module.symbols.get(f":{wanted}")
    full = f"{target}.{member}" if member else target
    taken = shadowed(module, function, wanted) or (
        info is not None and not (info.kind == "import" and info.target == full)
    )
    return Import(target, fresh_name(module, f"_{wanted}") if taken else wanted, member)


def insertions(new: Sequence[Import], module: Module, writer: Writer, offset: int) -> list[Edit]:
    """Where new imports belong: isort's order within the first group that fits.

    In a notebook the imports of the cell that holds ``offset``.
    """
    newline = writer.style.newline
    body = body_at(module, offset)
    after: Statement | None = None
    rest = body
    while rest and (_docstring(rest[0]) or _future(rest[0], writer)):
        after, rest = rest[0], rest[1:]
    block: list[Statement] = []
    for statement in rest:
        if statement.kind not in ("Import", "ImportFrom") or not statement.solo:
            break
        block.append(statement)
    new = sorted(new, key=lambda one: (bool(one.member), one.module))  # plain ones come first
    lines = [one.line() + newline for one in new]
    if not block and lines:
        line = "".join(lines)
        if after is not None:
            return [Edit(after.lines.end, after.lines.end, newline + line)]
        start = _top(writer, offset)
        definition = bool(body) and body[0].kind in ("FunctionDef", "ClassDef")
        follows = bool(writer.source.text[start:].strip())
        return [Edit(start, start, line + newline * (follows + (follows and definition)))]
    edits = [_within(one, line, block, writer) for one, line in zip(new, lines, strict=True)]
    if len({edit.start for edit in edits}) == 1:  # a group of their own, with one line behind it
        alone = [line + newline for line in lines] == [edit.text for edit in edits]
        text = "".join(lines) + newline if alone else "".join(edit.text for edit in edits)
        return [Edit(edits[0].start, edits[0].start, text)]
    return edits


def _within(new: Import, line: str, block: list[Statement], writer: Writer) -> Edit:
    newline = writer.style.newline
    standard = [s for s in block if _module(s, writer).split(".")[0] in sys.stdlib_module_names]
    own = new.module.split(".")[0] in sys.stdlib_module_names
    group = standard if own else block
    if own and not standard:
        start = block[0].lines.start
        return Edit(start, start, line + newline)
    plain = [s for s in group if s.kind == "Import"]
    if new.member:
        froms = [s for s in group if s.kind == "ImportFrom"]
        later = next((s for s in froms if _module(s, writer) > new.module), None)
        place = later.lines.start if later else group[-1].lines.end
        return _at(place, line, writer)
    later = next((s for s in plain if _module(s, writer) > new.module), None)
    if later is not None:
        return Edit(later.lines.start, later.lines.start, line)
    if plain:
        return _at(plain[-1].lines.end, line, writer)
    return Edit(group[0].lines.start, group[0].lines.start, line)


def _at(offset: int, line: str, writer: Writer) -> Edit:
    text = writer.source.text
    missing = offset and text[offset - 1] not in "\r\n"  # the file ends without a line end
    newline = writer.style.newline
    return Edit(offset, offset, newline + line.removesuffix(newline) if missing else line)


def _module(statement: Statement, writer: Writer) -> str:
    words = writer.text(statement.span).split()
    return words[1].rstrip(",") if len(words) > 1 else ""


def _docstring(statement: Statement) -> bool:
    return statement.kind == "Expr" and not statement.events


def _future(statement: Statement, writer: Writer) -> bool:
    return statement.kind == "ImportFrom" and _module(statement, writer) == "__future__"


def _top(writer: Writer, near: int) -> int:
    """After a shebang, an encoding cookie and the comment block that opens the file.

    Of a notebook: the top of the cell that holds ``near``, after the comments that set options.
    """
    starts = (*writer.source.line_starts, len(writer.source.text))
    if writer.source.notebook is not None:
        number = writer.source.top_line(near)
        while CELL_OPTIONS.match(writer.source.text, starts[number - 1]):
            number += 1
        return starts[number - 1]
    offset = 0
    for number, line in writer.lines(1, len(writer.source.line_starts)):
        if line.startswith("#"):
            offset = starts[number]
        else:
            return starts[number] if offset and not line.strip() else offset
    return offset
