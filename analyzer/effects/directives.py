"""``# pexec:`` comments: what a line says of the calls on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..ir import Call, Module
from .catalog import Entry, VocabularyError, parse_entry

_PEXEC = re.compile(r"#\s*pexec\s*:\s*(.*)$", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa(?:\s*:\s*([A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_WORDS = re.compile(r"""(?:[^\s,"']|"[^"]*"|'[^']*')+""")
_FLAGS = frozenset({"pure", "barrier", "speculative"})


def parse_comment(comment: str, where: str) -> dict[str, object]:
    """The claims of one comment as the keys of a ``[[tools]]`` entry; {} if it makes none."""
    found = _PEXEC.search(comment)
    if found is None:
        return {}
    table: dict[str, object] = {}
    reads: list[str] = []
    writes: list[str] = []
    for word in _WORDS.findall(found.group(1).split("#")[0]):
        key, equals, value = word.partition("=")
        if word in _FLAGS:
            table[word] = True
        elif key == "reads" and equals:
            reads.append(value.strip("\"'"))
        elif key == "writes" and equals:
            writes.append(value.strip("\"'"))
        elif key == "raises" and value in ("true", "false"):
            table["raises"] = value == "true"
        elif not word.lower().startswith("ignore"):
            raise VocabularyError(
                f"{where}: `# pexec: {word}` is not understood; a line comment may say reads=…, "
                "writes=…, pure, barrier, speculative, raises=false or ignore[CODE]"
            )
    if reads:
        table["reads"] = reads
    if writes:
        table["writes"] = writes
    return table


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
        for comment in directives.get(line, ()):
            table = parse_comment(comment, f"line {line}")
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


def ignored(directives: Mapping[int, tuple[str, ...]], lines: tuple[int, ...], code: str) -> bool:
    """Is ``code`` silenced by a comment on one of the lines?"""
    for line in lines:
        for comment in directives.get(line, ()):
            found = re.search(r"pexec\s*:\s*.*ignore(?:\[([^\]]*)\])?", comment, re.IGNORECASE)
            if found and (found.group(1) is None or code in re.split(r"[\s,]+", found.group(1))):
                return True
            noqa = _NOQA.search(comment)
            if noqa and (
                noqa.group(1) is None or code in re.split(r"[\s,]+", noqa.group(1).upper())
            ):
                return True
    return False
