"""Jupyter notebooks (``.ipynb``): the code of their cells as one text, and back.

The cells that hold Python follow each other in one text, each with a line behind it that marks its
end. What IPython alone reads (:mod:`.magics`) is put aside behind calls of unknown functions. What
that text comes to mean when it is lowered, see ``lowering/cells.py``: cells run in any order, and
again.

The file is read as JSON (nbformat 4), and written by replacing the ``source`` values of the changed
cells: everything else stays byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from .magics import Magic, bound_names, cell_magic, is_cell_magic, magics, readable

SUFFIX = ".ipynb"
_LINE_END = re.compile(r"\r\n|\n|\r")
_SPACE = re.compile(r"[ \t\r\n]*")
#: Comments that must be the first lines of a cell (Colab's forms, Quarto's options).
CELL_OPTIONS = re.compile(r"#[ \t]*(?:@|\||%%)")
#: One character of a JSON string, as it is written (RFC 8259, 7).
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]"
)
#: Text that may change what a top-level statement of a cell shows, or which loop awaits it.
_OTHER_LOOP = "the notebook sets which event loop its cells run on (`%autoawait`)"
_ODD_SHELL = {
    "autoawait": _OTHER_LOOP,
    "ast_node_interactivity": "the notebook sets which of its values are shown "
    "(`ast_node_interactivity`)",
}
#: Code that reaches the shell may run other code in the cells' names.
_SHELL = re.compile(r"\b(?:get_ipython|InteractiveShell|user_ns|run_cell)\b")
_LAST_SHOWN = ("_", "__", "___")  # what IPython binds to the last values shown


class NotebookError(Exception):
    """The file is no notebook that can be read.

    ``line`` and ``column`` count from 1, in a ``cell`` or (0) in the file.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1, cell: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.cell = cell


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the text. ``number`` counts all cells of the notebook from 1, as ruff does.

    ``start`` and ``end`` are where its ``source`` stands in the file; 0 for one that is not there.
    """

    number: int
    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Notebook:
    """What is needed to write a notebook back. ``aside``: (call, what it stands for).

    ``fixed``: why no code at the top level of its cells may be changed, or "". ``hidden``: Python
    that magics may run, which is no part of the text.
    """

    raw: str
    marker: str
    cells: tuple[Cell, ...]
    aside: tuple[tuple[str, str], ...] = ()
    fixed: str = ""
    hidden: str = ""

    @property
    def other_loop(self) -> bool:
        """May its cells run on another event loop than asyncio's?"""
        return self.fixed == _OTHER_LOOP

    def parts(self, text: str) -> list[str]:
        """The text of each cell of one whole text, with the calls that stand for magics.

        Raises ValueError if the text has not the cells of the notebook.
        """
        found: list[str] = []
        for i in range(len(self.cells)):
            part, mark, text = text.partition(f"\n{self.marker}{i}\n")
            if not mark:
                raise ValueError(f"cell {self.cells[i].number} is gone")
            found.append(part)
        if text:
            raise ValueError("there is text behind the last cell")
        return found

    def restored(self, part: str) -> str:
        """A cell's text with its magics."""
        for call, original in self.aside:
            part = part.replace(call, original)
        return part

    def changed(self, text: str) -> list[tuple[Cell, str]]:
        """The cells that differ, with their new text."""
        news = zip(self.cells, map(self.restored, self.parts(text)), strict=True)
        return [(cell, new) for cell, new in news if cell.end and new != cell.text]

    def written(self, text: str) -> str:
        """The file with the cells of ``text``."""
        out, position = list[str](), 0
        ascii_only = self.raw.isascii() and re.search(r"\\u(?!00[01])", self.raw) is not None
        for cell, new in self.changed(text):
            value = self.raw[cell.start : cell.end]
            out += [self.raw[position : cell.start], _value(value, new, ascii_only=ascii_only)]
            position = cell.end
        return "".join((*out, self.raw[position:]))

    def place(self, line: int) -> tuple[int, int]:
        """A line of the text → (number of the cell, line in it), both from 1."""
        left = line
        for cell in self.cells:
            lines = len(_LINE_END.findall(cell.text)) + 1
            if left <= lines or cell is self.cells[-1]:
                return cell.number, min(left, lines)
            left -= lines + 1  # a mark stands in a line of its own behind each cell
        return 0, line

    def top_line(self, text: str, offset: int) -> int:
        """The first line of the cell that holds an offset of the text."""
        marks = re.finditer(rf"^{self.marker}\d+\n", text[:offset], re.MULTILINE)
        start = max((match.end() for match in marks), default=0)
        return len(_LINE_END.findall(text, 0, start)) + 1

    def file_line(self, number: int, line: int) -> int:
        """The line of the file where a line of a cell stands."""
        cell = next((c for c in self.cells if c.number == number), None)
        if cell is None:
            return 1
        value = self.raw[cell.start : cell.end]
        offset = cell.start
        if value.startswith("["):
            spans = [span for span, _ in _elements(value)]
            if 1 <= line <= len(spans):
                offset += spans[line - 1][0]
        return self.raw.count("\n", 0, offset) + 1


