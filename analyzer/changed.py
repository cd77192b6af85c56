"""Which lines changed since a commit, so that a report can be limited to them.

Git is asked first; :mod:`.ci.github` knows a second source, where the history is not there.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import ConfigError

#: What a message says that is about a history which is not there.
DEPTH = "check out with its history (`fetch-depth: 0` of actions/checkout)"

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t",
            b"v": b"\v"}  # fmt: skip


class NoHistory(ConfigError):
    """The changed lines cannot be told from the repository; the message says why."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The changed lines of one file as it is now.

    ``ranges``: first and last line of what was added or written anew. ``cuts``: lines behind which
    something was taken away (0: in front of the first). ``whole``: the file is new, or nobody can
    say which of its lines changed.
    """

    ranges: tuple[tuple[int, int], ...] = ()
    cuts: tuple[int, ...] = ()
    whole: bool = False

    def touch(self, first: int, last: int) -> bool:
        """Did a line from ``first`` to ``last`` change, or was one between them taken away?"""
        return (
            self.whole
            or any(a <= last and first <= b for a, b in self.ranges)
            or any(first <= cut < last for cut in self.cuts)
        )


WHOLE = Lines(whole=True)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed lines of all files, by their path from ``root``.

    ``others``: what is said of a file that is not named.
    """

    root: Path
    files: dict[str, Lines]
    others: Lines = Lines()

    def of(self, filename: str) -> Lines:
        """The lines of a file, whose name starts in the working folder."""
        folder, own = os.path.split(filename)
        real = os.path.join(os.path.realpath(folder), own)  # a link is what changed, not its target
        try:
            path = os.path.relpath(real, self.root).replace(os.sep, "/")
        except ValueError:  # on another drive
            return Lines()
        return Lines() if path.startswith("../") else self.files.get(path, self.others)


def changed_lines(base: str, folder: Path, merged: str = "") -> Changes:
    """The lines that differ between the files as they are and where HEAD left ``base``.

    ``folder`` lies in the repository, of which all files are looked at. Files that git does not
    know and does not ignore are new. The lines of a submodule belong to another repository.
    ``merged``: if HEAD is a merge of this commit, the other parent takes the place of ``base``, as
    GitHub merges a pull request into its base to check it. Raises NoHistory, which says whether
    git, the repository, the commit or the common history is missing.
    """
    git = _Git(folder)
    top = os.fsdecode(git("rev-parse", "--show-toplevel").rstrip(b"\r\n"))
    git = _Git(Path(top))
    ancestor = git.other_parent(merged) or git.fork_point(base)
    # Settings of the user must not change what is read; the environment can still add context.
    patch = git("diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--text",
                "--find-renames", "--no-relative", "--src-prefix=a/", "--dst-prefix=b/",
                "--ignore-submodules=all", "--diff-filter=AMRCT", ancestor, "--")  # fmt: skip
    files = dict(_files(patch))
    for name in git("ls-files", "--others", "--exclude-standard", "-z").split(b"\0"):
        if name:
            files[os.fsdecode(name)] = WHOLE
    return Changes(Path(os.path.realpath(top)), files)


def inside(folder: Path) -> Path:
    """The top of the repository that holds a folder. Raises NoHistory."""
    top = _Git(folder)("rev-parse", "--show-toplevel").rstrip(b"\r\n")
    return Path(os.path.realpath(os.fsdecode(top)))


