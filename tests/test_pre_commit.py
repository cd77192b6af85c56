"""The README's hooks, run by the real pre-commit on a scratch repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import CONFIG, TWO

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## On every commit")[2].partition("\n## ")[0]
UNWANTED = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache",
                                  ".hypothesis")  # fmt: skip


def run(folder: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, env=environment(folder)
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the developer's own: neither identity, nor hooks, nor cached environments."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHON"))},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder.parent / "home"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "test@example.com" for who in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")},
    }  # fmt: skip


def commit_all(folder: Path) -> None:
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "all")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the project as it is now, committed or not."""
    folder = tmp_path_factory.mktemp("hooks") / "pexec"
    shutil.copytree(ROOT, folder, ignore=UNWANTED)
    commit_all(folder)
    return folder


@pytest.fixture
def scratch(copy: Path) -> Path:
    folder = copy.parent / "scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "pexec.toml").write_text(f'extend-exclude = ["gen"]\n{CONFIG}')
    (folder / "gen").mkdir()
    for name in ("agent.py", "gen/left_out.py"):
        (folder / name).write_text(TWO)
    (folder / "notes.txt").write_text(TWO)
    return folder


def test_try_repo_as_the_readme_says(copy: Path, scratch: Path) -> None:
    command = re.search(r"^pre-commit try-repo.*$", SECTION, re.MULTILINE)
    assert command is not None
    commit_all(scratch)
    done = run(scratch, *command.group().split(), check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"pexec-lint\.+Failed", done.stdout)
    assert "agent.py:2:12: PX101" in done.stdout
    assert "left_out" not in done.stdout
    assert "Checked 1 file:" in done.stdout


def test_a_commit_is_stopped_fixed_and_passes(copy: Path, scratch: Path) -> None:
    config = re.search(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
    assert config is not None
    (scratch / ".pre-commit-config.yaml").write_text(config.group(1))
    run(scratch, "git", "init", "-q", "-b", "main")
    run(scratch, "pre-commit", "install")
    run(scratch, "git", "add", "-A")
    stopped = run(scratch, "git", "commit", "-m", "agent", check=False)
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert re.search(r"pexec-fix\.+Failed", stopped.stderr)
    assert "files were modified by this hook" in stopped.stderr
    assert "asyncio.gather" in (scratch / "agent.py").read_text()
    assert (scratch / "gen" / "left_out.py").read_text() == TWO
    run(scratch, "git", "add", "-A")
    passed = run(scratch, "git", "commit", "-m", "agent")
    assert re.search(r"pexec-fix\.+Passed", passed.stderr)
    assert re.search(r"pexec-lint\.+Passed", passed.stderr)
