"""`action.yml`: its steps run in bash as GitHub runs them; docs/ci.md uses it as it is."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import CONFIG, FLOW, TWO, put
from pexec.analyzer.cli import lint_command
from pexec.analyzer.cli_report import report_command
from pull_requests import TOKEN, GitHub, event, pull, second_event, serving, variables

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOWS = [yaml.safe_load(b) for b in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
GITHUB = [w for w in WORKFLOWS if "jobs" in w]
HOSTILE = "b$(touch${IFS}pwned)`touch${IFS}pwned`;\"'&|<!--"
OTHER = TWO.replace("page", "other")


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as held:
        yield held


class Runner:
    """What the runner does with the steps of a composite action, as far as these need it."""

    def __init__(self, folder: Path, github: GitHub) -> None:
        self.github = github
        self.work, self.temp = folder / "work", folder / "temp $(touch pwned)"
        for path in (self.work, self.temp):
            path.mkdir()
        self.event_file = folder / "event.json"
        self.summary, self.output = folder / "summary", folder / "output"
        self.event_name = "pull_request"
        self.read_only = "false"
        self.outputs: dict[str, dict[str, str]] = {}
        self.log = self.token = ""
        bin_folder = self.temp / "pexec" / "bin"
        bin_folder.mkdir(parents=True)
        pip = (
            f"import json, sys\nopen({str(folder / 'pip')!r}, 'w').write(json.dumps(sys.argv[1:]))"
        )
        self.pip = folder / "pip"
        self._script(bin_folder / "python", pip)
        for name in ("lint", "report"):
            self._script(
                bin_folder / f"pexec-{name}", f"from pexec.codemods.cli import {name}\n{name}()"
            )

    def _script(self, path: Path, text: str) -> None:
        where = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        path.write_text(f"#!{sys.executable}\nimport sys\nsys.path[:0] = {where!r}\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, payload: object = None, **inputs: str) -> int:
        """All steps; the exit code of the first that fails."""
        self.event_file.write_text(json.dumps(payload if payload is not None else event()))
        unknown = {name.replace("_", "-") for name in inputs} - set(ACTION["inputs"])
        assert not unknown
        given = {name: value["default"] for name, value in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        given["token"] = TOKEN
        first = 0
        for step in STEPS:
            sarif = "PEXEC_SARIF_FILE" in step["env"]
            if sarif and (not given["sarif-file"] or given["comment-body"]):
                continue
            if first and not sarif:
                continue
            code = self._step(step, given)
            first = first or code
        assert not list(self.work.rglob("pwned"))
        assert not list(self.work.parent.glob("pwned"))
        assert TOKEN not in self.log
        return first

    def _step(self, step: dict[str, Any], given: dict[str, str]) -> int:
        assert step["shell"] == "bash"
        held = variables(self.github, str(self.event_file), self.event_name)
        del held["GITHUB_TOKEN"]
        environment = {
            **held, "PATH": os.environ["PATH"], "HOME": str(self.temp),
            "RUNNER_TEMP": str(self.temp), "GITHUB_WORKSPACE": str(self.work),
            "GITHUB_HEAD_REF": HOSTILE, "GITHUB_REF_NAME": HOSTILE,
            "GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary),
            **{name: self._value(text, given) for name, text in step["env"].items()},
        }  # fmt: skip
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        self.output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
        self.log += done.stdout
        lines = [line.partition("=") for line in self.output.read_text().splitlines()]
        self.outputs[step.get("id", "")] = {name: value for name, _, value in lines}
        return done.returncode

    def _value(self, text: str, given: dict[str, str]) -> str:
        match = re.fullmatch(r"\$\{\{ (.*) \}\}", text)
        assert match
        words = match[1]
        if words.startswith("inputs."):
            return given[words.removeprefix("inputs.")]
        if words == "github.action_path":
            return "/actions/it's $(touch pwned)"
        if words.startswith("github.event_name == 'pull_request' && "):
            return self.read_only
        _, step, _, name = words.split(".")
        return self.outputs[step][name]


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(["git", *settings, "-C", str(folder), *words], check=True,
                          capture_output=True, text=True)  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def runner(tmp_path: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A runner with a repository, whose branch has a hostile name and changed one function."""
    for name in [n for n in os.environ if n.startswith(("GIT_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    made = Runner(tmp_path, github)
    git(made.work, "init", "-q", "-b", HOSTILE)
    (made.work / "pexec.toml").write_text(CONFIG)
    put(made.work, agent=TWO + OTHER)
    git(made.work, "add", "-A")
    git(made.work, "commit", "-q", "-m", "one")
    made.base = git(made.work, "rev-parse", "HEAD")  # type: ignore[attr-defined]
    git(made.work, "checkout", "-q", "-b", "topic")
    put(made.work, agent=TWO + OTHER.replace("(uid)\n", "(uid)  # new\n", 1))
    return made


# -- the file ----------------------------------------------------------------------------------


def test_no_value_becomes_part_of_a_script() -> None:
    for step in STEPS:
        assert "${{" not in step["run"]
        assert step["run"].startswith("set -euo pipefail\n")
        assert set(step) <= {"id", "if", "shell", "env", "run"}
        for name in step["env"]:
            assert f"${name}" in step["run"] or name in ("GITHUB_TOKEN",), name
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(STEPS)))
    assert used == set(ACTION["inputs"])
    assert all("default" in value for value in ACTION["inputs"].values())


def test_options_are_those_of_the_commands() -> None:
    options = {o for c in (report_command, lint_command) for p in c.params for o in p.opts}
    used = set(re.findall(r"[(\" ](--[\w-]+)", " ".join(step["run"] for step in STEPS[1:])))
    assert used <= options


# -- its steps ---------------------------------------------------------------------------------


def test_comment_and_summary(runner: Runner, github: GitHub) -> None:
    payload = event(base=runner.base)  # type: ignore[attr-defined]
    payload["pull_request"]["head"]["ref"] = HOSTILE
    assert runner.run(payload) == 0, runner.log
    assert json.loads(runner.pip.read_text())[-1] == "/actions/it's $(touch pwned)[ci]"
    assert json.loads(runner.pip.read_text())[:3] == ["-I", "-m", "pip"]
    (body,) = github.bodies()
    assert "other" in body
    assert "page`" not in body
    summary = runner.summary.read_text()
    assert summary.strip() == Path(runner.outputs["report"]["report"]).read_text().strip()
    assert summary.strip() in body
    assert Path(runner.outputs["report"]["comment-file"]).read_text() in body
    assert runner.run(payload) == 0
    assert len(github.comments) == 1
    assert "comment on #7: unchanged" in runner.log


def test_hostile_inputs_are_words(runner: Runner, github: GitHub) -> None:
    key = "k\"'$(touch pwned)\nsecond -->"
    runner.run(diff_base=HOSTILE, comment_key=key, paths=f".\r\n{HOSTILE}\n-x.py\n")
    assert f"{HOSTILE}: no such file" in runner.log
    assert "-x.py: no such file" in runner.log
    (body,) = github.bodies()
    assert body.startswith("<!-- pexec-report k%22%27%24%28touch%20pwned%29%0Asecond%20--%3E -->\n")
    assert "other" in body
    evil = "--output-file=pwned"
    for name in ("diff_base", "baseline", "fail_on", "fail_under_gain", "comment_key"):
        assert runner.run(**{name: evil}) in (0, 2)
        assert runner.run(**{name: "a\nb"}) in (0, 2)
    assert "the repository has no commit '--output-file=pwned'" in runner.log


def test_a_name_is_no_workflow_command(runner: Runner, github: GitHub) -> None:
    (runner.work / "::error title=x::y.py").write_text("async def f(:\n    await a\n    await b\n")
    assert runner.run(event(base=runner.base)) == 2  # type: ignore[attr-defined]
    lines = runner.log.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("::stop-commands::"))
    end = lines.index(f"::{lines[begin].removeprefix('::stop-commands::')}::")
    (named,) = [i for i, line in enumerate(lines) if line.startswith("::error title=x::y.py")]
    assert begin < named < end


