"""Findings as SARIF 2.1.0 (OASIS Standard; § numbers are those of its Errata 01 edition)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..codes import RULES, Applicability
from ..rules.page import Rule, rule
from .diagnostic import Diagnostic, Failure, Position, TextEdit
from .jsonform import dump
from .paths import Paths

Object = dict[str, Any]

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "%SRCROOT%"  # §3.14.14; the name that CodeQL uses too
LEVEL = "warning"


def render(
    found: Sequence[Diagnostic], failed: Sequence[Failure], paths: Paths, version: str = ""
) -> str:
    """One run. ``version`` is the tool's, "" if it is not known."""
    rules = [rule(code) for code in RULES]
    driver: Object = {"name": "pexec", "rules": [_rule(r) for r in rules]}
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(failed, paths)],
        "originalUriBaseIds": {ROOT: {"uri": paths.root_uri}},
        "columnKind": "unicodeCodePoints",
        # Python ends lines at a lone carriage return, too, which is not in the default (§3.14.28).
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [_result(item, list(RULES), paths) for item in found],
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(item: Rule) -> Object:
    return {
        "id": item.code,
        "name": item.name,
        "shortDescription": {"text": _literal(item.short)},
        "fullDescription": {"text": _literal(item.full)},
        # Nobody can hand arguments to a help text, so its braces stand for themselves: doubled,
        # they would be seen doubled in the examples (GitHub shows the text as it is).
        "help": {"text": item.plain, "markdown": item.markdown},
        "defaultConfiguration": {"level": LEVEL},
    }


def _invocation(failed: Sequence[Failure], paths: Paths) -> Object:
    """§3.20: not successful if any file was not checked, each with the reason."""
    invocation: Object = {"executionSuccessful": not failed}
    if failed:
        invocation["toolExecutionNotifications"] = [_notification(f, paths) for f in failed]
    return invocation


def _notification(item: Failure, paths: Paths) -> Object:
    location: Object = {"artifactLocation": _artifact(item.filename, paths)}
    if item.start is not None and not item.cell:
        location["region"] = {"startLine": item.start.line, "startColumn": item.start.column}
    return {
        "level": "error",
        "message": {"text": _literal(item.message)},
        "locations": [{"physicalLocation": location}],
    }


def _result(item: Diagnostic, codes: Sequence[str], paths: Paths) -> Object:
    artifact = _artifact(item.filename, paths)
    result: Object = {
        "ruleId": item.code,
        "ruleIndex": codes.index(item.code),
        "level": LEVEL,
        "message": {"text": _literal(item.message)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": artifact,
                    "region": _region(item.start, item.end),
                }
            }
        ],
        # GitHub looks at `primaryLocationLineHash` alone, which its upload action adds.
        "partialFingerprints": {"pexecFinding/v1": item.fingerprint},
    }
    if item.edits and item.applicability is not Applicability.DISPLAY:
        change = {"artifactLocation": artifact, "replacements": [_edit(e) for e in item.edits]}
        result["fixes"] = [
            {"description": {"text": _literal(item.fix_message)}, "artifactChanges": [change]}
        ]
    return result


def _edit(edit: TextEdit) -> Object:
    """§3.57: an empty region is a place of insertion; no content is a deletion."""
    replacement: Object = {"deletedRegion": _region(edit.start, edit.end)}
    if edit.text:
        replacement["insertedContent"] = {"text": edit.text}
    return replacement


def _region(start: Position, end: Position) -> Object:
    """§3.30: lines and columns count from 1; the end column is the one after the last.

    Without columns it is the whole lines.
    """
    if not start.column:
        return {"startLine": start.line, "endLine": end.line}
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _artifact(filename: str, paths: Paths) -> Object:
    uri, relative = paths.uri(filename)
    return {"uri": uri, "uriBaseId": ROOT} if relative else {"uri": uri}


def _literal(text: str) -> str:
    """§3.11.5: braces stand for arguments unless they are doubled."""
    return text.replace("{", "{{").replace("}", "}}")