def is_notebook(filename: str) -> bool:
    return filename.endswith(SUFFIX)


def read(raw: str) -> tuple[str, Notebook] | None:
    """The text of a notebook's cells, and what is needed to write them back.

    None if its kernel speaks another language than Python. Raises NotebookError, with the cell in
    its words where one cannot be parsed.
    """
    try:
        data: object = json.loads(raw)
    except json.JSONDecodeError as error:
        raise NotebookError(f"not a notebook: not valid JSON: {error.msg}", error.lineno,
                            error.colno) from None  # fmt: skip
    except RecursionError:
        raise NotebookError("not a notebook: nested too deeply") from None
    top = _object(data)
    if top is None or not isinstance(top.get("nbformat"), int):
        raise NotebookError("not a notebook: it has no `nbformat`")
    if top["nbformat"] != 4 or not isinstance(top.get("cells"), list):
        raise NotebookError(
            f"a notebook of format {top['nbformat']}, and only format 4 is read; convert it with "
            "`jupyter nbconvert --to notebook --inplace`"
        )
    if _language(top) != "python":
        return None
    return _text(raw, list(_code_cells(raw)))


def _language(top: dict[str, Any]) -> str:
    """As ruff decides: what `language_info` says, else the kernel's language, else Python."""
    about = _object(top.get("metadata")) or {}
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        found = (_object(about.get(key)) or {}).get(name)
        if isinstance(found, str) and found:
            return "python" if found.lower() in ("python", "ipython") else found
    return "python"


