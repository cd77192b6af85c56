"""Bytes → :class:`Source`: encoding, byte order mark, line ends and form feeds, nothing lost.

The text of a notebook is that of its cells (:mod:`.notebooks`).
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

from .notebooks import Notebook, NotebookError, is_notebook
from .notebooks import read as read_notebook

_LINE_END = re.compile(r"\r\n|\n|\r")
# A form feed at the start of a line resets the indentation (Python reference, 2.1.8). LibCST drops
# it from the tree and counts columns without it, so the parser gets the line without it too.
_LEADING_FORM_FEED = re.compile(r"(^|(?<=[\r\n]))([ \t]*\f[ \t\f]*)")


class SourceError(Exception):
    """The bytes cannot be read as Python source; ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1, cell: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.cell = cell  # of a notebook, if that is where the line is counted


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text and what is needed to write it back byte for byte."""

    text: str
    encoding: str
    bom: bytes
    newline: str
    parse_text: str
    line_starts: tuple[int, ...]
    shifts: tuple[tuple[int, int], ...]  # (line index, characters removed at its start)
    notebook: Notebook | None = None

    def offset(self, line: int, column: int) -> int:
        """The offset in ``text`` of a LibCST position (line from 1, column from 0)."""
        start = self.line_starts[line - 1]
        for index, shift in self.shifts:
            if index == line - 1:
                return start + shift + column
        return start + column

    @property
    def program(self) -> str:
        """The text, and of a notebook what magics may run: all that may change what names mean."""
        hidden = self.notebook.hidden if self.notebook is not None else ""
        return f"{self.text}\n{hidden}" if hidden else self.text

    def where(self, line: int) -> tuple[int, int]:
        """The cell of a notebook that a line of the text is in (0: none), and the line there."""
        return (0, line) if self.notebook is None else self.notebook.place(line)

    def line_at(self, cell: int, line: int) -> int:
        """The line of the text that a line of a cell is; 0 if there is none. See ``where``."""
        lines = range(1, len(self.line_starts) + 1)
        return next((n for n in lines if self.where(n) == (cell, line)), 0)

    def top_line(self, offset: int) -> int:
        """The first line of the file, or of the cell of a notebook that holds an offset."""
        return 1 if self.notebook is None else self.notebook.top_line(self.text, offset)

    def encode(self, text: str) -> bytes:
        """``text`` as bytes of the same encoding: the whole file, also of a notebook.

        Raises UnicodeEncodeError if it cannot be.
        """
        if self.notebook is not None:
            text = self.notebook.written(text)
        return self.bom + text.encode(self.encoding)

    def changed(self, text: str) -> Source:
        """Another text of the same file."""
        return from_text(text, encoding=self.encoding, bom=self.bom, notebook=self.notebook)

    def read_back(self, text: str) -> str:
        """What would be read of the file if ``text`` were written."""
        if self.notebook is not None:
            return text  # the encoding is that of JSON, whatever a comment in a cell says
        return from_bytes(self.encode(text)).text


def from_bytes(data: bytes) -> Source:
    """Decode ``data`` by its BOM or encoding cookie (PEP 263). Raises :class:`SourceError`."""
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise SourceError(str(error)) from None
    if encoding == "utf-8-sig":
        encoding = "utf-8"
    body = data[len(bom) :]
    try:
        text = body.decode(encoding)
        kept = text.encode(encoding) == body
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"not valid {encoding}: byte 0x{body[error.start]:02x}; "
            "declare the encoding on the first line (PEP 263) or save the file as UTF-8",
            line,
        ) from None
    except (LookupError, UnicodeError) as error:  # a codec for something other than text
        raise SourceError(f"encoding {encoding}: {error}") from None
    if not kept:  # such as UTF-7, which spells one character in several ways
        raise SourceError(f"encoding {encoding} does not give back the bytes that it reads")
    return from_text(text, encoding=encoding, bom=bom)


def from_file(data: bytes, filename: str) -> Source | None:
    """The source of a file; None of a notebook in another language. Raises :class:`SourceError`."""
    if not is_notebook(filename):
        return from_bytes(data)
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        found = read_notebook(data[len(bom) :].decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError("not a notebook: not valid UTF-8", line) from None
    except NotebookError as error:
        raise SourceError(error.message, error.line, error.column, error.cell) from None
    return None if found is None else from_text(found[0], bom=bom, notebook=found[1])


def from_text(
    text: str, *, encoding: str = "utf-8", bom: bytes = b"", notebook: Notebook | None = None
) -> Source:
    """A source from text that is decoded already."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    first = _LINE_END.search(text)
    shifts: list[tuple[int, int]] = []
    parse_text = text
    if "\f" in text:
        for match in _LEADING_FORM_FEED.finditer(text):
            removed = match.group(2).rindex("\f") + 1
            shifts.append((starts.index(match.start()), removed))
        parse_text = _LEADING_FORM_FEED.sub(
            lambda match: match.group(2)[match.group(2).rindex("\f") + 1 :], text
        )
    return Source(
        text=text,
        encoding=encoding,
        bom=bom,
        newline=first.group() if first else "\n",
        parse_text=parse_text,
        line_starts=tuple(starts),
        shifts=tuple(shifts),
        notebook=notebook,
    )
