"""What the fields of `"{user.name} {row[0]}".format(…)` look up in what they are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter
from typing import TYPE_CHECKING

from ..ir import Call, Value
from .selector import Literal
from .strings import text_of

if TYPE_CHECKING:
    from .inference import Inference

FORMATS = frozenset({"builtins.str.format", "plain.format"})
_STEP = re.compile(r"\.([^.\[\]]+)|(\[)")


def looked_up(inference: Inference, call: Call) -> frozenset[str] | None:
    """The attributes, and "[]", that a text names in its fields; None if it is not known."""
    if inference.resolver.call_name(call) not in FORMATS or call.receiver is None:
        return None
    template = _text(inference, call.receiver)
    try:
        return None if template is None else frozenset(_steps(template))
    except ValueError:
        return frozenset()  # it is no template, so formatting it raises


def _text(inference: Inference, value: Value) -> str | None:
    place, project = value.place, inference.project
    info = inference.module.symbols.get(place.symbol) if place is not None else None
    if info is not None and info.kind == "import" and project is not None and place is not None:
        found = project.definition(inference.resolver.place_name(place))
        other = project.inference(found.module) if found is not None else None
        if found is None or other is None or found.kind != "variable" or place.steps:
            return None
        inference, info = other, other.module.symbols.get(f":{found.qualname}")
        if info is None or info.bindings != 1 or len(info.values) != 1:
            return None
        value = info.values[0]
    if info is not None and info.kind in ("global", "import") and \
            inference.resolver.values.set_elsewhere(info.name):  # fmt: skip
        return None
    parts = text_of(value, inference.resolver, inference.aliases).parts
    texts = [part.text for part in parts if isinstance(part, Literal)]
    return "".join(texts) if len(texts) == len(parts) else None


def _steps(template: str) -> Iterator[str]:
    for _, name, spec, _ in Formatter().parse(template):
        for attribute, item in _STEP.findall(name or ""):
            yield attribute or item + "]"
        yield from _steps(spec or "")