def _object(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _text(raw: str, cells: list[Cell]) -> tuple[str, Notebook]:
    every = "\n".join(cell.text for cell in cells)
    mark = "pexec_cell_"
    while mark in every:
        mark = f"pexec_{mark}"
    aside = _Aside(mark.replace("cell", "magic"), frozenset())
    python = [c for c in cells if not is_cell_magic(c.text)]
    found = {id(c): magics(c.text) for c in python}
    plain = {id(c): _blanked(c.text, found[id(c)]) for c in python}
    aside.names = frozenset[str]().union(*(bound_names(t) for t in plain.values()))
    aside.words = frozenset(re.findall(r"[^\W\d]\w*", "\n".join(plain.values())))
    parts: list[str] = []
    for cell in cells:
        if id(cell) in found:
            part = _without(cell.text, found[id(cell)], aside)
            _check(cell, part)
        else:
            part = aside.call(cell_magic(cell.text), cell.text)
        parts.append(part)
    if _SHELL.search("\n".join(plain.values())):
        aside.wild = True
    implied = aside.words.intersection(_LAST_SHOWN)
    last = ["from pexec_unknown import *"] if aside.wild else []
    last += [aside.call(Magic(0, 0, None if aside.wild else implied), "")] \
        if aside.wild or implied else []  # fmt: skip
    if last:
        cells = [*cells, Cell(0, "")]
        parts.append("\n".join(last))
    fixed = next((why for word, why in _ODD_SHELL.items() if word in every), "")
    text = "".join(f"{part}\n{mark}{i}\n" for i, part in enumerate(parts))
    return text, Notebook(
        raw, mark, tuple(cells), tuple(aside.calls), fixed, "\n".join(aside.hidden)
    )


@dataclass(slots=True)
class _Aside:
    """Calls that stand for magics. ``names`` are bound at the top level of some cell."""

    prefix: str
    names: frozenset[str]
    words: frozenset[str] = frozenset()
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    hidden: list[str] = field(default_factory=list[str])
    wild: bool = False

    def call(self, magic: Magic, original: str) -> str:
        """The call for a magic. It takes as many lines as the text has."""
        self.wild = self.wild or magic.names is None
        self.hidden += [magic.code] if magic.code else []
        names = self.names if magic.names is None else magic.names & self.words
        targets = "".join(f"{name} = " for name in sorted(names))
        lines = original.count("\n")
        call = f"{targets}{self.prefix}{len(self.calls)}({chr(10) * lines})"
        self.calls.append((call, original))
        return call


def _blanked(text: str, found: Sequence[Magic]) -> str:
    for magic in reversed(found):
        text = f"{text[: magic.start]}None{text[magic.end :]}"
    return text


def _without(text: str, found: Sequence[Magic], aside: _Aside) -> str:
    calls = [aside.call(magic, text[magic.start : magic.end]) for magic in found]
    for magic, call in reversed([*zip(found, calls, strict=True)]):
        text = f"{text[: magic.start]}{call}{text[magic.end :]}"
    return text


def _check(cell: Cell, part: str) -> None:
    """A cell is parsed by itself: an open bracket must not take in the next one."""
    if readable(part):
        return
    try:
        compile(part, "<cell>", "exec", 0)
        message, line, column = "not Python", 1, 1
    except SyntaxError as error:
        message, line, column = error.msg, error.lineno or 1, error.offset or 1
    except (ValueError, RecursionError, MemoryError) as error:
        message, line, column = str(error) or "nested too deeply", 1, 1
    raise NotebookError(f"cannot parse: {message}", line, column, cell.number)


# -- JSON --------------------------------------------------------------------------------------


def _code_cells(raw: str) -> Iterator[Cell]:
    """The code cells of a notebook that is valid JSON. Raises NotebookError."""
    top = dict(_members(raw, _skip(raw, 0)))
    for number, (start, _) in enumerate(_items(raw, top["cells"][0]), 1):
        if raw[start] != "{":
            raise NotebookError(f"cell {number} of the notebook is no object")
        keys = dict(_members(raw, start))
        kind = keys.get("cell_type")
        if kind is None or json.loads(raw[slice(*kind)]) != "code":
            continue
        if "source" not in keys:
            raise NotebookError(f"cell {number} of the notebook has no `source`")
        value: object = json.loads(raw[slice(*keys["source"])])
        lines = cast("list[object]", value) if isinstance(value, list) else [value]
        if not all(isinstance(line, str) for line in lines):
            raise NotebookError(f"cell {number} of the notebook: its `source` is no text")
        text = "".join(cast("list[str]", lines))
        yield Cell(number, text, *keys["source"])


def _skip(raw: str, position: int) -> int:
    match = _SPACE.match(raw, position)
    return match.end() if match is not None else position


_DECODER = json.JSONDecoder()


def _members(raw: str, position: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The keys of an object, and where their values stand."""
    position = _skip(raw, position + 1)
    while raw[position] != "}":
        key, position = cast("tuple[str, int]", _DECODER.raw_decode(raw, position))
        start = _skip(raw, _skip(raw, position) + 1)
        _, end = _DECODER.raw_decode(raw, start)
        yield key, (start, end)
        position = _skip(raw, end)
        position = _skip(raw, position + 1) if raw[position] == "," else position


def _items(raw: str, position: int) -> Iterator[tuple[int, int]]:
    """Where the values of a list stand."""
    position = _skip(raw, position + 1)
    while raw[position] != "]":
        _, end = _DECODER.raw_decode(raw, position)
        yield position, end
        position = _skip(raw, end)
        position = _skip(raw, position + 1) if raw[position] == "," else position


def _elements(value: str) -> list[tuple[tuple[int, int], str]]:
    """The texts of a list of strings, each with its place."""
    return [(span, value[span[0] + 1 : span[1] - 1]) for span in _items(value, 0)]


def _value(value: str, new: str, *, ascii_only: bool) -> str:
    """A ``source`` value with another text, in the layout of the old one.

    Lines that stay are written as they were, with the escapes that they had.
    """
    if value.startswith("["):
        elements = _elements(value)
        inner = "".join(text for _, text in elements)
    else:
        elements = []
        inner = value[1:-1]
    known = {_decoded(line): line for line in _raw_lines(inner)}
    lines = [known.get(line) or _encoded(line, ascii_only=ascii_only) for line in _lines(new)]
    if not value.startswith("["):
        return f'"{"".join(lines)}"'
    quoted = [f'"{line}"' for line in lines]
    if not elements:
        return f"[{', '.join(quoted)}]"
    opening = value[: elements[0][0][0]]
    closing = value[elements[-1][0][1] :]
    between = value[elements[0][0][1] : elements[1][0][0]] if len(elements) > 1 else \
        f",{opening[1:]}" if opening[1:] else ", "  # fmt: skip
    return f"{opening}{between.join(quoted)}{closing}"


def _raw_lines(inner: str) -> Iterator[str]:
    """The inside of a JSON string, cut behind each line end."""
    line: list[str] = []
    for match in _CHARACTER.finditer(inner):
        line.append(match[0])
        if match[0] == "\\n" or match[0].lower() == "\\u000a":
            yield "".join(line)
            line = []
    if line:
        yield "".join(line)


def _decoded(inner: str) -> str:
    return cast("str", json.loads(f'"{inner}"'))


def _encoded(text: str, *, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
