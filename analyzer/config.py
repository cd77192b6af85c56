"""``[tool.pexec]``: discover, parse, check. One table gives keys, defaults and documentation."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from . import checks
from .checks import Limit, expand
from .codes import DEFAULT
from .composed import (
    Servers,
    catalog_of,
    library,
    manifests_of,
    servers_of,
    sessions_of,
    vocabularies_of,
)
from .effects.catalog import Catalog, build, merged
from .effects.selector import Text
from .errors import ConfigError, VocabularyError


@dataclass(frozen=True, slots=True)
class Config:
    """Checked settings. ``path`` is the file they came from, or None."""

    target_version: str = ""
    line_length: int = 88
    src: tuple[str, ...] = (".", "src")
    include: tuple[str, ...] = ("*.py", "*.ipynb")
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    select: frozenset[str] = DEFAULT
    max_concurrency: int = 8
    min_gain_ms: float = 1.0
    assume_iterations: int = 10
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
    inherited: tuple[Catalog, ...] = field(default=(), compare=False)  # the tools of `extend`
    manifests: Catalog | None = field(default=None, compare=False)
    servers: Servers = field(default_factory=Servers)
    vocabularies: Catalog | None = field(default=None, compare=False)
    path: Path | None = None
    include_tests: bool = False

    @property
    def root(self) -> Path:
        """The folder that patterns and ``src`` are relative to: the file's, or the working one."""
        return Path.cwd() if self.path is None else self.path.absolute().parent

    @property
    def sources(self) -> tuple[Catalog, ...]:
        """What says what calls do, strongest first (contract §8)."""
        listed = (self.manifests,) if self.manifests is not None else ()
        return (self.tools, *self.inherited, *listed, library(self.vocabularies))


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the table: how it is checked, its default as written, what it means."""

    name: str
    check: Callable[[Any, str], Any]
    default: str
    meaning: str
    field: str = ""


KEYS: tuple[Key, ...] = (
    Key("target-version", checks.version, "from `requires-python`, else py311",
        "the oldest Python the emitted code must run on"),
    Key("line-length", checks.whole_number(20), "88", "emitted lines are wrapped at this column"),
    Key("src", checks.strings, '[".", "src"]',
        "folders, relative to the configuration file, that hold top-level modules"),
    Key("include", checks.patterns, '["*.py", "*.ipynb"]',
        "files of a folder that are looked at (patterns as in `.gitignore`, from the "
        "configuration file's folder); a file that is named itself always is"),
    Key("extend-exclude", checks.patterns, "[]",
        "files and folders to leave out, besides hidden folders, virtual environments, "
        "`__pycache__`, `node_modules` and `site-packages`; with `--force-exclude` also those that "
        "are named themselves"),
    Key("respect-gitignore", checks.boolean, "true",
        "leave out what `.gitignore` and `.git/info/exclude` ignore in folders"),
    Key("per-file-ignores", checks.per_file_ignores, "{}",
        "codes to leave out in files that match a pattern (`!` in front: in all others)"),
    Key("select", checks.codes, "all but PX301",
        "rule codes (or prefixes) to check; ALL: all codes"),
    Key("ignore", checks.codes, "[]", "rule codes (or prefixes) to leave out"),
    Key("max-concurrency", checks.whole_number(2), "8", "the bound of every emitted fan-out"),
    Key("min-gain-ms", checks.number, "1",
        "a batch whose projected gain is smaller is not offered"),
    Key("assume-iterations", checks.whole_number(1), "10",
        "turns that a loop is reckoned with where neither its text nor a trace says how many"),
    Key("style", checks.choice("gather", "taskgroup"), '"gather"',
        "`taskgroup` emits `asyncio.TaskGroup`: failures arrive as `ExceptionGroup`"),
    Key("failures", checks.choice("ordered", "first"), '"ordered"',
        "`first`: a batch of reads may raise the first failure in time, not in order"),
    Key("helper", checks.helper, '"inline"',
        "dotted name of a helper (`pexec-fix --print-helper`) that replaces the written-out form"),
    Key("timestamps", checks.choice("ordered", "free"), '"ordered"',
        "`free`: a clock read that is only stored or formatted holds nothing apart"),
    Key("plain-values", checks.boolean, "true",
        "values of unknown type have operators that only read; `false`: they may do anything"),
    Key("same-world", checks.same_world, "[]", "groups of resources that are one thing"),
    Key("benign", checks.benign, "[]",
        "memory whose writes in calls do not matter: `memory:module.name`, "
        "`memory:module.Class.attribute`"),
    Key("backend", checks.choice("asyncio"), '"asyncio"',
        "set it in a project that imports anyio and runs on asyncio"),
    Key("tools", checks.tools, "[]", "declarations: what calls read and write", "tools"),
    Key("manifests", checks.as_it_is, "[]",
        "files in which servers say what their tools and operations do: results of MCP "
        "`tools/list` (`pexec-lint --write-manifest`), OpenAPI 3 documents"),
    Key("sessions", sessions_of, "{}",
        "which server of the manifests a handle speaks to, by the qualified name of its variable"),
    Key("vocabularies", checks.as_it_is, "[]",
        "further data files that say what libraries do: `package:file.toml` of an installed "
        "package, or paths"),
    Key("extend", checks.path_of, "none",
        "a configuration file that this one adds to: a key that is given here wins; lists of "
        "declarations are put before those of the other file"),
    Key("limits", checks.limits, "[]",
        "how many calls of a tool, host or server run at once, whoever asks"),
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
    folder = Path.cwd() if path is None else path.absolute().parent
    values.pop("extend", None)  # `read` knows where that file is
    manifests = manifests_of(values.pop("manifests", []), f"{where}: `manifests`", folder)
    if manifests:
        values["manifests"] = catalog_of(manifests)
    values["servers"] = servers_of(manifests, values.pop("sessions", {}))
    words = values.pop("vocabularies", [])
    values["vocabularies"] = vocabularies_of(words, f"{where}: `vocabularies`", folder)
    chosen = values.pop("select", None)
    selected = DEFAULT if chosen is None else expand(chosen)
    ignored = expand(values.pop("ignore", ()))
    if "backend" in table:
        values["backend"] = "asyncio!"  # said, not assumed
    return Config(**values, select=selected - ignored)


#: Keys of which the entries of both files count, and the names of their fields.
_ADDED = ("same_world", "limits")


def _added(config: Config, other: Config, table: Mapping[str, Any]) -> Config:
    """A configuration before the one that it extends."""
    given = {name.replace("-", "_") for name in table} - {"ignore", "extend"}
    given |= {"select"} if "ignore" in table else set()
    simple = {key.name.replace("-", "_") for key in KEYS} - {
        *_ADDED, "benign", "tools", "manifests", "sessions", "vocabularies", "ignore", "extend",
    }  # fmt: skip
    values: dict[str, Any] = {
        name: getattr(config if name in given else other, name) for name in simple
    }
    values |= {name: getattr(config, name) + getattr(other, name) for name in _ADDED}
    values["benign"] = config.benign | other.benign
    values["tools"] = config.tools
    values["inherited"] = (other.tools, *other.inherited)
    for name in ("manifests", "vocabularies"):
        mine, theirs = getattr(config, name), getattr(other, name)
        values[name] = merged(mine, theirs) if mine and theirs else mine or theirs
    values["servers"] = Servers(
        config.servers.sessions + other.servers.sessions,
        config.servers.started + other.servers.started,
        config.servers.listed | other.servers.listed,
    )
    return Config(**values, path=config.path, include_tests=config.include_tests)


def read(path: Path, above: tuple[Path, ...] = ()) -> Config:
    """Read one configuration file, and the one that it extends. Raises ConfigError.

    ``above``: the files that are being read because they extend this one.
    """
    table, where = _table(path)
    config = check(table, where, path)
    if "extend" not in table:
        return config
    above = (*above, path.resolve())
    other = (path.parent / table["extend"]).resolve()
    if other in above:
        raise ConfigError(f"{where}: `extend`: {table['extend']} extends this file in turn")
    if not other.is_file():
        raise ConfigError(f"{where}: `extend`: there is no file {table['extend']}")
    return _added(config, read(other, above), table)


def _table(path: Path) -> tuple[dict[str, Any], str]:
    """The settings of a file as they are written, and how the place is called in messages."""
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    if path.name != "pyproject.toml":
        return data, str(path)
    section: Any = data.get("tool", {}).get("pexec", {})
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: `tool.pexec` must be a table: [tool.pexec]")
    table = cast("dict[str, Any]", section)
    if "target-version" not in table:
        requires = str(data.get("project", {}).get("requires-python", ""))
        found = re.search(r">=\s*3\.(\d+)", requires)
        if found:
            table = {**table, "target-version": f"py3{found.group(1)}"}
    return table, f"{path}: [tool.pexec]"


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
