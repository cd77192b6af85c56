"""Which function of the project a call runs, and which argument becomes which parameter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..class_values import shown_by_objects
from ..construction import changed_member, construction, shares_state
from ..fields import lacking
from ..ir import UNTYPED, Argument, Call, Function, Invoke, Place, Signature, Value
from ..typetext import CLASS, SUPER
from .dispatch import Dispatch
from .hints import alone
from .own_managers import managed
from .partials import applied
from .selector import Attr

if TYPE_CHECKING:
    from .inference import Inference

#: Any object there is: what nothing is known of.
UNKNOWN = Value(anything=True)


@dataclass(frozen=True)
class Target:
    """A function that a call runs. ``receiver`` is its first argument, if it is bound to one.

    ``function`` is None for a constructor that runs no code of the project; ``constructs``: the
    call's result is a new object, which is the receiver. ``shares``: it may hold objects that
    others of its class hold as well. ``given``: arguments before those of the call.
    """

    inference: Inference
    function: Function | None
    receiver: Value | None = None
    constructs: bool = False
    shares: bool = False
    given: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Parameter symbol → the value that it is given; ``defaults`` are those that are left out."""

    values: dict[str, Value]
    defaults: dict[str, Value]


Targets = tuple[Target, ...]


class Callees:
    """The project's own functions that the calls of one module run."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.resolver = inference.resolver
        self.module = inference.module
        self._known: dict[int, Targets | str | None] = {}
        self._applied: list[Value] = []  # partials of partials, while they are looked up

    @cached_property
    def by_scope(self) -> dict[str, Function]:
        return {f.scope: f for f in self.module.functions if f.name}

    def targets(self, call: Call) -> Targets:
        """The functions of which a call runs one; none if that is not known."""
        found = self._look(call)
        return found if isinstance(found, tuple) else ()

    def target(self, call: Call) -> Target | None:
        """The function that a call runs; None if that is not known, or one of several."""
        found = self.targets(call)
        return found[0] if len(found) == 1 else None

    def misfit(self, call: Call) -> bool:
        """Are its arguments others than the parameters want? It raises when it is evaluated."""
        stars = any(argument.star for argument in call.arguments)  # what they hold is not seen
        return not stars and not all(fits(call, target) for target in self.targets(call))

    def reason(self, call: Call) -> str:
        """Why the function is not known although the project has one of that name, or ""."""
        found = self._look(call)
        return found if isinstance(found, str) else ""

    def _look(self, call: Call) -> Targets | str | None:
        if call.id not in self._known:
            self._known[call.id] = None
            found = self._find(call)
            if isinstance(found, Target):
                found = (found,)
            for target in found if isinstance(found, tuple) else ():
                if target.function is not None:
                    enters = managed(self.inference, call, target)
                    reason = target.inference.callees.changed(target.function, enters=enters)
                    found = reason or found
            self._known[call.id] = found
        return self._known[call.id]

    def _find(self, call: Call) -> Target | Targets | str | None:
        place = call.function.place
        if place is not None and not place.steps:
            info = self.module.symbols.get(place.symbol)
            if info is None:
                return None
            if info.function and not info.unbound:
                function = self.by_scope.get(info.function)
                if function is None or function.class_scope:
                    return None
                return Target(self.inference, function)
            if info.cls:
                return self._class(self.inference, info.cls, call)
            if info.kind == "import":
                return self._defined(info.target, call)
            return self._partial(call)
        if place is not None:
            root = self.module.symbols.get(place.symbol)
            if root is not None and root.kind == "import" and not self._object(place):
                return self._defined(self.resolver.place_name(place), call)
        if call.receiver is None or not call.method:
            return None
        return self._method(call)

    def _partial(self, call: Call) -> Targets | str | None:
        """What a name that is bound to `functools.partial(f, …)` runs."""
        found = applied(self.inference, call)
        if found is None or call.function in self._applied:
            return None
        whole, given = found
        self._applied.append(call.function)
        targets = self._find(whole)
        self._applied.pop()
        if isinstance(targets, Target):
            targets = (targets,)
        if not isinstance(targets, tuple):
            return targets
        if any(target.constructs for target in targets):
            return None
        return tuple(replace(target, given=(*target.given, *given)) for target in targets)

    def _object(self, place: Place) -> bool:
        """Is what stands before the last step an object of known type, or a class?"""
        return bool(self.resolver.values.at(Place(place.symbol, place.steps[:-1])))

    def _defined(self, name: str, call: Call) -> Target | str | None:
        """What a qualified name means that this module imports."""
        project = self.inference.project
        if project is None:
            return None
        found = project.definition(name)
        inference = project.inference(found.module) if found is not None else None
        if found is None or inference is None:
            return None
        if found.kind == "class":
            return self._class(inference, found.qualname, call)
        if found.kind != "function":
            return None
        function = inference.callees.by_scope.get(found.qualname)
        if function is None:
            return None
        return Target(inference, function)

    def _method(self, call: Call) -> Targets | str | None:
        receiver = call.receiver
        assert receiver is not None
        known = self.resolver.values.of(receiver)
        if known.name == SUPER:
            return self._inherited(call, known.arg(0).name)
        of_class = known.name == CLASS
        kind = known.arg(0) if of_class else known
        if not kind.known:
            return None
        several: dict[tuple[int, str], tuple[Inference, Function]] = {}
        for one in kind.each:
            found = self.dispatch.methods(one.name, call.method, exact=one.exact)
            if found is None and kind.union and lacking(self.resolver, one, call.method):
                continue  # looked up on an object that does not have it, it raises
            if found is None or isinstance(found, str):
                return found
            several |= {(id(inference), f.scope): (inference, f) for inference, f in found}
        targets: list[Target] = []
        for inference, function in several.values():
            bound = None if is_static(function) else receiver
            if of_class:
                bound = UNKNOWN if is_class_method(function) else None
            targets.append(Target(inference, function, bound))
        return tuple(targets) or None

    def _inherited(self, call: Call, kind: str) -> Targets | str | None:
        """A method that is called on `super()`."""
        receiver = call.receiver
        made = receiver.place.symbol if receiver is not None and receiver.place else ""
        called = self.module.calls.get(made)
        method = self.resolver.own.super_calls.get(called.id) if called is not None else None
        found = self.dispatch.above(kind, call.method)
        if method is None or isinstance(found, str):
            return found if isinstance(found, str) else None
        first = Value(place=Place(f"{method.scope}:{method.signature.positional[0]}"))
        targets: list[Target] = []
        for one in found:
            if one is None:
                targets.append(Target(self.inference, None, first))
            elif is_static(one[1]):
                targets.append(Target(*one))
            else:
                bound = UNKNOWN if is_class_method(one[1]) else first
                targets.append(Target(*one, bound))
        return tuple(targets)

    @cached_property
    def dispatch(self) -> Dispatch:
        return Dispatch(self.inference)

    def _class(self, inference: Inference, qualname: str, call: Call) -> Target | str | None:
        """The constructor of a class."""
        kind = f"{inference.resolver.module_name}.{qualname}"
        resolver = inference.resolver
        made = construction(resolver, kind)
        if made is None:
            return f"what makes an object of `{kind}` is not known"
        if changed_member((self.resolver, resolver), kind):
            return f"`{kind}` answers with a member, and members are changed"
        result = Value(place=Place(call.symbol))
        found = made.init
        shares = shares_state(resolver, kind) or shown_by_objects(self.inference, inference, kind)
        if found is None:
            return Target(inference, None, result, constructs=True, shares=shares)
        owner = self.inference.of(found.module)
        function = owner.callees.by_scope.get(found.qualname) if owner else None
        if owner is None or function is None:
            return None
        return Target(owner, function, result, constructs=True, shares=shares)

    def changed(self, function: Function, *, enters: bool = False) -> str:
        """Why a function may do else than its body says, or ""; ``enters``: see `own_managers`."""
        for value in function.decorators if not enters else ():
            name = self._decorator(value)
            if self.resolver.types.decorators.get(name) != "harmless":
                return f"the decorator `{name}` may change what `{function.qualname}` does"
        by_itself = alone(self.inference, function)
        if by_itself:
            return by_itself
        if function.is_generator and not enters:
            return f"`{function.qualname}` is a generator, which runs when it is advanced"
        return self.inference.replaced(function)

    def of_class(self, place: Place) -> bool:
        """Is it an attribute of a class of this file: `Desk.n`, `cls.n`, `self.__class__.n`?

        Every object of the class, and of those below it, may show that attribute as its own.
        """
        if not place.steps or not isinstance(place.steps[-1], Attr):
            return False
        if len(place.steps) > 1:
            return place.steps[-2] == Attr("__class__")
        info = self.module.symbols.get(place.symbol)
        return info is not None and bool(info.cls or place.symbol in self.class_parameters)

    @cached_property
    def class_parameters(self) -> frozenset[str]:
        """The first parameters of class methods."""
        return frozenset(
            f"{f.scope}:{f.signature.positional[0]}"
            for f in self.module.functions
            if f.signature.positional and is_class_method(f)
        )

    def _decorator(self, value: Value) -> str:
        if value.place is None:
            return "?"
        call = self.module.calls.get(value.place.symbol)
        if call is not None:
            return self.resolver.call_name(call)
        return self.resolver.types.canonical(self.resolver.place_name(value.place))


def only_raises(function: Function) -> bool:
    """Is the body nothing but a `raise`, as of a method that others are to implement?"""
    kinds = [s.kind for s in function.block.statements]
    return kinds[-1:] == ["Raise"] and set(kinds[:-1]) <= {"Expr", "Pass"} and not any(
        isinstance(e, Invoke) for s in function.block.statements[:-1] for e in s.events
    )  # fmt: skip


def is_static(function: Function) -> bool:
    return any(
        v.place is not None and v.place.symbol == "builtins:staticmethod"
        for v in function.decorators
    )


def is_class_method(function: Function) -> bool:
    return any(
        v.place is not None and v.place.symbol == "builtins:classmethod"
        for v in function.decorators
    )


def fits(call: Call, target: Target) -> bool:
    """Is it known that the arguments fit the parameters, all of which are given?

    Otherwise the call raises TypeError before the function begins; one of a coroutine function
    does so when it is evaluated, before anything is awaited.
    """
    function = target.function
    if function is None:
        return True
    signature = function.signature
    arguments = (*target.given, *call.arguments)
    if any(argument.star for argument in arguments):
        return False
    bound = target.receiver is not None
    count = bound + sum(argument.keyword is None for argument in arguments)
    if count > len(signature.positional) and not signature.star:
        return False
    given = set(signature.positional[:count])
    named = {*signature.positional[signature.positional_only :], *signature.keyword_only}
    keywords = {a.keyword for a in arguments if a.keyword is not None}
    if keywords & named & given or (keywords - named and not signature.stars):
        return False
    given |= keywords & named | {name for name, _ in signature.defaults}
    return given.issuperset((*signature.positional, *signature.keyword_only))


def bind(call: Call, target: Target) -> Binding | None:
    """The parameters of a call's target and what they are given (reference, 6.3.4).

    None if the call does not fit, which raises TypeError before the function begins.
    """
    function = target.function
    if function is None:
        return Binding({}, {})
    signature = function.signature
    values: dict[str, Value] = {}
    names = list(signature.positional)
    if target.receiver is not None and names:
        first = names.pop(0)
        values[first] = UNKNOWN if is_class_method(function) else target.receiver
    extra: list[Value] = []
    spread = False
    arguments = (*target.given, *call.arguments)
    for argument in arguments:
        if argument.keyword is not None or argument.star == "**":
            continue
        if argument.star:
            spread = True
            element = Value(held=(argument.value,), element=True)
            for name in names:
                values[name] = _joined(values.get(name), element)
            extra.append(element)
        elif spread:  # behind `*args` it may be any of the rest
            for name in names:
                values[name] = _joined(values.get(name), argument.value)
            extra.append(argument.value)
        elif names:
            values[names.pop(0)] = argument.value
        else:
            extra.append(argument.value)
    _keywords(arguments, signature, values)
    if extra and not signature.star and not spread:
        return None
    if signature.star:
        values[signature.star] = Value(held=tuple(extra), fresh=True, type="builtins.tuple")
    missing = [n for n in (*signature.positional, *signature.keyword_only) if n not in values]
    defaults = dict(signature.defaults)
    scope = function.scope
    return Binding(
        {f"{scope}:{name}": value for name, value in values.items()},
        {f"{scope}:{n}": defaults[n] for n in missing if n in defaults},
    )


def _keywords(
    arguments: tuple[Argument, ...], signature: Signature, values: dict[str, Value]
) -> None:
    named = (*signature.positional[signature.positional_only :], *signature.keyword_only)
    rest: list[Value] = []
    for argument in arguments:
        if argument.star == "**":
            element = Value(held=(argument.value,), element=True, type=UNTYPED)
            for name in named:
                if name not in values:
                    values[name] = element
            rest.append(element)
        elif argument.keyword is not None:
            if argument.keyword in named:
                values[argument.keyword] = _joined(values.get(argument.keyword), argument.value)
            else:
                rest.append(argument.value)
    if signature.stars:
        values[signature.stars] = Value(held=tuple(rest), fresh=True, type="builtins.dict")


def _joined(one: Value | None, other: Value) -> Value:
    return other if one is None else Value(held=(one, other))
