"""Which files are meant: folders, names, patterns, what git ignores, links."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
from commands import CONFIG, TWO, fix, lint, objects
from pexec.analyzer.discovery import find
from pexec.analyzer.files import Target
from pexec.analyzer.settings import Request, Settings


def targets(
    paths: list[str], *, force_exclude: bool = False, **settings: object
) -> tuple[list[Target], list[tuple[str, str]]]:
    given = {key.replace("_", "-"): value for key, value in settings.items()}
    config_of = Settings(Request((), given)).of_folder
    found = find(paths, config_of, force_exclude=force_exclude)
    return found.targets, found.missing


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def names(found: list[Target]) -> list[str]:
    return [Path(target.filename).as_posix() for target in found]


def test_folder_skips_what_nobody_wrote_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "b.py", "a.py", "note.txt", "pkg/c.py", ".git/x.py", "env/pyvenv.cfg",
         "env/lib/x.py", "pkg/__pycache__/x.py", "node_modules/x.py", "lib/site-packages/x.py",
         ".hidden.py")  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found, missing = targets(["."])
    assert names(found) == [".hidden.py", "a.py", "b.py", "pkg/c.py"]
    assert not missing
    assert not any(target.named for target in found)


def test_named_paths_are_taken_whatever_they_are_called(tmp_path: Path) -> None:
    make(tmp_path, "script", ".hidden/x.py", "env/pyvenv.cfg", "env/y.py")
    given = [str(tmp_path / name) for name in ("script", ".hidden", "env")]
    found, _ = targets(given)
    assert names(found) == [
        (tmp_path / name).as_posix() for name in ("script", ".hidden/x.py", "env/y.py")
    ]
    assert [target.named for target in found] == [True, False, False]


def test_each_file_once_in_the_order_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "d/b.py")
    monkeypatch.chdir(tmp_path)
    found, _ = targets(["d", "./d/b.py", "a.py", "."])
    assert names(found) == ["d/b.py", "a.py"]
    assert [target.named for target in found] == [True, True]


def test_missing_and_broken_paths_are_reported(tmp_path: Path) -> None:
    link = tmp_path / "link.py"
    link.symlink_to(tmp_path / "gone.py")
    _, missing = targets([str(tmp_path / "no.py"), str(link)])
    assert [cause for _, cause in missing] == ["no such file or folder", "broken link"]


def test_dash_is_standard_input() -> None:
    found, _ = targets(["-"])
    assert [target.is_stdin for target in found] == [True]


def git(folder: Path, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=/dev/null", *words],
        cwd=folder, capture_output=True, text=True, input=stdin,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr  # 1: none of them is ignored
    return done.stdout


LINES = [
    "*.py", "!keep.py", "build/", "build", "/top.py", "a/**/c.py", "**/gen", "gen/*", "!gen/x.py",
    "b?.py", "[ab].py", "\\#odd.py", "# comment", "", "sub/a.py", "!sub/", "a/", "!a/keep.py", "/*",
    "!/a", "!/sub", "foo.py ", "foo\\ bar.py", "**", "!**/", "!*.py", "a/*/c.py", "/a/b", "x.py/",
]  # fmt: skip
NAMES = ["a", "b", "c", "gen", "build", "sub", "keep", "top", "x", "foo", "foo bar", "b1", "#odd"]


@pytest.mark.parametrize("seed", range(60))
def test_gitignore_files_mean_what_git_says(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    git(tmp_path, "init", "-q")
    places = [""]
    for _ in range(8):
        places.append(os.path.join(chance.choice(places), chance.choice(NAMES)))
    made = {os.path.join(chance.choice(places), f"{chance.choice(NAMES)}.py") for _ in range(25)}
    for name in sorted(made):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            path.touch()
    for place in sorted(set(places)):
        if (tmp_path / place).is_dir() and (not place or chance.random() < 0.4):
            lines = chance.choices(LINES, k=chance.randint(1, 4))
            (tmp_path / place / ".gitignore").write_text("\n".join(lines))
    (tmp_path / ".git" / "info" / "exclude").write_text(chance.choice(["", "top.py\n", "b*\n"]))
    every = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.py")
                   if p.is_file())  # fmt: skip
    ignored = set(
        git(tmp_path, "check-ignore", "-z", "--stdin", stdin="\0".join(every)).split("\0")
    )
    found, _ = targets([str(tmp_path)])
    ours = sorted(Path(t.filename).relative_to(tmp_path).as_posix() for t in found)
    rules = {str(p): p.read_text() for p in tmp_path.rglob(".gitignore")}
    assert ours == [name for name in every if name not in ignored], rules


def test_a_repository_inside_a_repository_has_its_own_rules(tmp_path: Path) -> None:
    make(tmp_path, "gen.py", "inner/gen.py", "inner/.git/HEAD", ".git/HEAD")
    (tmp_path / ".gitignore").write_text("gen.py\n")
    found, _ = targets([str(tmp_path)])
    assert names(found) == [(tmp_path / "inner/gen.py").as_posix()]


def test_a_named_folder_that_git_ignores_is_looked_at(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "build/b.py", ".git/HEAD")
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "build" / ".gitignore").write_text("b.py\n")
    assert targets([str(tmp_path)])[0] == []
    found, _ = targets([str(tmp_path / "build")])
    assert names(found) == [(tmp_path / "build/a.py").as_posix()]


def test_respect_gitignore_can_be_turned_off(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / ".gitignore").write_text("a.py\n")
    assert targets([str(tmp_path)])[0] == []
    found, _ = targets([str(tmp_path)], respect_gitignore=False)
    assert len(found) == 1


def test_include_and_extend_exclude_are_patterns_from_the_settings_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.py", "tool", "gen/x.py", "pkg/gen/y.py", "pkg/b_pb2.py", "pkg/c.py")
    (tmp_path / "pexec.toml").write_text(
        'include = ["*.py", "/tool"]\nextend-exclude = ["/gen", "*_pb2.py"]\n'
    )
    for folder in (tmp_path, tmp_path / "pkg"):
        monkeypatch.chdir(folder)
        found, _ = targets([str(tmp_path)])
        inside = [Path(name).relative_to(tmp_path).as_posix() for name in names(found)]
        assert inside == ["a.py", "tool", "pkg/c.py", "pkg/gen/y.py"]


def test_the_nearest_settings_decide_for_each_folder(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "pkg/a.py", "pkg/b.py")
    (tmp_path / "pexec.toml").write_text('extend-exclude = ["b.py"]\n')
    (tmp_path / "pkg" / "pexec.toml").write_text('extend-exclude = ["a.py"]\n')
    found, _ = targets([str(tmp_path)])
    assert names(found) == [(tmp_path / name).as_posix() for name in ("a.py", "pkg/b.py")]


def test_named_files_are_left_out_only_with_force_exclude(tmp_path: Path) -> None:
    make(tmp_path, "gen/x.py", "pkg/a.py", ".venv/y.py", "env/pyvenv.cfg", "env/z.py",
         "node_modules/w.py")  # fmt: skip
    (tmp_path / "pexec.toml").write_text('extend-exclude = ["gen"]\n')
    given = [
        str(tmp_path / name)
        for name in ("gen/x.py", "pkg/a.py", ".venv/y.py", "env/z.py", "node_modules/w.py")
    ]
    assert len(targets(given)[0]) == 5
    found, _ = targets(given, force_exclude=True)
    assert names(found) == [(tmp_path / "pkg/a.py").as_posix()]
    found, _ = targets([str(tmp_path / "gen")], force_exclude=True)
    assert found == []


def test_a_path_with_dots_is_held_against_the_patterns_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "gen/x.py", "pkg/a.py")
    (tmp_path / "pexec.toml").write_text('extend-exclude = ["gen"]\n')
    monkeypatch.chdir(tmp_path / "pkg")
    assert targets(["../gen/x.py"], force_exclude=True)[0] == []
    assert names(targets([".."])[0]) == ["../pkg/a.py"]


def test_what_is_taken_back_below_a_folder_that_is_left_out_stays_out(tmp_path: Path) -> None:
    make(tmp_path, "gen/keep.py", "gen/x.py", "a.py")
    (tmp_path / "pexec.toml").write_text('extend-exclude = ["gen/", "!gen/keep.py"]\n')
    walked, _ = targets([str(tmp_path)])
    assert names(walked) == [(tmp_path / "a.py").as_posix()]
    assert targets([str(tmp_path / "gen" / "keep.py")], force_exclude=True)[0] == []


def test_standard_input_is_left_out_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pexec.toml").write_text(f'extend-exclude = ["gen"]\n{CONFIG}')
    given = ("--stdin-filename", "gen/o.py", "-")
    assert fix(*given, stdin=TWO).stdout != TWO
    left = fix("--force-exclude", *given, stdin=TWO)
    assert (left.exit_code, left.stdout) == (0, TWO)


def test_links_are_not_followed_twice(tmp_path: Path) -> None:
    make(tmp_path, "pkg/real.py")
    (tmp_path / "pkg" / "loop").symlink_to(tmp_path / "pkg", target_is_directory=True)
    (tmp_path / "pkg" / "alias.py").symlink_to(tmp_path / "pkg" / "real.py")
    found, missing = targets([str(tmp_path)])
    assert names(found) == [(tmp_path / "pkg/real.py").as_posix()]
    assert not missing


def test_per_file_ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "scripts/a.py", "pkg/b.py")
    for name in ("scripts/a.py", "pkg/b.py"):
        (tmp_path / name).write_text(TWO)
    table = "[per-file-ignores]\n{} = ['PX101']\n"
    (tmp_path / "pexec.toml").write_text(CONFIG + table.format('"scripts/*"'))
    monkeypatch.chdir(tmp_path / "pkg")
    assert lint(str(tmp_path / "scripts" / "a.py")).exit_code == 0
    assert lint(str(tmp_path / "pkg" / "b.py")).exit_code == 1
    (tmp_path / "pexec.toml").write_text(CONFIG + table.format('"!scripts/*"'))
    assert lint(str(tmp_path / "scripts" / "a.py")).exit_code == 1
    assert lint(str(tmp_path / "pkg" / "b.py")).exit_code == 0


def test_the_whole_tree_gives_what_one_file_at_a_time_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "src/app/__init__.py", "src/app/a.py", "src/app/b.py", "scripts/c.py")
    (tmp_path / "pexec.toml").write_text(CONFIG)
    for name in ("src/app/a.py", "src/app/b.py", "scripts/c.py"):
        (tmp_path / name).write_text(TWO)
    monkeypatch.chdir(tmp_path)
    whole = objects(lint(".", "--output-format", "json"))
    files = [t.filename for t in targets(["."])[0]]
    single = [o for f in files for o in objects(lint(f, "--output-format", "json"))]
    assert whole == single
    assert len(whole) == 3
