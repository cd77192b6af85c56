"""``# pexec:`` comments: what a line says of the calls on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..ir import Call, Module
from .catalog import Entry, VocabularyError, parse_entry

#: A directive begins the comment, or stands behind white space or another ``#`` in it.
_PEXEC = re.compile(r"(?<![^\s#])#\s*pexec\s*:(?P<words>[^#]*)", re.IGNORECASE)
_IGNORE = r"ignore(?:\s*\[(?P<codes>[^\]\[#]*)\])?(?![^\s,])"
_WORDS = re.compile(rf"""{_IGNORE}|(?:[^\s,"']|"[^"]*"|'[^']*')+""", re.IGNORECASE)
_FLAGS = frozenset({"pure", "barrier", "speculative"})
_KNOWN = ("ignore", "reads", "writes", "raises", *sorted(_FLAGS))


@dataclass(frozen=True, slots=True)
class Word:
    """One word behind ``# pexec:``; offsets in the comment, of the word and its directive.

    ``codes`` is what stands between the brackets of an ``ignore``, "" for a bare one and None for
    any other word.
    """

    text: str
    start: int
    end: int
    codes: str | None
    directive: tuple[int, int]


def words_of(comment: str) -> Iterator[Word]:
    """What a comment says to pexec, word for word: ``# pexec: ignore[PX101] pure`` has two."""
    for found in _PEXEC.finditer(comment):
        for word in _WORDS.finditer(comment, found.start("words"), found.end()):
            codes = word.group("codes")
            if codes is None and word.group().lower() == "ignore":
                codes = ""
            elif codes is not None and not codes.strip(", \t"):
                codes = None  # `ignore[]` silences nothing and is not meant
            yield Word(word.group(), word.start(), word.end(), codes, found.span())


def parse_comment(comment: str, where: str) -> dict[str, object]:
    """The claims of one comment as the keys of a ``[[tools]]`` entry; {} if it makes none."""
    table: dict[str, object] = {}
    reads: list[str] = []
    writes: list[str] = []
    for found in words_of(comment):
        word = found.text
        key, equals, value = word.partition("=")
        if word in _FLAGS:
            table[word] = True
        elif key == "reads" and equals:
            reads.append(value.strip("\"'"))
        elif key == "writes" and equals:
            writes.append(value.strip("\"'"))
        elif key == "raises" and value in ("true", "false"):
            table["raises"] = value == "true"
        elif found.codes is None:
            raise VocabularyError(f"{where}: {_misspelt(word)}")
    if reads:
        table["reads"] = reads
    if writes:
        table["writes"] = writes
    return table


def _misspelt(word: str) -> str:
    from difflib import get_close_matches

    name = re.split(r"[\[=]", word.lower())[0]
    near = [] if name in _KNOWN else get_close_matches(name, _KNOWN, 1)
    hint = f" (did you mean `{near[0]}`?)" if near else ""
    return (
        f"`# pexec: {word}` is not understood{hint}; a line comment may say reads=…, writes=…, "
        "pure, barrier, speculative, raises=false or ignore[CODE]; other words go behind another #"
    )


def line_entry(module: Module, call: Call, entry: Entry | None) -> Entry | None:
    """What comments on the call's first or last line say of it, over what ``entry`` says.

    ``speculative`` and ``raises=false`` alone add to the entry. Raises VocabularyError.
    """
    directives = module.directives
    if not directives.keys() & {call.span.line, call.span.end_line}:
        return entry
    awaited = any(
        c.awaited and {c.span.line, c.span.end_line} & {call.span.line, call.span.end_line}
        for c in module.calls.values()
    )
    if not call.awaited and (awaited or entry is not None):
        return entry  # the comment speaks of the awaited call, or of one that nothing else knows
    for line in dict.fromkeys((call.span.line, call.span.end_line)):
        if line in directives:
            table = parse_comment(directives[line].text, f"line {line}")
            if table.keys() & {"reads", "writes", "pure", "barrier"}:
                name = call.method or call.callee
                own = parse_entry({"match": name, **table}, f"line {line}", f"line {line}")[0]
                if entry is None:
                    return own
                return replace(
                    own,
                    returns=entry.returns,
                    type=entry.type,
                    affine=entry.affine,
                    concurrency=entry.concurrency,
                    cancel=entry.cancel,
                    params=entry.params,
                    arguments=entry.arguments,
                )
            if table and entry is not None:
                entry = replace(
                    entry,
                    raises=bool(table.get("raises", entry.raises)),
                    speculative=bool(table.get("speculative", entry.speculative)),
                    origin=f"line {line}, {entry.origin}",
                )
    return entry
