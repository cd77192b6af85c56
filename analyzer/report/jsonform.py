"""Findings and notes as JSON: objects with ruff's field names and a few more, in a list or one per
line.

A finding has ``blocked: null``; a note has ``fix: null`` and says under ``blocked`` what holds the
call where it is. Rows and columns count from 1, columns in characters; ends are exclusive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..codes import RULES
from ..engine import Analyzed, Blocked, CallSite, Finding
from ..ir import Span
from ..source import Source
from .diagnostic import Position, edits_of, fix_message

if TYPE_CHECKING:
    from ..engine import Remark

Object = dict[str, Any]


def findings_json(results: Iterable[Analyzed]) -> str:
    """The findings and notes of all files, in order."""
    return dump(_objects(results))


def findings_lines(results: Iterable[Analyzed]) -> str:
    """The same objects, one per line (JSON Lines); "" if there are none."""
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in _objects(results))


def _objects(results: Iterable[Analyzed]) -> list[Object]:
    objects: list[Object] = []
    for result in results:
        objects += [
            finding_object(result, f) if isinstance(f, Finding) else remark_object(result, f)
            for f in result.reported
        ]
        objects += [note_object(result.filename, note) for note in result.blocked]
    return objects


def dump(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def finding_object(result: Analyzed, finding: Finding) -> Object:
    return {
        **_common(result.filename, finding.code, finding.message, finding.span),
        "fix": _fix(finding, result.source),
        "applicability": finding.applicability.value,
        "function": finding.function,
        "form": {"name": finding.form, "reason": finding.form_reason},
        "assumes": list(finding.assumptions),
        "calls": [call_object(call) for call in finding.calls],
        "gain": gain_object(finding.sequential_ms, finding.parallel_ms),
        "blocked": None,
    }


def remark_object(result: Analyzed, item: Remark) -> Object:
    """A finding in words: there are no calls to be run together, and nothing is gained."""
    return {
        **_common(result.filename, item.code, item.message, item.span),
        "fix": _fix(item, result.source),
        "applicability": item.applicability.value,
        "function": item.function,
        "form": None,
        "assumes": [],
        "calls": [],
        "gain": gain_object(0, 0),
        "blocked": None,
    }


def note_object(filename: str, note: Blocked) -> Object:
    message = f"`{note.name}` stays behind line {note.earlier.line}: {note.words}"
    if note.code.startswith("PX2"):
        message = f"`{note.name}`: {note.words}"
    return {
        **_common(filename, note.code, message, note.span),
        "fix": None,
        "applicability": None,
        "function": note.function,
        "form": None,
        "assumes": [],
        "calls": [],
        "gain": gain_object(note.sequential_ms, note.parallel_ms),
        "blocked": {
            "call": note.name,
            "kind": note.kind,
            "reason": note.words,
            "behind": location(note.earlier),
            "undeclared": {"call": note.unknown, "row": note.unknown_line}
            if note.unknown
            else None,
            "benign": list(note.benign),
        },
    }


def _common(filename: str, code: str, message: str, span: Span) -> Object:
    return {
        "filename": filename,
        "cell": span.cell or None,
        "code": code,
        "name": RULES[code],
        "message": message,
        "location": location(span),
        "end_location": end_location(span),
        "noqa_row": span.line,
        "url": None,
    }


def location(span: Span) -> Object:
    return {"row": span.line, "column": span.column}


def end_location(span: Span) -> Object:
    return {"row": span.end_line, "column": span.end_column}


def gain_object(sequential: float, parallel: float) -> Object:
    return {"sequential_ms": round(sequential, 3), "parallel_ms": round(parallel, 3)}


def call_object(call: CallSite) -> Object:
    return {
        "callee": call.name,
        "location": location(call.span),
        "end_location": end_location(call.span),
        "effects": [{"effect": fact.text, "source": fact.source} for fact in call.effects],
        "latency": {"ms": call.latency_ms, "source": call.latency_source},
        "started_early": call.started_early,
    }


def _fix(finding: Finding | Remark, source: Source) -> Object | None:
    if finding.fix is None:
        return None
    return {
        "applicability": finding.applicability.value,
        "message": fix_message(finding),
        "edits": [
            {
                "content": edit.text,
                "location": _position(edit.start),
                "end_location": _position(edit.end),
            }
            for edit in edits_of(finding.fix, source)
        ],
    }


def _position(position: Position) -> Object:
    return {"row": position.line, "column": position.column}