@dataclass(frozen=True, slots=True)
class _Git:
    """Git, in one folder."""

    folder: Path

    def __call__(self, *words: str) -> bytes:
        """What a command prints. Raises NoHistory if it fails."""
        done = self.run(*words)
        if done.returncode:
            raise NoHistory(_cause(done.stderr))
        return done.stdout

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """A command and what it answered. Raises NoHistory if there is no git."""
        environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
        try:
            return subprocess.run(
                ["git", "-C", str(self.folder), *words],
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise NoHistory(f"git cannot be run: {error.strerror or error}") from None

    def other_parent(self, merged: str) -> str:
        """The first parent of HEAD if the second is ``merged``, or ""."""
        if not merged:
            return ""
        # In a shallow clone the parents may be cut off, and HEAD is then no merge.
        listed = self.run("rev-list", "--parents", "--max-count=1", "HEAD").stdout.decode().split()
        return listed[1] if len(listed) == 3 and listed[2] == merged else ""

    def fork_point(self, base: str) -> str:
        """The newest commit that HEAD and ``base`` have in common. Raises NoHistory."""
        # Never an option, whatever it starts with (`--end-of-options`), and one commit.
        found = self.run("rev-parse", "--verify", "--quiet", "--end-of-options",
                         f"{base}^{{commit}}")  # fmt: skip
        commit = found.stdout.decode().strip()
        if found.returncode or not commit:
            raise NoHistory(f"the repository has no commit {base!r}")
        common = self.run("merge-base", commit, "HEAD")
        if common.returncode:
            cause = _cause(common.stderr) if common.stderr else "the history here is cut off"
            raise NoHistory(f"HEAD and {base!r} have no commit in common: {cause}")
        return common.stdout.decode().split()[0]


def _cause(words: bytes) -> str:
    """What git says went wrong, in one line."""
    lines = words.decode("utf-8", "replace").splitlines()
    said = next((line for line in lines if line.startswith(("fatal: ", "error: "))), "")
    return said.partition(": ")[2] or " ".join(" ".join(lines).split()) or "git failed"


# -- patches -----------------------------------------------------------------------------------


def _files(patch: bytes) -> Iterator[tuple[str, Lines]]:
    """The files of git's patch, with what is changed in each."""
    lines = iter(patch.split(b"\n"))
    name, body = b"", list[bytes]()
    for line in lines:
        if line.startswith(b"diff --git "):
            if name:
                yield os.fsdecode(name), _hunks(body)
            name, body = b"", []
        elif line.startswith(b"+++ "):
            name = _name(line[4:])
        elif match := _HUNK.match(line):
            body.append(line)
            # What lines start with says nothing once they are read as content: count them.
            body += _content(lines, int(match[1] or 1), int(match[3] or 1))
    if name:
        yield os.fsdecode(name), _hunks(body)


def _content(lines: Iterator[bytes], old: int, new: int) -> Iterator[bytes]:
    """The lines of a hunk that has ``old`` and ``new`` lines before and after."""
    while old > 0 or new > 0:
        line = next(lines, None)
        if line is None:
            return
        old -= line[:1] in (b"-", b" ", b"")
        new -= line[:1] in (b"+", b" ", b"")
        yield line


def _name(text: bytes) -> bytes:
    """The path behind ``+++``: quoted as in C, or ended by a tab if it has a space."""
    if text.startswith(b'"'):
        text = _ESCAPE.sub(_unescaped, text[1 : text.rindex(b'"')])
    elif text.endswith(b"\t"):
        text = text[:-1]
    return text[2:] if text.startswith(b"b/") else b""  # /dev/null


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPES.get(code, code)


def lines_of_patch(patch: str) -> Lines:
    """The hunks of one file, as GitHub hands them out → its changed lines."""
    return _hunks(patch.encode("utf-8", "surrogatepass").split(b"\n"))


def _hunks(lines: Iterable[bytes]) -> Lines:
    """Hunks with or without context → lines."""
    ranges: list[tuple[int, int]] = []
    cuts: list[int] = []
    rest = iter(lines)
    for line in rest:
        match = _HUNK.match(line)
        if match is None:
            continue
        count = int(match[3] or 1)
        at = int(match[2]) + (count == 0)  # of an empty side the line in front of it is named
        cut = added = False
        for content in _content(rest, int(match[1] or 1), count):
            if content.startswith(b"+"):
                ranges.append((at, at))
                at, added = at + 1, True
            elif content.startswith(b"-"):
                cut = True
            elif not content.startswith(b"\\"):
                cuts += [at - 1] if cut and not added else []
                at, cut, added = at + 1, False, False
        cuts += [at - 1] if cut and not added else []
    return Lines(tuple(_joined(ranges)), tuple(cuts))


def _joined(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges in order, neighbours made one."""
    first = last = 0
    for a, b in ranges:
        if last and a == last + 1:
            last = b
            continue
        if last:
            yield first, last
        first, last = a, b
    if last:
        yield first, last
