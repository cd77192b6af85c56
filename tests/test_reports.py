"""Reports for GitHub and GitLab: escaping, limits and paths, with hostile names and messages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest
from hostile import FAILED, HERE, HOSTILE, PATHS, PLAIN, WINDOWS
from hypothesis import given
from hypothesis import strategies as st
from pexec.analyzer.report import github, gitlab
from pexec.analyzer.report.diagnostic import Diagnostic, Failure, Position
from pexec.analyzer.report.paths import Paths, root_above

DATA = Path(__file__).parent / "data" / "reports"


def written(name: str, text: str, regenerate: bool) -> str:
    """What the golden file holds (after writing it anew, if that is asked for)."""
    path = DATA / name
    if regenerate:
        path.write_bytes(text.encode("utf-8", "backslashreplace") + b"\n")
    return path.read_bytes().decode().removesuffix("\n")


def shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


# -- GitHub ------------------------------------------------------------------------------------


def test_github_golden(regenerate: bool) -> None:
    text = github.render(HOSTILE[:8], FAILED, PATHS)
    assert shown(text) == written("github.txt", text, regenerate)


def test_github_on_windows(regenerate: bool) -> None:
    names = ["pkg\\agent.py", "pkg/agent.py", ".\\pkg\\agent.py", "D:\\other\\x.py"]
    text = github.render([replace(PLAIN, filename=n) for n in names], [], WINDOWS)
    assert shown(text) == written("github-windows.txt", text, regenerate)


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it: split first, then the quoting undone."""
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert match, line
    pairs = [pair.partition("=") for pair in match.group(2).split(",")]

    def plain(text: str, *, data: bool = False) -> str:
        for sign, code in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
            if not data or sign in "\r\n":
                text = text.replace(code, sign)
        return text.replace("%25", "%")

    properties = {key: plain(value) for key, _, value in pairs}
    return match.group(1), properties, plain(match.group(3), data=True)


@given(name=st.text(min_size=1).filter(lambda s: "\0" not in s), message=st.text())
def test_github_reads_back_what_was_meant(name: str, message: str) -> None:
    line = github.render([replace(PLAIN, filename=name, message=message)], [], PATHS)
    assert "\n" not in line
    assert "\r" not in line
    command, properties, words = parsed(line)
    path = PATHS.posix(name)
    assert command == "warning"
    assert properties == {
        "title": "pexec (PX101)", "file": path,
        "line": "2", "col": "12", "endLine": "2", "endColumn": "30",
    }  # fmt: skip
    assert words == f"{path}:2:12: PX101 {message}"


def test_github_has_no_columns_across_lines() -> None:
    _, properties, _ = parsed(github.render([HOSTILE[1]], [], PATHS))
    assert properties.keys() == {"title", "file", "line", "endLine"}
    assert (properties["line"], properties["endLine"]) == ("2", "4")


def many(number: int) -> list[Diagnostic]:
    """Findings of which later ones save more."""
    return [replace(PLAIN, start=Position(i, 1), gain_ms=float(i)) for i in range(1, number + 1)]


@pytest.mark.parametrize(
    ("findings", "failures", "last"),
    [
        (10, 0, None),
        (11, 0, "2 more findings;"),
        (9, 1, None),
        (10, 1, "2 more findings;"),
        (1, 9, None),
        (1, 10, "1 more finding and 1 more file not checked;"),
        (0, 12, "3 more files not checked;"),
    ],
)
def test_github_gets_ten_commands_at_most(findings: int, failures: int, last: str | None) -> None:
    failed = [Failure(f"bad{i}.py", "cannot parse") for i in range(failures)]
    lines = github.render(many(findings), failed, PATHS).splitlines()
    assert len(lines) == min(10, findings + failures)
    commands = [parsed(line)[0] for line in lines]
    shown_failures = commands.count("error")
    assert commands == sorted(commands, key=["error", "warning", "notice"].index)
    if last is None:
        assert (shown_failures, commands.count("warning")) == (failures, findings)
    else:
        assert parsed(lines[-1])[0] == "notice"
        assert parsed(lines[-1])[2].startswith(last)
        assert shown_failures == min(9, failures)


