"""``pexec-report --record``: run a program and write down how long its tools took.

The program runs in its own environment, under :mod:`pexec.runtime.record`, which is started by its
path: pexec need not be installed there.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from .config import Config
from .errors import ConfigError

_PYTHON = re.compile(r"(python|pypy)(\d+(\.\d+)?)?(\.exe)?\Z", re.IGNORECASE)
_RUNNERS = ("uv", "poetry", "pdm", "pipenv")
_TAKES = (
    "`python script.py …` and `python -m module …`, where python may also be a path, and `uv run`, "
    "`poetry run`, `pdm run` or `pipenv run` may stand in front"
)


def record(command: Sequence[str], out: str, patterns: Sequence[str]) -> int:
    """Run ``command`` and have the file ``out`` filled; ``patterns`` name the blocking calls.

    Where the system can, this process becomes the command, so that signals, exit code and terminal
    are its own; elsewhere the exit code is returned. Raises ConfigError.
    """
    words, environment = recorded(command, out, patterns)
    _empty(out)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if os.name == "posix":
            for name in ("SIGPIPE", "SIGXFSZ"):  # which Python ignores, and only Python
                if hasattr(signal, name):
                    signal.signal(getattr(signal, name), signal.SIG_DFL)
            os.execvpe(words[0], words, environment)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command
        return subprocess.run(words, env=environment, check=False).returncode
    except OSError as error:
        raise ConfigError(f"--record: {words[0]}: {error.strerror or error}") from None


def recorded(
    command: Sequence[str], out: str, patterns: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """The command that runs and records ``command``, and its environment. Raises ConfigError."""
    words = list(command)
    start = _interpreter(words)
    program = _program(words, start + 1)
    script = resources.files("pexec.runtime") / "record.py"
    words[program:program] = [str(script), os.path.abspath(out)]
    return words, os.environ | {"PEXEC_RECORD": json.dumps(list(patterns))}


def patterns_of(config: Config) -> tuple[str, ...]:
    """Names of the blocking calls that are worth timing: the declared tools, and the calls of the
    vocabularies that may run in threads."""
    declared, vocabularies = config.sources[:-1], config.sources[-1]
    names = [name for tools in declared for name in tools.entries]
    names += [e.match for t in declared for found in t.patterns.values() for _, e in found]
    names += [
        name
        for name, entries in vocabularies.entries.items()
        if any(entry.threads for entry in entries)
    ]
    return tuple(dict.fromkeys(name for name in names if not name.startswith(("mcp:", "["))))


def _empty(out: str) -> None:
    """Make an empty file, unless a file is there that is no recording."""
    path = Path(out)
    try:
        if path.exists():
            with path.open("rb") as file:
                begin = file.read(9)
            if begin and begin != b'{"tool": ':
                raise ConfigError(
                    f"--record {out}: this file holds no recording, so it is not overwritten; "
                    "name another one"
                )
        path.write_bytes(b"")
    except OSError as error:
        raise ConfigError(f"--record {out}: {error.strerror or error}") from None


def _interpreter(words: list[str]) -> int:
    """Where Python stands in a command; it is put there if a runner would find it by itself."""
    if words and _is_python(words[0]):
        return 0
    if words[1:2] != ["run"] or _name(words[0]) not in _RUNNERS:
        raise _refused(words)
    uv = _name(words[0]) == "uv"
    place = 2
    while place < len(words):
        word = words[place]
        if _is_python(word):
            return place
        if uv and (word == "-m" or word.endswith((".py", ".pyw"))):
            if word != "-m":
                _check_metadata(word)
            words.insert(place, "python")
            return place
        if uv and word in ("-s", "--script", "--gui-script", "--module", "-"):
            raise _refused(words)
        # An option, or what may be the value of one.
        if not word.startswith("-") and not (place > 2 and words[place - 1].startswith("-")):
            raise _refused(words)
        place += 2 if word in ("-p", "--python") else 1
    raise _refused(words)


def _program(words: list[str], place: int) -> int:
    """Where the script, or `-m`, stands behind Python and its options. Options of one letter may
    stand in one word, the last with its value (Python documentation, "Command line")."""
    while place < len(words) and words[place].startswith("-") and words[place] != "-":
        word = words[place]
        place += 1
        if word.startswith("--"):
            place += word == "--check-hash-based-pycs"
            continue
        found = re.match(r"-([^cmWX]*)([cmWX]?)(.*)", word, re.DOTALL)
        flags, letter, value = found.groups() if found else ("", "", "")
        if letter == "m":
            module = [value] if value else words[place : place + 1]
            if not module:
                raise _refused(words)
            behind = words[place + (not value) :]
            words[place - 1 :] = [*([f"-{flags}"] if flags else []), "-m", *module, *behind]
            return place - 1 + bool(flags)
        if letter == "c":
            raise _refused(words)
        place += bool(letter) and not value
    if place >= len(words) or words[place] == "-":
        raise _refused(words)
    return place


def _check_metadata(script: str) -> None:
    """uv makes an environment for a script that lists what it needs, if the script is what it is
    given; but it is given our own. Raises ConfigError."""
    try:
        text = Path(script).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # Python will say so
    if re.search(r"^# /// script\s*$", text, re.MULTILINE):
        raise ConfigError(
            f"--record: {script} lists its requirements, for which uv makes an environment; "
            f'run it as `"$(uv python find --script {script})" {script}`, after `uv sync --script '
            f"{script}`"
        )


def _name(word: str) -> str:
    return re.split(r"[/\\]", word)[-1].removesuffix(".exe")


def _is_python(word: str) -> bool:
    return _PYTHON.match(re.split(r"[/\\]", word)[-1]) is not None


def _refused(words: list[str]) -> ConfigError:
    command = " ".join(words)
    return ConfigError(f"--record cannot run `{command}`; it runs {_TAKES}")
