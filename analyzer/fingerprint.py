"""A name for a finding that stays the same when lines move: for baselines, SARIF and GitLab."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from .engine import Finding
from .source import SourceError

if TYPE_CHECKING:
    from .engine import Remark

#: Evaluated, an escape that does not exist gives a warning (Python reference, 2.4.1.1).
_ODD_ESCAPE = re.compile(r"""\\[^\\'"abfnrtvxuUN0-7\r\n]""")


def fingerprints(text: str, findings: Sequence[Finding | Remark]) -> tuple[str, ...]:
    """One hexadecimal fingerprint (32 digits) per finding, in order.

    It is made of the code, the function and the calls as expressions: lines that move, comments,
    and what a formatter changes (line breaks, quotes, trailing commas, parentheses) change nothing.
    Equal findings of one file are told apart by their order. ``text`` is the file's; the file's
    name is not part of it.
    """
    seen: Counter[str] = Counter()
    made: list[str] = []
    for finding in findings:
        if not isinstance(finding, Finding):
            own = ["".join(finding.words.split()).lower(), *finding.codes]
        else:
            own = [_form(text[c.span.start : c.span.end]) for c in finding.calls]
        words = "\0".join([finding.code, finding.function, *own])
        seen[words] += 1
        made.append(hashlib.sha256(f"{words}\0{seen[words]}".encode()).hexdigest()[:32])
    return tuple(made)


def _form(call: str) -> str:
    """The text of a call without what does not matter."""
    from .lowering.compare import expression_form

    try:
        return repr(_plain(expression_form(call)))
    except SourceError:
        return "".join(call.split())


def _plain(form: object) -> object:
    """A canonical form in the words of one formatter; fields without a value are left out, so that
    a new one of a later LibCST changes nothing."""
    match form:
        case ("ConcatenatedString", left, right):
            return _joined(_plain(left), _plain(right))
        case ("SimpleString", str(text)):
            if _ODD_ESCAPE.search(text) and "r" not in text.partition(text[-1])[0].lower():
                return ("OddString", text)
            with suppress(ValueError, SyntaxError):  # a spelling that only a newer Python reads
                text = ascii(ast.literal_eval(text))
            return ("SimpleString", text)
        case ("FormattedString" | "TemplatedString" as kind, parts, str(start), _):
            return (kind, start.rstrip("\"'").lower(), _plain(parts))
        case ("Integer" | "Float" | "Imaginary" as kind, str(number)):
            return (kind, number.lower())
        case tuple():
            return tuple(_plain(part) for part in form if part is not None)
        case _:
            return form


def _joined(left: object, right: object) -> object:
    """Strings side by side are one string; a formatter may join them or take them apart."""
    match (left, right):
        case (("SimpleString", str(one)), ("SimpleString", str(two))):
            return ("SimpleString", ascii(ast.literal_eval(f"{one} {two}")))
        case (("SimpleString", _), ("ConcatenatedString", ("SimpleString", _) as first, *rest)):
            return ("ConcatenatedString", _joined(left, first), *rest)
        case (_, ("ConcatenatedString", *rest)):
            return ("ConcatenatedString", left, *rest)
        case _:
            return ("ConcatenatedString", left, right)
