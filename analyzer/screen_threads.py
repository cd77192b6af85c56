"""May a file hold blocking calls that threads could make? The part of the screen for PX102.

A file is looked into only if a block of it has two calls by a name that some declaration says
threads may make, or each turn of a loop one, or of functions of the file that make such calls;
names of a library count where the file speaks of the library. What came from another file of the
project, a handle or a function, is not seen where that one alone imports the library.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from .screen_turns import in_turns

if TYPE_CHECKING:
    from .config import Config
    from .effects.catalog import Catalog

#: Calls by their last name, of the library that a file has to speak of; "" is any file.
Threaded = tuple[tuple[str, frozenset[str]], ...]
NO_THREADS: Threaded = ()
#: What the vocabularies that ship with pexec say `threads = "safe"` of (a test compares).
SHIPPED: dict[str, frozenset[str]] = {
    "": frozenset({
        "Edit", "Glob", "Grep", "LS", "ListMcpResources", "MultiEdit", "NotebookEdit", "Read",
        "ReadMcpResource", "WebFetch", "WebSearch", "Write",
    }),
    "boto3": frozenset({
        "get_bucket_location", "get_object", "get_object_acl", "get_object_attributes",
        "get_object_tagging", "head_bucket", "head_object", "list_buckets",
        "list_multipart_uploads", "list_object_versions", "list_objects", "list_objects_v2",
    }),
    "httpx": frozenset({"delete", "get", "head", "options", "patch", "post", "put", "request"}),
    "pathlib": frozenset({"read_bytes", "read_text", "write_bytes", "write_text"}),
    "requests": frozenset({"delete", "get", "head", "options", "patch", "post", "put", "request"}),
}  # fmt: skip
#: Of these the functions of the module count, and methods only in files with these words: names
#: like `get` are those of many objects.
_MODULES = {
    "httpx": re.compile(rb"Client|from\s+httpx\s|httpx\s+as\s"),
    "requests": re.compile(rb"from\s+requests\s|requests\s+as\s"),
}
#: Fields of nodes that hold statements, or what holds these.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@lru_cache(maxsize=64)
def _threaded(declared: frozenset[str]) -> Threaded:
    return (*SHIPPED.items(), ("", declared)) if declared else tuple(SHIPPED.items())


def threaded(config: Config) -> Threaded:
    """The blocking calls that threads may make, by these settings."""
    if "PX102" not in config.select:
        return NO_THREADS
    catalogs = (config.tools, *config.inherited, config.vocabularies)
    names = (name for catalog in catalogs if catalog is not None for name in last_names(catalog))
    return _threaded(frozenset(names))


def last_names(catalog: Catalog) -> Iterator[str]:
    """The last names of the calls that threads may make; ``*`` if one is a pattern."""
    found = [*catalog.entries.values(), *([e for _, e in p] for p in catalog.patterns.values())]
    for entry in (e for entries in found for e in entries if e.threads):
        last = entry.match.rpartition(".")[2]
        yield "*" if any(c in last for c in "*?[") else last


def may_hold_threads(data: bytes, threads: Threaded) -> frozenset[str]:
    """The last names of calls that count in a file, if such a call may be in it."""
    names: set[str] = set()
    for library, own in threads:
        if not library or library.encode() in data:
            short = library not in _MODULES or _MODULES[library].search(data) is not None
            names |= own if short else {f"{library}.{name}" for name in own}
    if not names:
        return frozenset()
    found = _calls(frozenset(names)).search(data)
    return frozenset(names) if found is not None else frozenset()


@lru_cache(maxsize=64)
def _calls(names: frozenset[str]) -> re.Pattern[bytes]:
    """A call by one of these names; ``*`` is any name."""
    last = sorted({name.rpartition(".")[2] for name in names})
    words = rb"\w+" if "*" in names else b"|".join(re.escape(n).encode() for n in last)
    return re.compile(rb"\b(?:" + words + rb")\s*\(")


def calls_again(tree: ast.Module, names: frozenset[str]) -> bool:
    """Has a list of statements two such calls, or one and an `await`?

    What stands in the blocks of these statements does not count for them. Or is such a call made in
    each turn of a loop, or of a comprehension? A function of the file
    that makes one counts as well.
    """
    if "*" not in names and not _called(tree) & names:
        return False
    names = _with_callers(tree, names)
    stack: list[ast.AST] = [tree]
    while stack:
        for name, value in ast.iter_fields(stack.pop()):
            if name not in _BLOCKS or not isinstance(value, list):
                continue
            calling = awaiting = 0
            for item in cast("list[ast.AST]", value):
                if any(hasattr(item, field) for field in _BLOCKS):
                    stack.append(item)
                else:
                    calling += _calls_here(item, names)
                    awaiting += any(isinstance(one, ast.Await) for one in ast.walk(item))
                    if calling and calling + awaiting > 1:
                        return True
    return _calls_in_turns(tree, names)


def _calls_in_turns(tree: ast.Module, names: frozenset[str]) -> bool:
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, again = stack.pop()
        if again and _counts(node, names):
            return True
        for field, value in ast.iter_fields(node):
            turns = in_turns(node, field, again)
            items = cast("list[object]", value) if isinstance(value, list) else [value]
            stack.extend((item, turns) for item in items if isinstance(item, ast.AST))
    return False


def _with_callers(tree: ast.Module, names: frozenset[str]) -> frozenset[str]:
    """The names, and those of functions of the file that call one, or one another."""
    calls = [(node.name, _called(node)) for node in ast.walk(tree)
             if isinstance(node, ast.FunctionDef)]  # fmt: skip
    more = True
    while more:
        found = {name for name, called in calls if called & names}
        more = not found <= names
        names |= found
    return names


def _called(node: ast.AST) -> frozenset[str]:
    """What is called in a node: last names, and the names before a single dot with them."""
    return frozenset(name for inner in ast.walk(node) for name in _names(inner))


def _names(node: ast.AST) -> list[str]:
    """The names by which a call is known, none of anything else."""
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Name):
        return [called.id]
    if not isinstance(called, ast.Attribute):
        return []
    owner = called.value
    return [called.attr, f"{owner.id}.{called.attr}"] if isinstance(owner, ast.Name) \
        else [called.attr]  # fmt: skip


def _calls_here(statement: ast.AST, names: frozenset[str]) -> int:
    """How many such calls a statement makes."""
    return sum(_counts(inner, names) for inner in ast.walk(statement))


def _counts(node: ast.AST, names: frozenset[str]) -> bool:
    """Is a node such a call?"""
    found = _names(node)
    return bool(found) and ("*" in names or not names.isdisjoint(found))
