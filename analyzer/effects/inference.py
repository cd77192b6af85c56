"""Call → what it reads and writes, from the strongest source that knows it (contract §8)."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..aliases import Aliases, Link
from ..config import Config
from ..ir import Call, Function, Module, Place, Value
from ..latency import latency_of
from ..own_code import Members
from ..project import module_name
from ..quiet import One, Run
from ..resolve import CONTAINERS, Resolver
from ..typetext import GENERATOR
from .arguments import taken
from .awaitables import handed, leaves_others
from .callees import Callees, Target
from .catalog import Catalog, Entry
from .directives import line_entry
from .dispatch import displaced
from .doubts import doubt
from .entry_effects import effects_of, permits
from .facts import CallFacts, Lock, Locking
from .handles import Handles, memory_at
from .hints import hinted
from .model import MEMORY, Effect, Resource, new_keys, overlap
from .origins import Sources
from .own_calls import own_call
from .placed import UNSURE, Placed
from .placing import Placing
from .roots import Roots
from .selector import AnyKey, Key, Memory, Overlap, Step, SymKey
from .site import Site
from .summaries import Summaries
from .summary import Summary
from .trees import Trees

if TYPE_CHECKING:
    from ..footprint import Footprints
    from ..index import Index
    from ..index_facts import ClassFact
    from ..project import Project

_FILLING = frozenset({"defaultdict", "Counter", "__missing__"})


class Inference:
    """Effects of the calls of one module. ``sources`` are catalogs, strongest first."""

    def __init__(
        self,
        module: Module,
        sources: tuple[Catalog, ...],
        config: Config,
        project: Project | None = None,
        *,
        text: str = "",
        is_package: bool = False,
    ) -> None:
        self.module = module
        self.config = config
        self.project = project
        self.text = text  # of a file that may not be saved as it is
        self.is_package = is_package
        self.resolver = Resolver(
            module, sources, project, plain_values=config.plain_values, servers=config.servers
        )
        self.resolver.find_index = lambda: self.index
        self.resolver.find_textual = lambda: self.textual
        self.callees = Callees(self)
        self.summaries = Summaries(self)
        self.aliases = Aliases(self.resolver, self.links)
        self.handles = Handles(self.resolver, self.aliases)
        self._facts: dict[int, CallFacts] = {}
        self._sources: dict[str, Sources] = {}
        self.members: dict[tuple[str, bool], Members | None] = {}  # see `own_code`
        self.strangers: dict[tuple[str, ...], tuple[str, list[One] | None]] = {}
        self.looking: dict[tuple[str, bool], list[Run] | None] = {}  # see `quiet`
        self._placed: dict[str, Placed] = {}
        self._textual: bool | None = None

    @cached_property
    def class_values(self) -> frozenset[str]:
        from ..class_values import class_values

        return class_values(self)

    @cached_property
    def fills_keys(self) -> bool:
        """Does some file speak of dictionaries that make a key when it is looked up?"""
        files = self.everywhere
        return files is None or any(_FILLING & one.module.names for one in files)

    @property
    def textual(self) -> bool:
        """Is what `except` catches text, for all that the project raises (see `caught`)?"""
        if self._textual is None:
            self._textual = False  # while it is being looked for
            files = self.everywhere
            self._textual = files is not None and all(one.raises_text for one in files)
        return self._textual

    @cached_property
    def raises_text(self) -> bool:
        from ..caught import raises_text

        return raises_text(self)

    @cached_property
    def stored_in_classes(self) -> frozenset[str]:
        from ..class_values import stored_in_classes

        return stored_in_classes(self)

    @property
    def roots(self) -> Roots:
        return self.resolver.roots

    @cached_property
    def footprints(self) -> Footprints:
        from ..footprint import Footprints

        return Footprints(self)

    def of(self, module: str) -> Inference | None:
        """What is known within another module of the project."""
        if module == self.resolver.module_name:
            return self
        return self.project.inference(module) if self.project is not None else None

    def module_of(self, cls: ClassFact) -> str:
        """The name of the module in which a class of the index stands, "" if it has none."""
        own = self.resolver.module_name
        if not cls.path:
            return own
        project, path = self.project, Path(cls.path)
        if project is None:
            return ""
        return own if module_name(path, project.src, project.root)[0] == own else \
            project.name_at(path)  # fmt: skip

    # -- functions of the project --------------------------------------------------------------

    def summary(self, function: Function) -> Summary:
        return self.summaries.of(function)

    def sources(self, function: Function) -> Sources:
        """Where what the names of a function mean comes from."""
        found = self._sources.get(function.scope)
        if found is None:
            below = f"{function.scope}."
            every = self.module.functions
            functions = [f for f in every if f is function or f.scope.startswith(below)]
            found = self._sources[function.scope] = Sources(self, functions, function.scope)
        return found

    def placed(self, function: Function) -> Placed:
        """What a function, with what is nested in it, puts where."""
        found = self._placed.get(function.scope)
        if found is None:
            self._placed[function.scope] = UNSURE  # for calls of itself
            found = self._placed[function.scope] = Placing(self, function).placed()
        return found

    @cached_property
    def everywhere(self) -> tuple[Inference, ...] | None:
        """All modules of the project; None if they are too many (see `Project.modules`).

        None as well if one cannot be read, which hides what it does.
        """
        names = self.project.modules() if self.project is not None else ()
        if names is None:
            return None
        found = [self.project.inference(name) for name in names] if self.project else []
        others = [i for i in found if i and i.resolver.module_name != self.resolver.module_name]
        return (self, *others) if None not in found else None

    @cached_property
    def trees(self) -> Trees:
        """Which paths of the project's state lead to different objects."""
        return Trees(self.everywhere or (), whole=self.everywhere is not None)

    def apart(self, one: Effect, other: Effect) -> bool:
        """Are two effects on memory effects on different objects, for all that the project does?"""
        a, b = one.resource.selector, other.resource.selector
        if not (isinstance(a, Memory) and isinstance(b, Memory) and self.config.plain_values):
            return False
        if one.writes and other.writes:
            keys = new_keys(one, other)
            if keys is not None and not self.trees.two_objects(self, *keys):
                return False
            never = overlap(one.resource, other.resource) is Overlap.NEVER
            return never or self.trees.apart(self, a, b)
        write, read = (a, b) if one.writes else (b, a)
        return self.trees.apart(self, write, read, looks=True)

    def forget(self, function: Function) -> None:
        """Forget what was inferred of calls: the summary of a function they may rest on changes.

        Not only of those in it: what is asked for meanwhile may rest on a guess.
        """
        self.aliases.reset()
        self._facts.clear()
        self._sources.pop(function.scope, None)
        self.footprints.forget(function)

    def links(self, call: Call) -> list[Link] | None:
        """What a call of a function of the project joins; None if its body is not known."""
        targets = self.callees.targets(call)
        return [link for t in targets for link in self._links(call, t)] if targets else None

    def _links(self, call: Call, target: Target) -> list[Link]:
        links = [Link((), result=True, outer=True)] if target.shares else []
        if target.function is None:  # a new object that holds what it is handed
            held = () if target.constructs or target.receiver is None else (target.receiver,)
            return [*links, Link((*held, *(a.value for a in call.arguments)), result=True)]
        summary = target.inference.summary(target.function)
        return [*links, *Site(self, call, target, summary).links()]

    def key(self, value: Value) -> Step:
        """The step of subscripting with a value of this module."""
        if value.is_literal and isinstance(value.literal, (str, int, bytes)):
            return Key(value.literal)
        place = value.place
        if place is not None and not place.steps and self.aliases.stable(place.symbol):
            return SymKey(place.symbol)
        return AnyKey()

    @cached_property
    def index(self) -> Index:
        """What the rest of the project, and this file, may do to classes and functions."""
        from ..index import Index

        empty = Index([], Path(), tests=True, plain_values=self.config.plain_values)
        known = empty if self.project is None else self.project.index
        if not self.text:
            return known
        return known.with_text(self.text, self.resolver.module_name, package=self.is_package)

    def replaced(self, function: Function) -> str:
        """Why something else may stand where a function is looked up, or ""."""
        name, module = function.qualname, self.resolver.module_name
        if self.index.refusal:
            return self.index.refusal
        if function.class_scope:
            where = self.index.method_replaced(f"{module}.{function.class_scope}", function.name)
        else:
            where = self.index.function_replaced(module, name) if "." not in name else ""
        return f"something else may stand for `{name}` ({where})" if where else ""

    # -- memory --------------------------------------------------------------------------------

    def memory(self, place: Place, *, deep: bool = True) -> Memory:
        return memory_at(self.resolver, self.aliases, place, deep=deep)

    def contents(self, value: Value) -> list[Memory]:
        """The objects that reading ``value`` deeply looks at."""
        if self.resolver.holds_nothing(value):
            return []
        found = [self.memory(value.place)] if value.place is not None else []
        for held in value.held:
            found.extend(self.contents(held))
        return found

    # -- calls ---------------------------------------------------------------------------------

    def facts(self, call: Call) -> CallFacts:
        known = self._facts.get(call.id)
        if known is None:
            known = self._facts[call.id] = self._find(call)
        return known

    def _find(self, call: Call) -> CallFacts:
        name = self.resolver.shown_name(call)
        entry = line_entry(self.module, call, self.resolver.entry(call))
        if entry is None:
            if self.resolver.disputed(name):
                words = f"two declarations of `{name}` differ, so neither is believed"
                return CallFacts(name, everything=words)
            own = own_call(self, call, name)
            entry = hinted(self, call) if own.everything else None
            if entry is None:
                return own
        if entry.barrier:
            reason = f"`{name}`: {entry.barrier}"
            return CallFacts(name, everything=reason, known=True, affine=entry.affine,
                             origin=entry.origin, entry=entry)  # fmt: skip
        reason = doubt(self, entry, call)
        if reason:
            return CallFacts(name, everything=f"`{name}` {reason}", origin=entry.origin)
        if entry.origin.startswith("catalog") and (words := displaced(self, call)):
            return CallFacts(name, everything=words, origin=entry.origin)
        inner = self._inner(entry, call)
        if isinstance(inner, str):
            return CallFacts(name, everything=f"`{name}` {inner}", known=True, origin=entry.origin)
        effects = [*(e for f in inner for e in f.effects), *effects_of(self, entry, call)]
        used = self.handles.used_by(entry, call)
        handles, cancel_unsafe = used.handles, used.cancel_unsafe
        latency, nested = entry.latency_ms, ""
        locks = [Lock(Resource(MEMORY, memory), False)
                 for memory in permits(self, entry, call)]  # fmt: skip
        for facts in inner:
            locks += [replace(lock, deadline=True) for lock in facts.locking.locks]
            nested = nested or facts.locking.nested
            handles += facts.handles
            cancel_unsafe = cancel_unsafe or facts.cancel_unsafe
            waits = latency_of(facts)[0]
            latency = waits if latency is None else max(latency, waits)
        return CallFacts(
            name=name,
            effects=tuple(dict.fromkeys(effects)),
            known=True,
            pure=entry.pure,
            affine=entry.affine or any(facts.affine for facts in inner),
            raises=entry.raises or not taken(self, entry, call),
            speculative=entry.speculative,
            handles=handles,
            cancel_unsafe=cancel_unsafe,
            reached=used.reached,
            origin=entry.origin,
            assumes=entry.assumes,
            opens=self.handles.opened(entry) if call.awaited or entry.threads else "",
            latency_ms=latency,
            latency_p95=entry.latency_p95,
            entry=entry,
            locking=Locking(tuple(locks), nested),
        )

    def _inner(self, entry: Entry, call: Call) -> list[CallFacts] | str:
        """What a call that only runs awaitables runs; they must be made where it stands."""
        if not entry.transparent:
            return []
        found: list[CallFacts] = []
        for made in handed(self, entry, call):
            if made is None:
                return "runs awaitables that were made elsewhere"
            facts = self.run(made)
            if facts.everything:
                return f"runs `{facts.name}`, of which nothing is known"
            found.append(facts)
        if leaves_others(entry, call, found):
            return "leaves the others running when one of them fails"
        return found

    @cached_property
    def run_in_place(self) -> frozenset[int]:
        """Calls whose coroutine is run by the awaited call that it is handed to on the spot."""
        found: set[int] = set()
        for call in self.module.calls.values():
            entry = self.resolver.entry(call) if call.awaited else None
            if entry is not None and entry.transparent:
                found |= {made.id for made in handed(self, entry, call) if made is not None}
        return frozenset(found)

    def run(self, made: Call) -> CallFacts:
        """What running the coroutine that a call makes does."""
        facts = self.facts(made)
        own = facts.entry is None and self.callees.targets(made)
        if own and (made.id in self.run_in_place or (facts.everything and not facts.known)):
            return own_call(self, made, self.resolver.shown_name(made), run=True)
        return facts

    @cached_property
    def function_groups(self) -> frozenset[str]:
        return frozenset(
            self.aliases.group(symbol)
            for symbol, info in self.module.symbols.items()
            if any(_holds_function(v) for v in info.values)
        )

    def iterable(self, value: Value) -> bool:
        """May ``value`` be iterated without running anybody's code?"""
        if value.is_literal:
            return True
        if value.type == GENERATOR:
            return True  # written in place: its parts were lowered where it stands
        if value.place is not None and not value.place.steps:
            call = self.module.calls.get(value.place.symbol)
            entry = self.resolver.entry(call) if call is not None else None
            if entry is not None and entry.lazy:
                return True  # consumed where it is made: its effects are the entry's
        kind = self.resolver.type_of(value)
        info = self.resolver.type_info(kind)
        return kind in CONTAINERS or (info is not None and info.plain)

    @cached_property
    def seeded(self) -> bool:
        """Is a random generator seeded in sight? Then its draws are ordered (contract §2)."""
        return any(
            self.resolver.call_name(c).rpartition(".")[2] in ("seed", "setstate", "manual_seed")
            for c in self.module.calls.values()
        )


def _holds_function(value: Value) -> bool:
    return bool(value.function) or any(_holds_function(held) for held in value.held)