@pytest.mark.parametrize("name", ["push", "schedule"])
def test_outside_of_pull_requests(runner: Runner, github: GitHub, name: str) -> None:
    runner.event_name = name
    assert runner.run({"ref": "refs/heads/main"}) == 0, runner.log
    assert not github.asked
    assert "page" in runner.summary.read_text()


def test_a_token_that_may_only_read(runner: Runner, github: GitHub) -> None:
    runner.read_only = "true"
    payload = event(base=runner.base, home="eve/shop")  # type: ignore[attr-defined]
    assert runner.run(payload) == 0
    assert not github.comments
    assert "::notice title=pexec::No comment: the token" in runner.log
    assert "other" in Path(runner.outputs["report"]["comment-file"]).read_text()


def test_what_is_refused_fails_after_the_summary(runner: Runner, github: GitHub) -> None:
    github.may_write = False
    assert runner.run(event(base=runner.base)) == 2  # type: ignore[attr-defined]
    assert "pull-requests: write" in runner.log
    assert "other" in runner.summary.read_text()
    assert runner.outputs["report"]["report"]


def test_limits_and_sarif(runner: Runner, github: GitHub) -> None:
    payload = event(base=runner.base)  # type: ignore[attr-defined]
    assert runner.run(payload, fail_under_gain="101", sarif_file="a b.sarif") == 0, runner.log
    sarif = json.loads((runner.work / "a b.sarif").read_text())
    assert len(sarif["runs"][0]["results"]) == 2
    (runner.work / "a b.sarif").unlink()
    assert runner.run(payload, fail_under_gain="20%", sarif_file="a b.sarif") == 1
    assert (runner.work / "a b.sarif").exists()
    (runner.work / "known.json").write_text('{"version": 1, "findings": []}')
    assert runner.run(payload, fail_on="new", baseline="known.json") == 1
    assert len(github.comments) == 1


