"""What the methods of built-in containers touch: one key, or the slots, and not what lies in them.

Library reference, "Built-in Types": a method of a list, dictionary or set reads and changes which
objects the container holds. Only comparing and sorting look into those objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..container_methods import ANSWER_ITEM
from ..ir import Call, Place, Value
from ..items import VIEWS
from ..resolve import CONTAINERS
from ..typetext import MAPPINGS, PLAIN, TEXT, is_plain
from .selector import AnyKey, Key, Memory, Step, SymKey

if TYPE_CHECKING:
    from .inference import Inference

SET = "builtins.set"
_OTHERS = frozenset({"builtins.list", SET, "collections.deque", PLAIN})
#: Methods of one key, and those of all slots; whatever else looks into what a container holds.
_KEYED = ANSWER_ITEM | {"__contains__"}
#: Methods of a set that look at, or change, whether it holds one thing.
_MEMBER = frozenset({"add", "discard", "remove", "__contains__"})
_SLOTS = frozenset({
    "keys", "values", "items", "copy", "popitem", "append", "appendleft", "insert", "extend",
    "extendleft", "update", "add", "clear", "reverse", "popleft", "rotate", "__len__",
})  # fmt: skip


def slots_of(inference: Inference, call: Call) -> Memory | None:
    """The slots of its receiver that a method touches, if it looks at nothing else."""
    receiver, name = call.receiver, _container(inference, call)
    if receiver is None or receiver.place is None or not name:
        return None
    step: Step = AnyKey()
    if name == SET and call.method in _MEMBER and call.arguments:
        if textual(inference, call.arguments[0].value):
            step = inference.key(call.arguments[0].value)
    elif call.method in _KEYED:
        if not call.arguments or call.arguments[0].star:
            return None
        key = call.arguments[0].value
        if name in MAPPINGS or (name == PLAIN and textual(inference, key)):
            step = inference.key(key)
    elif call.method not in _SLOTS:
        return None
    return inference.memory(receiver.place.then(step), deep=False)


def _container(inference: Inference, call: Call) -> str:
    """The type of a method's receiver if that is a container, or plain data, at a path."""
    receiver = call.receiver
    if receiver is None or receiver.place is None or receiver.held:
        return ""
    kind = inference.resolver.values.at(receiver.place)
    name = PLAIN if is_plain(kind) and kind.name not in MAPPINGS | _OTHERS else kind.name
    return name if name in MAPPINGS or name in _OTHERS else ""


def all_slots(inference: Inference, call: Call) -> Memory | None:
    """The slots of its receiver: no method of a container changes the objects that it holds."""
    if call.receiver is None or call.receiver.place is None or not _container(inference, call):
        return None
    return inference.memory(call.receiver.place.then(AnyKey()), deep=False)


def takes_out(inference: Inference, call: Call) -> bool:
    """Does a method take one key out of a dictionary, and nothing else?

    Or does it change what a set holds? Its order is no part of a set, and for texts another one in
    every run (`PYTHONHASHSEED`), so it does not matter which was put in first.
    """
    kind = inference.resolver.values.of(call.receiver) if call.receiver is not None else None
    if kind is not None and kind.name == SET:
        return call.method in _MEMBER
    if call.method != "pop" or kind is None or not call.arguments:
        return False
    return kind.name in MAPPINGS or textual(inference, call.arguments[0].value)


def textual(inference: Inference, key: Value) -> bool:
    """Is a subscript a text, which no list is subscripted by?"""
    return inference.resolver.values.of(key).name == TEXT.name


def asks_for_text(inference: Inference, call: Call) -> bool:
    """Does a method ask a dictionary for a text, which is compared with its keys only?"""
    if call.method not in _KEYED or not call.arguments or call.arguments[0].star:
        return False
    if call.receiver is None or call.arguments[0].keyword is not None:
        return False
    name = inference.resolver.values.of(call.receiver).name
    return name in (*MAPPINGS, PLAIN) and textual(inference, call.arguments[0].value)


def member_slot(inference: Inference, place: Place, step: Step) -> Memory | None:
    """The slot that ``key in place`` looks at, if it looks at nothing else."""
    kind = inference.resolver.values.at(place)
    text = isinstance(step, Key) and isinstance(step.value, str)
    if isinstance(step, SymKey):
        text = textual(inference, Value(place=Place(step.name)))
    if kind.name in MAPPINGS or (kind.name in (PLAIN, SET) and text):
        return inference.memory(place.then(step), deep=False)
    return None


def gone_through(inference: Inference, value: Value) -> list[Memory]:
    """What going through ``value``, or asking for its length, looks at.

    Of a container that is which objects it holds, and not what these hold in turn.
    """
    if inference.resolver.holds_nothing(value) or (value.fresh and not value.operator):
        return []
    kind = inference.resolver.values.of(value).name
    if not (kind in CONTAINERS or kind in MAPPINGS or kind in VIEWS):
        return inference.contents(value)
    places = [value.place]
    if value.place is None and value.element:  # `for key, item in d.items()`: each of the pairs
        places = [v.place.then(AnyKey()) if v.place is not None else None for v in value.held]
    if None in places:
        return inference.contents(value)
    return [inference.memory(place.then(AnyKey()), deep=False) for place in places if place]


def shallow(inference: Inference, place: Place) -> bool:
    """Is it a container of immutable values, which holds nothing below its own slots?"""
    kind = inference.resolver.values.at(place)
    if kind.name not in MAPPINGS | _OTHERS | {"builtins.tuple", "builtins.frozenset"}:
        return False
    if not kind.args or kind.name == PLAIN:
        return False
    return all(inference.resolver.immutable_type(arg.name) for arg in kind.args)
