"""Vocabularies: data files, configuration and manifests, loaded, checked and matched by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any, cast

from ..errors import VocabularyError
from . import durations
from .selector import Part, Wild, declared

CALL_KEYS = frozenset({
    "match", "params", "async", "reads", "writes", "pure", "barrier", "affine", "returns", "type",
    "raises", "calls", "iterates", "transparent", "defaults", "when", "unknown_if", "assumes",
    "latency-ms", "source", "concurrency", "cancel", "speculative", "dispatch", "arguments",
    "dunders", "identity", "typed", "awaitable", "plain_args", "slots", "lazy", "select", "permit",
    "threads", "releases",  # for tests/vocabularies
})  # fmt: skip
TYPE_KEYS = frozenset({
    "name", "aliases", "concurrency", "cancel", "manager", "enter", "immutable", "plain", "source",
    "leaf", "hooks", "releases",
})  # fmt: skip
_TEMPLATE_NAME = re.compile(r"\{([^{}|]+)(?:\|(\w+))?\}")
_DOMAIN = re.compile(r"^(\*|[A-Za-z][\w-]*)(?::(.*))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reference:
    """``{name|transform}`` in a selector: an argument by name, dotted key, position or ``self``."""

    name: str
    transform: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A declared resource: a domain and the pieces of its selector; no pieces mean *any*."""

    domain: str
    parts: tuple[Part | Reference, ...]

    @property
    def of_receiver(self) -> bool:
        """Is it the memory of the object that a method is called on?"""
        return self.domain == "memory" and self.parts == (Reference("self"),)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one source says of the calls it matches (the schema stands in CONTRIBUTING.md)."""

    match: str
    origin: str
    params: tuple[str, ...] = ()
    reads: tuple[Template, ...] = ()
    writes: tuple[Template, ...] = ()
    barrier: str = ""
    affine: bool = False
    is_async: bool = False
    returns: str = "alias"
    type: str = ""
    raises: bool = True
    calls: tuple[str, ...] = ()
    iterates: tuple[str, ...] = ()
    transparent: bool = False
    defaults: Mapping[str, object] = field(default_factory=dict[str, object], hash=False)
    when: Mapping[str, tuple[object, ...]] = field(
        default_factory=dict[str, tuple[object, ...]], hash=False
    )
    unknown_if: tuple[str, ...] = ()
    assumes: str = ""
    latency_ms: float | None = None
    latency_p95: float | None = None  # if a spread is given
    concurrency: str = ""
    cancel: str = ""
    speculative: bool = False
    dispatch: str = ""
    arguments: str = ""
    pure: bool = False
    dunders: tuple[str, ...] = ()  # methods it calls on its arguments (only with plain values)
    typed: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]], hash=False
    )
    plain_args: tuple[str, ...] = ()  # `type` holds only if these are absent or plain
    awaitable: bool = False  # what it returns is awaited, but is no coroutine
    identity: bool = False  # it asks which objects its arguments are, and looks at no content
    slots: bool = False  # of containers it looks at which objects they hold, not into these
    select: str = ""  # applies only where this argument is an SQL text that only selects
    server: str = ""  # of a tool in a manifest: whose it is
    permit: str = ""  # it waits for one of the permits of this argument, or of its receiver: `self`
    lazy: bool = False  # the result is an iterator that does the work when it is advanced
    threads: bool = False  # any thread may make it, while others make others


@dataclass(frozen=True, slots=True)
class TypeInfo:
    name: str
    concurrency: str = ""
    cancel: str = ""
    manager: str = ""
    enter: str | tuple[str, ...] | None = None
    immutable: bool = False
    plain: bool = False
    hooks: tuple[str, ...] = ()  # attributes that, when they are set, make its calls others
    leaf: bool = False  # its objects change, and hold nothing that others can reach
    origin: str = ""

    @property
    def handle(self) -> bool:
        return bool(self.concurrency)

    @property
    def cancel_safe(self) -> bool:
        return self.cancel == "safe" or (not self.cancel and self.concurrency != "exclusive")


@dataclass(frozen=True, slots=True)
class Catalog:
    """Vocabularies, matched by qualified name; the first applicable entry of a name wins."""

    entries: Mapping[str, tuple[Entry, ...]]
    patterns: Mapping[
        str, tuple[tuple[int, Entry], ...]
    ]  # with their places, by the last word, "" if that is a pattern too
    types: Mapping[str, TypeInfo]
    aliases: Mapping[str, str]
    decorators: Mapping[str, str]
    prefixes: frozenset[str] = frozenset()  # every proper prefix of an entry's name
    exclusive: frozenset[str] = frozenset()  # types of which some method is declared exclusive

    def find(self, name: str) -> tuple[Entry, ...]:
        """All entries for a qualified name, strongest first."""
        exact = self.entries.get(name, ())
        last = name.rpartition(".")[2]
        likely = sorted((*self.patterns.get(last, ()), *self.patterns.get("", ())), key=_place)
        return exact + tuple(e for _, e in likely if fnmatchcase(name, e.match))

    def canonical(self, name: str) -> str:
        """The public name of a type that can be imported under several."""
        return self.aliases.get(name, name)


def _place(pattern: tuple[int, Entry]) -> int:
    return pattern[0]


def parse_template(text: str, where: str) -> Template:
    """``domain:selector`` → :class:`Template`. Raises :class:`VocabularyError`."""
    found = _DOMAIN.match(text)
    if found is None:
        raise VocabularyError(
            f"{where}: {text!r} is not `domain` or `domain:selector` (for example `crm:{{id}}`)"
        )
    domain, selector = found.groups()
    if selector is None:
        return Template(domain, ())
    parts: list[Part | Reference] = []
    position = 0
    if re.sub(_TEMPLATE_NAME, "", selector).strip("{}") != re.sub(
        _TEMPLATE_NAME, "", selector
    ) or selector.count("{") != selector.count("}"):
        raise VocabularyError(f"{where}: {text!r}: a brace is not closed, or is empty")
    for reference in _TEMPLATE_NAME.finditer(selector):
        parts.extend(declared(selector[position : reference.start()]).parts)
        transform = reference.group(2) or ""
        if transform not in ("", "host", "glob"):
            raise VocabularyError(
                f"{where}: {text!r}: `|{transform}` is not one of `|host` and `|glob`"
            )
        parts.append(Reference(reference.group(1).strip(), transform))
        position = reference.end()
    parts.extend(declared(selector[position:]).parts)
    if not parts:
        parts.append(Wild())
    return Template(domain, tuple(parts))


def parse_entry(table: Mapping[str, Any], origin: str, where: str) -> list[Entry]:
    """One ``[[calls]]``/``[[tools]]`` table → an entry per name. Raises VocabularyError."""
    unknown = sorted(set(table) - CALL_KEYS)
    if unknown:
        from difflib import get_close_matches

        near = get_close_matches(unknown[0], CALL_KEYS, 1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise VocabularyError(f"{where}: unknown key `{unknown[0]}`{hint}")
    match = table.get("match")
    names = [match] if isinstance(match, str) else match
    if not isinstance(names, list) or not names:
        raise VocabularyError(f"{where}: `match` must be a qualified name or a list of them")
    names = cast("list[Any]", names)
    if not all(isinstance(name, str) and name for name in names):
        raise VocabularyError(f"{where}: `match` must be a qualified name or a list of them")
    where = f"{where} ({names[0]})"
    claims = ("reads", "writes", "pure", "barrier", "transparent", "dispatch")
    if not any(key in table for key in (*claims, "affine")):
        raise VocabularyError(
            f"{where}: say what the call does: `reads`, `writes`, `pure = true` or `barrier`"
        )
    _check_words(table, where)
    latency_ms, latency_p95 = durations.declared(table.get("latency-ms"), where)
    return [
        Entry(
            match=str(name),
            origin=origin,
            params=_words(table, "params", where),
            reads=tuple(parse_template(t, where) for t in _words(table, "reads", where)),
            writes=tuple(parse_template(t, where) for t in _words(table, "writes", where)),
            barrier=_barrier(table.get("barrier")),
            affine=bool(table.get("affine", False)),
            is_async=bool(table.get("async", False)),
            returns=str(table.get("returns", "alias")),
            type=str(table.get("type", "")),
            raises=bool(table.get("raises", True)),
            calls=_words(table, "calls", where),
            iterates=_words(table, "iterates", where),
            transparent=bool(table.get("transparent", False)),
            defaults=dict(table.get("defaults", {})),
            when={key: tuple(values) for key, values in table.get("when", {}).items()},
            unknown_if=_words(table, "unknown_if", where),
            assumes=str(table.get("assumes", "")),
            latency_ms=latency_ms,
            latency_p95=latency_p95,
            concurrency=str(table.get("concurrency", "")),
            cancel=str(table.get("cancel", "")),
            speculative=bool(table.get("speculative", False)),
            dispatch=str(table.get("dispatch", "")),
            arguments=str(table.get("arguments", "")),
            pure=bool(table.get("pure", False)),
            dunders=_words(table, "dunders", where),
            typed={key: tuple(values) for key, values in table.get("typed", {}).items()},
            plain_args=_words(table, "plain_args", where),
            awaitable=bool(table.get("awaitable", False)),
            identity=bool(table.get("identity", False)),
            lazy=bool(table.get("lazy", False)),
            slots=bool(table.get("slots", False)),
            select=str(table.get("select", "")),
            permit=str(table.get("permit", "")),
            threads=table.get("threads") == "safe",
        )
        for name in names
    ]


def _barrier(value: object) -> str:
    return "declared a barrier" if value is True else str(value or "")


def _check_words(table: Mapping[str, Any], where: str) -> None:
    allowed = {
        "concurrency": ("safe", "exclusive"),
        "cancel": ("safe", "unsafe"),
        "returns": ("fresh", "immutable", "alias"),
        "threads": ("safe", "unsafe"),
    }
    for key, words in allowed.items():
        if key in table and table[key] not in words:
            raise VocabularyError(f"{where}: `{key}` must be one of {', '.join(words)}")
    for key in ("pure", "raises", "speculative", "affine", "async", "transparent"):
        if key in table and not isinstance(table[key], bool):
            raise VocabularyError(f"{where}: `{key}` must be true or false")
    if table.get("pure") and (table.get("writes") or table.get("reads")):
        raise VocabularyError(f"{where}: `pure` excludes `reads` and `writes`")


def _words(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, ())
    if isinstance(value, str):
        raise VocabularyError(f"{where}: `{key}` must be a list of strings")
    words = tuple(cast("Iterable[Any]", value))
    if not all(isinstance(word, str) for word in words):
        raise VocabularyError(f"{where}: `{key}` must be a list of strings")
    return words


def build(
    entries: Iterable[Entry],
    types: Iterable[tuple[TypeInfo, tuple[str, ...]]] = (),
    decorators: Mapping[str, str] | None = None,
) -> Catalog:
    """A catalog from parsed parts; entries keep their order."""
    exact: dict[str, tuple[Entry, ...]] = {}
    patterns: dict[str, tuple[tuple[int, Entry], ...]] = {}
    table: dict[str, TypeInfo] = {}
    aliases: dict[str, str] = {}
    for info, others in types:
        table[info.name] = info
        aliases.update(dict.fromkeys(others, info.name))
    for place, entry in enumerate(entries):
        if any(c in entry.match for c in "*?[") and not entry.match.startswith("["):
            last = entry.match.rpartition(".")[2]
            word = "" if any(c in last for c in "*?[]") else last
            patterns[word] = (*patterns.get(word, ()), (place, entry))
        else:
            exact[entry.match] = (*exact.get(entry.match, ()), entry)
    prefixes: set[str] = set()
    for name in (*exact, *(decorators or ())):
        words = name.split(".")
        prefixes.update(".".join(words[:i]) for i in range(1, len(words)))
    exclusive = frozenset(
        name.rpartition(".")[0]
        for name, found in exact.items()
        if "." in name and any(e.concurrency == "exclusive" for e in found)
    )
    return Catalog(
        exact,
        patterns,
        table,
        aliases,
        dict(decorators or {}),
        frozenset(prefixes),
        exclusive,
    )


def merged(first: Catalog, second: Catalog) -> Catalog:
    """Two catalogs in one; of the first is what both know."""
    exact = {name: first.entries.get(name, ()) + second.entries.get(name, ())
             for name in (*first.entries, *second.entries)}  # fmt: skip
    behind = 1 + max((place for found in first.patterns.values() for place, _ in found), default=-1)
    patterns = dict(first.patterns)
    for word, found in second.patterns.items():
        moved = tuple((behind + place, entry) for place, entry in found)
        patterns[word] = (*patterns.get(word, ()), *moved)
    return Catalog(
        exact,
        patterns,
        {**second.types, **first.types},
        {**second.aliases, **first.aliases},
        {**second.decorators, **first.decorators},
        first.prefixes | second.prefixes,
        first.exclusive | second.exclusive,
    )


def parse_vocabulary(text: str, name: str) -> tuple[
    list[Entry], list[tuple[TypeInfo, tuple[str, ...]]], dict[str, str]
]:  # fmt: skip
    """One data file → entries, types with their aliases, decorators. Raises VocabularyError."""
    data = tomllib.loads(text)
    entries: list[Entry] = []
    for i, table in enumerate(data.get("calls", []), 1):
        entries.extend(parse_entry(table, f"catalog {name}", f"{name}: calls #{i}"))
    types: list[tuple[TypeInfo, tuple[str, ...]]] = []
    for i, table in enumerate(data.get("types", []), 1):
        wrong = sorted(set(table) - TYPE_KEYS)
        if wrong:
            raise VocabularyError(f"{name}: types #{i}: unknown key `{wrong[0]}`")
        enter = table.get("enter")
        info = TypeInfo(
            name=table["name"],
            concurrency=table.get("concurrency", ""),
            cancel=table.get("cancel", ""),
            manager=table.get("manager", ""),
            enter=tuple(enter) if isinstance(enter, list) else enter,  # pyright: ignore[reportUnknownArgumentType]
            immutable=table.get("immutable", False),
            plain=table.get("plain", False),
            leaf=table.get("leaf", False),
            hooks=_words(table, "hooks", f"{name}: types #{i}"),
            origin=f"catalog {name}",
        )
        types.append((info, tuple(table.get("aliases", ()))))
    decorators: dict[str, str] = {}
    for table in data.get("decorators", []):
        decorators.update(dict.fromkeys(table["match"], table["effect"]))
    return entries, types, decorators


@cache
def builtin_catalog() -> Catalog:
    """All vocabularies that ship with pexec."""
    entries: list[Entry] = []
    types: list[tuple[TypeInfo, tuple[str, ...]]] = []
    decorators: dict[str, str] = {}
    folder = resources.files(__package__ or "pexec.analyzer.effects") / "catalog"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml") and file.name != "latency-defaults.toml":
            more = parse_vocabulary(file.read_text(encoding="utf-8"), file.name)
            entries.extend(more[0])
            types.extend(more[1])
            decorators.update(more[2])
    return build(entries, types, decorators)
