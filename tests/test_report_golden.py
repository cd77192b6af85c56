"""Reports of small projects in every form, as they were last looked at (``--regenerate``)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import call
from pexec.analyzer.cli_report import report_command
from pexec.analyzer.report.projection_json import SCHEMA_VERSION

ROOT = Path(__file__).parent.parent
PROJECTS = ROOT / "fixtures" / "reports"
NAMES = sorted(folder.name for folder in PROJECTS.iterdir() if folder.is_dir())
FORMS = {
    "text": "txt", "markdown": "md", "json": "json", "dot": "dot",
    "mermaid": "mmd", "html": "html",
}  # fmt: skip
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))


def report(name: str, form: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `pexec-report` prints in a project's folder, which is the current one."""
    monkeypatch.chdir(PROJECTS / name)
    traces = ["--traces", "trace.jsonl"] if Path("trace.jsonl").exists() else []
    done = call(report_command, ".", "--output-format", form, *traces)
    assert done.exit_code == 0, done.stderr
    if form == "html":  # its style and script are the same in all of them
        text = re.sub("<(style|script)>.*?</", r"<\1>…</", done.stdout, flags=re.DOTALL)
        return re.sub("sha256-[^']*|(?<=pexec )[0-9][0-9a-z.]*(?=[.] One)", "…", text)
    return re.sub(r'("pexec_version": |pexec )"?\d[\w.]*"?', r"\1VERSION", done.stdout)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_reports(
    name: str, form: str, monkeypatch: pytest.MonkeyPatch, *, regenerate: bool
) -> None:
    text = report(name, form, monkeypatch)
    path = ROOT / "tests" / "data" / "reports" / "projects" / f"{name}.{FORMS[form]}"
    if regenerate:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_json_follows_its_schema(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(report(name, "json", monkeypatch).replace("VERSION", '"0"'))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert found["schema_version"] == SCHEMA_VERSION


def every_object(schema: Any) -> list[dict[str, Any]]:
    """All schemas of objects in a schema."""
    if isinstance(schema, list):
        return [o for item in schema for o in every_object(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" and "properties" in schema else []
    return own + [o for item in schema.values() for o in every_object(item)]


def test_the_schema_is_strict() -> None:
    """A field that is not described is noticed, and so is one that is described and never there."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    found = every_object(SCHEMA)
    assert len(found) > 15
    for schema in found:
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == set(schema["properties"])


def test_the_schema_is_of_this_version() -> None:
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION
