"""May a file hold anything to report? Decided on its bytes and ``ast``, before LibCST is imported.

LibCST takes about twenty times as long as ``ast`` to parse a file, and longer than both to import.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import cast

from .screen_threads import NO_THREADS, Threaded, calls_again, may_hold_threads
from .screen_turns import FUNCTIONS, in_turns

_AWAIT = re.compile(rb"\bawait\b")
#: Calls that run coroutines at once already, of which PX201 to PX203 may have something to say.
_AT_ONCE = re.compile(rb"\b(?:gather|create_task|ensure_future|as_completed|TaskGroup|wait)\b")
_STARTS = frozenset({"create_task", "ensure_future"})
_WAITS = frozenset({"as_completed", "wait"})
_LOOP = re.compile(rb"\b(?:for|while)\b")
_Place = tuple[int, int]  # a list of statements (its id) and an index in it
_SUPPRESSION = re.compile(rb"#\s*(?:pexec\s*:|noqa\s*:[^\r\n#]*PX[0-9])", re.IGNORECASE)


def may_hold_opportunity(data: bytes, threads: Threaded = NO_THREADS) -> bool:
    """False only if no block awaits two things: in two statements, in one, or in turns.

    Nor runs several at once already. ``threads``: the blocking calls of which two in one block are
    an opportunity as well.

    What ``ast`` cannot parse may: newer syntax than that of the running Python, or an error that is
    to be reported.
    """
    awaits, blocks = may_hold_awaits(data), may_hold_threads(data, threads)
    if not awaits and not blocks:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are no concern of ours
            tree = ast.parse(data)
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return True
    if awaits:
        at_once = _AT_ONCE.search(data) is not None and any(map(_runs_several, ast.walk(tree)))
        if at_once or _awaits_again(tree):
            return True
    return bool(blocks) and calls_again(tree, blocks)


def _runs_several(node: ast.AST) -> bool:
    """Is it a call that may run coroutines at once, by the last part of its name?"""
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name == "gather":
        return len(node.args) > 1 or any(isinstance(a, ast.Starred) for a in node.args)
    return name in _STARTS or (name in _WAITS and bool(node.args))


def may_hold_awaits(data: bytes) -> bool:
    """Two words ``await``, or one and a loop, or calls at once?

    The cheap half of :func:`may_hold_opportunity`.

    UTF-16 and UTF-32 cannot be source encodings (PEP 263 asks for ASCII-compatible ones).
    """
    found = _AWAIT.finditer(data)
    if next(found, None) is None:
        return b"TaskGroup" in data  # which waits without the word
    if next(found, None) is not None or _LOOP.search(data) is not None:
        return True
    return _AT_ONCE.search(data) is not None


def _awaits_again(tree: ast.Module) -> bool:
    """Has a list of statements two that await, or one that awaits twice, or in each of its turns?

    What stands inside compound statements counts for them. An own stack, not a recursion: generated
    code nests deeper than Python's.
    """
    awaiting: dict[int, set[int]] = {}  # list of statements -> the indices of those that await
    once: set[_Place] = set()  # statements that await in an expression of their own
    stack: list[tuple[ast.AST, tuple[_Place, ...], bool]] = [(tree, (), False)]
    while stack:
        node, around, again = stack.pop()
        if isinstance(node, ast.Await):
            if again or (around and around[-1] in once):
                return True
            once.update(around[-1:])
            for block, index in around:
                indices = awaiting.setdefault(block, set())
                indices.add(index)
                if len(indices) == 2:
                    return True
        for name, value in ast.iter_fields(node):
            inside = () if name == "body" and isinstance(node, FUNCTIONS) else around
            turns = in_turns(node, name, again)
            if isinstance(value, ast.AST):
                stack.append((value, inside, turns))
            elif isinstance(value, list):
                items = cast("list[object]", value)
                for i, item in enumerate(items):
                    if isinstance(item, ast.stmt):
                        stack.append((item, (*inside, (id(items), i)), turns))
                    elif isinstance(item, ast.AST):
                        stack.append((item, inside, turns))
    return False


def may_hold_suppression(data: bytes) -> bool:
    """False only if the file certainly has no comment for pexec. A bare ``# noqa`` is for all."""
    return _SUPPRESSION.search(data) is not None
