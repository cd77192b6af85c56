"""What must hold for every package, whatever is found in it. Each check says what is wrong."""

from __future__ import annotations

import ast
import hashlib
import io
import subprocess
import tokenize
import warnings
from collections import Counter
from pathlib import Path

import libcst as cst
import under_test
from pexec.analyzer.engine import Analyzed, Failed, Result


def of_results(results: list[Result], folder: Path) -> list[str]:
    """No crash, no refusal by the validator, and fixed files that still are Python."""
    wrong: list[str] = []
    for result in results:
        name = Path(result.filename).relative_to(folder)
        if isinstance(result, Failed) and not unreadable(result):
            wrong.append(f"{name}:{result.line}: {result.message}")
        if isinstance(result, Analyzed):
            wrong += [
                f"{name}:{note.span.line}: {note.words}"
                for note in result.blocked
                if note.kind == "validator"
            ]
            wrong += [f"{name}: the fixed text {words}" for words in of_text(result)]
    return wrong


def unreadable(failed: Failed) -> bool:
    """Is it the file's fault? Then neither Python nor LibCST can read it either."""
    data = Path(failed.filename).read_bytes()
    return not compiles(data) and not parses(data)


def of_text(result: Analyzed) -> list[str]:
    """Does the fixed text parse, compile if the original did, and hold its strings and comments?"""
    if result.fixed is None:
        return []
    before, after = (result.source.encode(t) for t in (result.source.text, result.fixed))
    if not parses(after):
        return ["cannot be parsed by LibCST"]
    if not compiles(before):
        return []
    if not compiles(after):
        return ["does not compile"]
    return _lost(before, after)


def _lost(before: bytes, after: bytes) -> list[str]:
    """Every comment must be there as often as before, and the strings must be exactly the same."""
    old, new = (_tokens(data, tokenize.COMMENT) for data in (before, after))
    wrong = [f"lost the comment {comment}" for comment in (old - new).elements()]
    same = _tokens(before, *_STRINGS) == _tokens(after, *_STRINGS)
    return wrong if same else [*wrong, "has other strings than the original"]


_STRINGS = tuple(
    getattr(tokenize, name)
    for name in ("STRING", "FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")  # the last: 3.12
    if hasattr(tokenize, name)
)


def _tokens(data: bytes, *kinds: int) -> Counter[str]:
    found = tokenize.tokenize(io.BytesIO(data).readline)
    return Counter(token.string for token in found if token.type in kinds)


def parses(data: bytes) -> bool:
    try:
        cst.parse_module(data)
    except (cst.ParserSyntaxError, UnicodeDecodeError, LookupError):
        return False
    return True


def compiles(data: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like are the package's own
        try:
            compile(data, "<package>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def of_fix(results: list[Result], folder: Path, *, unsafe: bool, workers: int = 1) -> list[str]:
    """Run ``pexec-fix`` on the copy: it must write exactly what the library call says, touch no
    other file, and change nothing when it is run once more."""
    before = hashes(folder)
    expected = before | {
        result.filename: _hash(result.source.encode(result.fixed))
        for result in results
        if isinstance(result, Analyzed) and result.fixed is not None
    }
    done = under_test.fix(folder, unsafe=unsafe, workers=workers)
    wrong = _exit_code(done, results)
    fixed = hashes(folder)
    wrong += [f"{name}: pexec-fix wrote something else" for name in differing(expected, fixed)]
    if fixed != before:  # else the second run would be the first one again
        under_test.fix(folder, unsafe=unsafe, workers=workers)
        again = differing(fixed, hashes(folder))
        wrong += [f"{name}: a second run changes it again" for name in again]
    return [words.replace(f"{folder}/", "") for words in wrong]


def _exit_code(done: subprocess.CompletedProcess[str], results: list[Result]) -> list[str]:
    due = 2 if any(isinstance(result, Failed) for result in results) else 0
    if done.returncode == due:
        return []
    last = (done.stderr.strip().splitlines() or ["(nothing on standard error)"])[-1]
    return [f"pexec-fix ends with {done.returncode} instead of {due}: {last}"]


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file of a folder."""
    return {
        str(path): _hash(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def differing(one: dict[str, str], two: dict[str, str]) -> list[str]:
    """The names whose content differs, or that only one side has."""
    return sorted(name for name in {**one, **two} if one.get(name) != two.get(name))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