def test_github_keeps_what_saves_most_in_order_of_the_files() -> None:
    lines = github.render(many(30), [], PATHS).splitlines()
    assert [parsed(line)[1].get("line") for line in lines[:-1]] == [str(i) for i in range(22, 31)]


def test_github_of_nothing_is_nothing() -> None:
    assert github.render([], [], PATHS) == ""


# -- GitLab ------------------------------------------------------------------------------------


def test_gitlab_golden(regenerate: bool) -> None:
    text = gitlab.render(HOSTILE, PATHS)
    assert shown(text) == written("gitlab.json", text, regenerate)


def test_gitlab_on_windows() -> None:
    (found,) = json.loads(gitlab.render([replace(PLAIN, filename="pkg\\a b.py")], WINDOWS))
    assert found["location"]["path"] == "pkg/a b.py"


def test_gitlab_fingerprints_are_unique_and_do_not_depend_on_lines() -> None:
    def prints(items: list[Diagnostic]) -> list[str]:
        return [entry["fingerprint"] for entry in json.loads(gitlab.render(items, PATHS))]

    assert len(set(prints(HOSTILE))) == len(HOSTILE)  # one fingerprint in ten files
    moved = [replace(item, start=Position(90, 1), message="other words") for item in HOSTILE]
    assert prints(moved) == prints(HOSTILE)


def test_gitlab_of_nothing_is_an_empty_list() -> None:
    assert json.loads(gitlab.render([], PATHS)) == []


# -- paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "name", "posix", "uri", "relative"),
    [
        (PATHS, "a b.py", "svc/a b.py", "svc/a%20b.py", True),
        (PATHS, "../x.py", "x.py", "x.py", True),
        (PATHS, "../a:b.py", "a:b.py", "a%3Ab.py", True),
        (PATHS, "ü#?%.py", "svc/ü#?%.py", "svc/%C3%BC%23%3F%25.py", True),
        (PATHS, "back\\slash.py", "svc/back\\slash.py", "svc/back%5Cslash.py", True),
        (PATHS, "b\udcff.py", "svc/b\udcff.py", "svc/b%FF.py", True),
        (PATHS, "/work/project/y.py", "y.py", "y.py", True),
        (PATHS, "../../z z.py", "/work/z z.py", "file:///work/z%20z.py", False),
        (PATHS, "/work/projects/y.py", "/work/projects/y.py", "file:///work/projects/y.py", False),
        (PATHS, "-", "svc/-", "svc/-", True),
        (WINDOWS, "pkg\\a b.py", "pkg/a b.py", "pkg/a%20b.py", True),
        (WINDOWS, "c:\\WORK\\project\\x.py", "x.py", "x.py", True),
        (WINDOWS, "D:\\x y.py", "D:/x y.py", "file:///D:/x%20y.py", False),
        (WINDOWS, "\\\\host\\share\\x y.py", "//host/share/x y.py", "file://host/share/x%20y.py",
         False),
    ],
)  # fmt: skip
def test_names_from_the_root(paths: Paths, name: str, posix: str, uri: str, relative: bool) -> None:
    assert paths.posix(name) == posix
    assert paths.uri(name) == (uri, relative)


@pytest.mark.parametrize(
    ("root", "uri"),
    [
        (PurePosixPath("/"), "file:///"),
        (PurePosixPath("/a b/ü"), "file:///a%20b/%C3%BC/"),
        (PureWindowsPath("C:/a b"), "file:///C:/a%20b/"),
        (PureWindowsPath("//host/share/x"), "file://host/share/x/"),
    ],
)
def test_the_root_ends_with_a_slash(root: PurePath, uri: str) -> None:
    assert Paths(root, root).root_uri == uri


@pytest.mark.parametrize(
    ("named", "root"),
    [(None, HERE / "svc"), ("", HERE / "svc"), ("/work/project", HERE), ("/other", HERE / "svc")],
    ids=["unknown", "empty", "above", "elsewhere"],
)
def test_the_root_that_the_ci_system_names(named: str | None, root: PurePath) -> None:
    assert root_above(HERE / "svc", named) == root