def test_two_jobs(runner: Runner, github: GitHub, tmp_path: Path) -> None:
    assert runner.run(event(base=runner.base), comment="false") == 0  # type: ignore[attr-defined]
    written = runner.outputs["report"]["comment-file"]
    assert not github.asked
    runner.event_name = "workflow_run"
    github.pulls = [pull(7, "eve:topic", "eve/shop")]
    before = runner.summary.read_text()
    assert runner.run(second_event(), comment_body=written, sarif_file="x") == 0, runner.log
    assert "eve/shop" in github.bodies()[0]
    assert "other" in github.bodies()[0]
    assert runner.summary.read_text() == before
    github.pulls = []
    assert runner.run(second_event(), comment_body=written) == 0
    assert runner.run(second_event(), comment_body=str(tmp_path / "none")) == 2


def test_nothing_to_say(runner: Runner, github: GitHub) -> None:
    put(runner.work, agent=FLOW)
    assert runner.run(event(base=runner.base)) == 0  # type: ignore[attr-defined]
    assert not github.comments
    assert Path(runner.outputs["report"]["comment-file"]).read_text() == ""


# -- docs/ci.md --------------------------------------------------------------------------------


def steps_of(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_workflows_use_what_there_is() -> None:
    assert len(GITHUB) == 5
    for workflow in GITHUB:
        for step in steps_of(workflow):
            if step.get("uses") == "./tools/pexec":
                assert set(step.get("with", {})) <= set(ACTION["inputs"])
    for name in re.findall(r"steps\.pexec\.outputs\.([\w-]+)", PAGE):
        assert name in ACTION["outputs"]


def test_permissions_are_the_least() -> None:
    for workflow in GITHUB:
        assert workflow["permissions"] == {"contents": "read"}
        writes = [k for j in workflow["jobs"].values()
                  for k, v in j.get("permissions", {}).items() if v == "write"]  # fmt: skip
        comments = '"false"' not in json.dumps(workflow)
        assert writes == (["pull-requests"] if comments else [])


def test_no_script_holds_a_value_of_the_event() -> None:
    for workflow in GITHUB:
        for step in steps_of(workflow):
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False
                assert "ref" not in step["with"]


def test_the_second_workflow_runs_nothing_of_the_first() -> None:
    first, second = (w for w in GITHUB if w["name"] in ("pexec comment",) or "upload" in str(w))
    assert second[True]["workflow_run"]["workflows"] == [first["name"]]  # YAML 1.1: `on` is true
    assert "pull-requests" not in str(first)
    download = next(s for s in steps_of(second) if "download" in s.get("uses", ""))
    folder = download["with"]["path"]
    assert folder.startswith("${{ runner.temp }}/")
    (post,) = [s for s in steps_of(second) if s["uses"] == "./tools/pexec"]
    assert post["with"] == {"comment-body": f"{folder}/comment.md"}


def test_commands_are_accepted() -> None:
    commands = {"pexec-report": report_command, "pexec-lint": lint_command}
    found = re.findall(r"(?:- run: |    - |`)(pexec-(?:report|lint) [^`\n]*)", PAGE)
    assert len(found) >= 3
    for line in found:
        name, *args = shlex.split(line)
        commands[name].make_context(name, args)
    options = {o for p in report_command.params for o in p.opts}
    for name in re.findall(r"`(--[\w-]+)", PAGE):
        assert name in options, name
