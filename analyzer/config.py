"""``[tool.pexec]``: discover, parse, check. One table gives keys, defaults and documentation."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from .codes import RULES
from .effects.catalog import Catalog, Entry, build, parse_entry, parse_template
from .effects.selector import Literal, Text, Wild
from .errors import ConfigError, VocabularyError


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``max_concurrency`` of the matching calls run at once, whoever asks."""

    match: str
    max_concurrency: int


@dataclass(frozen=True, slots=True)
class Config:
    """Checked settings. ``path`` is the file they came from, or None."""

    target_version: str = ""
    line_length: int = 88
    src: tuple[str, ...] = (".", "src")
    include: tuple[str, ...] = ("*.py",)
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    select: frozenset[str] = frozenset(RULES)
    max_concurrency: int = 8
    min_gain_ms: float = 1.0
    style: str = "gather"
    failures: str = "ordered"
    helper: str = "inline"
    timestamps: str = "ordered"
    plain_values: bool = True
    same_world: tuple[tuple[tuple[str, Text], ...], ...] = ()
    benign: frozenset[str] = frozenset()
    backend: str = "asyncio"
    limits: tuple[Limit, ...] = ()
    tools: Catalog = field(default_factory=lambda: build(()), compare=False)
    path: Path | None = None
    include_tests: bool = False

    @property
    def root(self) -> Path:
        """The folder that patterns and ``src`` are relative to: the file's, or the working one."""
        return Path.cwd() if self.path is None else self.path.absolute().parent


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the table: how it is checked, its default as written, what it means."""

    name: str
    check: Callable[[Any, str], Any]
    default: str
    meaning: str
    field: str = ""


def _integer(minimum: int) -> Callable[[Any, str], int]:
    def check(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise ConfigError(f"{where} must be a whole number, {minimum} or more")
        return value

    return check


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ConfigError(f"{where} must be a number, 0 or more")
    return float(value)


def _boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} must be true or false")
    return value


def _choice(*words: str) -> Callable[[Any, str], str]:
    def check(value: Any, where: str) -> str:
        if value not in words:
            near = get_close_matches(str(value), words, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"{where} must be one of {', '.join(map(repr, words))}{hint}")
        return cast(str, value)

    return check


def _strings(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in cast("list[Any]", value)):
        raise ConfigError(f"{where} must be a list of strings")
    return tuple(cast("list[str]", value))


def _codes(value: Any, where: str) -> tuple[str, ...]:
    words = _strings(value, where)
    for word in words:
        check_code(word, where)
    return words


def _patterns(value: Any, where: str) -> tuple[str, ...]:
    words = _strings(value, where)
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


def _per_file_ignores(value: Any, where: str) -> tuple[tuple[str, frozenset[str]], ...]:
    if not isinstance(value, dict):
        raise ConfigError(f'{where} must be a table, such as {{"scripts/*" = ["PX101"]}}')
    found: list[tuple[str, frozenset[str]]] = []
    for pattern, codes in cast("dict[str, Any]", value).items():
        _check_pattern(pattern.removeprefix("!"), where)
        found.append((pattern, expand(_codes(codes, f"{where}: {pattern!r}"))))
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


def _version(value: Any, where: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"py3\d{1,2}", value):
        raise ConfigError(f"{where} must be a version such as 'py311'")
    return value


def _helper(value: Any, where: str) -> str:
    if value == "inline":
        return "inline"
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", value):
        raise ConfigError(f"{where} must be 'inline' or a dotted name such as 'myapp.aio.in_order'")
    return value


def _same_world(value: Any, where: str) -> tuple[tuple[tuple[str, Text], ...], ...]:
    if not isinstance(value, list):
        raise ConfigError(
            f'{where} must be a list of lists, such as [["http:api.example.com", "db"]]'
        )
    groups: list[tuple[tuple[str, Text], ...]] = []
    for group in cast("list[Any]", value):
        if not isinstance(group, list):
            raise ConfigError(f'{where} must be a list of lists, such as [["http", "db"]]')
        members: list[tuple[str, Text]] = []
        for word in _strings(group, where):
            template = parse_template(word, where)
            parts = tuple(p for p in template.parts if isinstance(p, (Literal, Wild)))
            members.append((template.domain, Text(parts) if parts else Text((Wild(),))))
        groups.append(tuple(members))
    return tuple(groups)


def _benign(value: Any, where: str) -> frozenset[str]:
    words = _strings(value, where)
    for word in words:
        if not re.fullmatch(r"memory:[\w.]+", word):
            raise ConfigError(f"{where}: {word!r} is not `memory:module.name`")
    return frozenset(words)


def _tools(value: Any, where: str) -> Catalog:
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


def _limits(value: Any, where: str) -> tuple[Limit, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} must be an array of tables: [[limits]]")
    found: list[Limit] = []
    for i, table in enumerate(cast("list[Any]", value), 1):
        keys = cast("dict[str, Any]", table) if isinstance(table, dict) else {}
        if set(keys) != {"match", "max-concurrency"}:
            raise ConfigError(f"{where} #{i} needs `match` and `max-concurrency`, nothing else")
        limit = _integer(1)(keys["max-concurrency"], f"{where} #{i}: max-concurrency")
        found.append(Limit(str(keys["match"]), limit))
    return tuple(found)


KEYS: tuple[Key, ...] = (
    Key("target-version", _version, "from `requires-python`, else py311",
        "the oldest Python the emitted code must run on"),
    Key("line-length", _integer(20), "88", "emitted lines are wrapped at this column"),
    Key("src", _strings, '[".", "src"]',
        "folders, relative to the configuration file, that hold top-level modules"),
    Key("include", _patterns, '["*.py"]',
        "files of a folder that are looked at (patterns as in `.gitignore`, from the "
        "configuration file's folder); a file that is named itself always is"),
    Key("extend-exclude", _patterns, "[]",
        "files and folders to leave out, besides hidden folders, virtual environments, "
        "`__pycache__`, `node_modules` and `site-packages`; with `--force-exclude` also those that "
        "are named themselves"),
    Key("respect-gitignore", _boolean, "true",
        "leave out what `.gitignore` and `.git/info/exclude` ignore in folders"),
    Key("per-file-ignores", _per_file_ignores, "{}",
        "codes to leave out in files that match a pattern (`!` in front: in all others)"),
    Key("select", _codes, "all codes", "rule codes (or prefixes) to check"),
    Key("ignore", _codes, "[]", "rule codes (or prefixes) to leave out"),
    Key("max-concurrency", _integer(2), "8", "the bound of every emitted fan-out"),
    Key("min-gain-ms", _number, "1", "a batch whose projected gain is smaller is not offered"),
    Key("style", _choice("gather", "taskgroup"), '"gather"',
        "`taskgroup` emits `asyncio.TaskGroup`: failures arrive as `ExceptionGroup`"),
    Key("failures", _choice("ordered", "first"), '"ordered"',
        "`first`: a batch of reads may raise the first failure in time, not in order"),
    Key("helper", _helper, '"inline"',
        "dotted name of a helper (`pexec-fix --print-helper`) that replaces the written-out form"),
    Key("timestamps", _choice("ordered", "free"), '"ordered"',
        "`free`: a clock read that is only stored or formatted holds nothing apart"),
    Key("plain-values", _boolean, "true",
        "values of unknown type have operators that only read; `false`: they may do anything"),
    Key("same-world", _same_world, "[]", "groups of resources that are one thing"),
    Key("benign", _benign, "[]",
        "memory whose writes in calls do not matter: `memory:module.name`, "
        "`memory:module.Class.attribute`"),
    Key("backend", _choice("asyncio"), '"asyncio"',
        "set it in a project that imports anyio and runs on asyncio"),
    Key("tools", _tools, "[]", "declarations: what calls read and write", "tools"),
    Key("limits", _limits, "[]", "how many of the matching calls run at once, whoever asks"),
)  # fmt: skip
_BY_NAME = {key.name: key for key in KEYS}


def check(table: Mapping[str, Any], where: str, path: Path | None = None) -> Config:
    """A table of settings → :class:`Config`. Raises ConfigError with the nearest valid word."""
    values: dict[str, Any] = {"path": path}
    for name, value in table.items():
        key = _BY_NAME.get(name)
        if key is None and name == "tool":
            raise ConfigError(
                f"{where}: `[tool.pexec]` is for pyproject.toml; here write the keys at top level "
                "(`[[tools]]`, not `[[tool.pexec.tools]]`)"
            )
        if key is None:
            near = get_close_matches(name, _BY_NAME, 1)
            hint = f"; did you mean `{near[0]}`?" if near else f" (keys: {', '.join(_BY_NAME)})"
            raise ConfigError(f"{where}: unknown key `{name}`{hint}")
        try:
            values[name.replace("-", "_")] = key.check(value, f"{where}: `{name}`")
        except VocabularyError as error:
            raise ConfigError(str(error)) from None
    selected = expand(values.pop("select", ("ALL",)))
    ignored = expand(values.pop("ignore", ()))
    if "backend" in table:
        values["backend"] = "asyncio!"  # said, not assumed
    return Config(**values, select=selected - ignored)


def read(path: Path) -> Config:
    """Read one configuration file. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    if path.name != "pyproject.toml":
        return check(data, str(path), path)
    section: Any = data.get("tool", {}).get("pexec", {})
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: `tool.pexec` must be a table: [tool.pexec]")
    table = cast("dict[str, Any]", section)
    if "target-version" not in table:
        requires = str(data.get("project", {}).get("requires-python", ""))
        found = re.search(r">=\s*3\.(\d+)", requires)
        if found:
            table = {**table, "target-version": f"py3{found.group(1)}"}
    return check(table, f"{path}: [tool.pexec]", path)


def own_file(folder: Path) -> Path | None:
    """A folder's own ``pexec.toml``, or its ``pyproject.toml`` if that has ``[tool.pexec]``."""
    own = folder / "pexec.toml"
    if own.is_file():
        return own
    project = folder / "pyproject.toml"
    return project if project.is_file() and _has_section(project) else None


def _has_section(path: Path) -> bool:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "[tool.pexec" in path.read_bytes().decode("utf-8", "replace")
    return "pexec" in data.get("tool", {})


def key_table() -> str:
    """The Markdown table of all keys for ``docs/configuration.md``."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    rows += [f"| `{key.name}` | {_shown(key.default)} | {key.meaning} |" for key in KEYS]
    return "\n".join(rows)


def _shown(default: str) -> str:
    return default if " " in default and not default.startswith("[") else f"`{default}`"
