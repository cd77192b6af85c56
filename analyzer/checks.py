"""Checks of single settings: each takes a value and where it stands, and raises ConfigError."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

from .codes import RULES
from .effects.catalog import Catalog, Entry, build, parse_entry, parse_template
from .effects.selector import Literal, Text, Wild
from .errors import ConfigError, VocabularyError


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``max_concurrency`` of the matching calls run at once, whoever asks."""

    match: tuple[str, ...]
    max_concurrency: int

    @property
    def name(self) -> str:
        """The limit as a note names it."""
        return " or ".join(f"`{pattern}`" for pattern in self.match)


def whole_number(minimum: int) -> Callable[[Any, str], int]:
    def check(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise ConfigError(f"{where} must be a whole number, {minimum} or more")
        return value

    return check


def number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ConfigError(f"{where} must be a number, 0 or more")
    return float(value)


def boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} must be true or false")
    return value


def choice(*words: str) -> Callable[[Any, str], str]:
    def check(value: Any, where: str) -> str:
        if value not in words:
            near = get_close_matches(str(value), words, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"{where} must be one of {', '.join(map(repr, words))}{hint}")
        return cast(str, value)

    return check


def strings(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in cast("list[Any]", value)):
        raise ConfigError(f"{where} must be a list of strings")
    return tuple(cast("list[str]", value))


def codes(value: Any, where: str) -> tuple[str, ...]:
    words = strings(value, where)
    for word in words:
        check_code(word, where)
    return words


def patterns(value: Any, where: str) -> tuple[str, ...]:
    words = strings(value, where)
    for word in words:
        _check_pattern(word, where)
    return words


def _check_pattern(word: str, where: str) -> None:
    """Raise ConfigError unless ``word`` is a pattern as in ``.gitignore``."""
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines([word])
    except ValueError as error:
        raise ConfigError(f"{where}: {word!r} is no pattern as in .gitignore: {error}") from None
    if all(pattern.include is None for pattern in spec.patterns):
        raise ConfigError(f"{where}: {word!r} matches nothing: it is empty or a comment")


def per_file_ignores(value: Any, where: str) -> tuple[tuple[str, frozenset[str]], ...]:
    if not isinstance(value, dict):
        raise ConfigError(f'{where} must be a table, such as {{"scripts/*" = ["PX101"]}}')
    found: list[tuple[str, frozenset[str]]] = []
    for pattern, words in cast("dict[str, Any]", value).items():
        _check_pattern(pattern.removeprefix("!"), where)
        found.append((pattern, expand(codes(words, f"{where}: {pattern!r}"))))
    return tuple(found)


def check_code(word: str, where: str) -> None:
    """Raise ConfigError unless ``word`` is a registered code, a prefix of one, or ALL."""
    if word == "ALL" or (word and any(code.startswith(word) for code in RULES)):
        return
    near = get_close_matches(word, list(RULES), 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ConfigError(f"{where}: unknown code {word!r} (codes: {', '.join(RULES)}){hint}")


def expand(words: Sequence[str]) -> frozenset[str]:
    return frozenset(c for c in RULES for w in words if w == "ALL" or c.startswith(w))


def version(value: Any, where: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"py3\d{1,2}", value):
        raise ConfigError(f"{where} must be a version such as 'py311'")
    return value


def helper(value: Any, where: str) -> str:
    if value == "inline":
        return "inline"
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", value):
        raise ConfigError(f"{where} must be 'inline' or a dotted name such as 'myapp.aio.in_order'")
    return value


def same_world(value: Any, where: str) -> tuple[tuple[tuple[str, Text], ...], ...]:
    if not isinstance(value, list):
        raise ConfigError(
            f'{where} must be a list of lists, such as [["http:api.example.com", "db"]]'
        )
    groups: list[tuple[tuple[str, Text], ...]] = []
    for group in cast("list[Any]", value):
        if not isinstance(group, list):
            raise ConfigError(f'{where} must be a list of lists, such as [["http", "db"]]')
        members: list[tuple[str, Text]] = []
        for word in strings(group, where):
            template = parse_template(word, where)
            parts = tuple(p for p in template.parts if isinstance(p, (Literal, Wild)))
            members.append((template.domain, Text(parts) if parts else Text((Wild(),))))
        groups.append(tuple(members))
    return tuple(groups)


def benign(value: Any, where: str) -> frozenset[str]:
    words = strings(value, where)
    for word in words:
        if not re.fullmatch(r"memory:[\w.]+", word):
            raise ConfigError(f"{where}: {word!r} is not `memory:module.name`")
    return frozenset(words)


def tools(value: Any, where: str) -> Catalog:
    return build(parse_tools(value, where))


def parse_tools(value: Any, where: str) -> list[Entry]:
    """``[[tools]]`` tables → entries. Raises ConfigError."""
    if not isinstance(value, (list, tuple)):
        raise ConfigError(f"{where} must be an array of tables: [[tools]]")
    entries: list[Entry] = []
    for i, table in enumerate(cast("list[Any]", value), 1):
        if not isinstance(table, Mapping):
            raise ConfigError(f"{where} #{i} must be a table")
        try:
            entries.extend(parse_entry(cast("Mapping[str, Any]", table), where, f"{where} #{i}"))
        except VocabularyError as error:
            raise ConfigError(str(error)) from None
    return entries


def as_it_is(value: Any, where: str) -> Any:
    """Checked when the folder is known that its paths start from."""
    return value


def path_of(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where} must be the path of a pexec.toml or pyproject.toml")
    return value


def limits(value: Any, where: str) -> tuple[Limit, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} must be an array of tables: [[limits]]")
    found: list[Limit] = []
    for i, table in enumerate(cast("list[Any]", value), 1):
        keys = cast("dict[str, Any]", table) if isinstance(table, dict) else {}
        if set(keys) != {"match", "max-concurrency"}:
            raise ConfigError(f"{where} #{i} needs `match` and `max-concurrency`, nothing else")
        limit = whole_number(1)(keys["max-concurrency"], f"{where} #{i}: max-concurrency")
        match = keys["match"]
        names = strings([match] if isinstance(match, str) else match, f"{where} #{i}: match")
        if not names or not all(names):
            raise ConfigError(f"{where} #{i}: match names nothing")
        found.append(Limit(names, limit))
    return tuple(found)
