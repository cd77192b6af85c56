"""The resources that a claim names by templates (`fs:{path}`), with the arguments of one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir import Call, Value
from .arguments import argument
from .catalog import Entry, Reference, Template, VocabularyError
from .model import MEMORY, Resource
from .selector import ANY, Literal, Memory, Part, Text, glob, host_of, text
from .strings import text_of

if TYPE_CHECKING:
    from .inference import Inference

#: The domain of draws of which a seed is set in sight.
SEEDED = "seeded random"


def resources(inference: Inference, template: Template, entry: Entry, call: Call) -> list[Resource]:
    if template.domain == MEMORY:
        found: list[Resource] = []
        for part in template.parts:
            if isinstance(part, Reference):
                value = _referred(inference, part.name, entry, call)
                if value is None:
                    continue
                found.extend(Resource(MEMORY, m) for m in inference.contents(value))
                if not found and value.place is not None:
                    found.append(Resource(MEMORY, inference.memory(value.place)))
        if not found:
            words = "".join(p.text for p in template.parts if isinstance(p, Literal))
            if words:  # a memory of its own, such as memory:module._cache
                own = words.removeprefix(f"{inference.resolver.module_name}.")
                root = f":{own}" if f":{own}" in inference.module.symbols else words
                found.append(Resource(MEMORY, Memory(root, world=True)))
        return found
    domain = SEEDED if template.domain == "random" and inference.seeded else template.domain
    if not template.parts:
        return [Resource(domain, ANY)]
    pieces: list[Part | str] = []
    for part in template.parts:
        if isinstance(part, Reference):
            pieces.extend(_argument_text(inference, part, entry, call).parts)
        else:
            pieces.append(part)
    return [Resource(domain, text(*pieces))]


def _referred(inference: Inference, name: str, entry: Entry, call: Call) -> Value | None:
    if name == "self":
        return call.receiver
    if entry.arguments:
        value = argument(call, entry.arguments, entry.params)
        for part in name.split("."):
            entries = value.entries if value is not None else None
            value = dict(entries).get(part) if entries is not None else None
        return value
    first, *rest = name.split(".")
    signature = _signature(inference, call)
    if signature and not entry.params and "*" not in signature and not first.isdigit() \
            and first not in signature:  # fmt: skip
        raise VocabularyError(
            f"{entry.origin} ({entry.match}): `{{{name}}}`: the function has no parameter "
            f"`{first}` (it has {', '.join(signature)})"
        )
    value = argument(call, first, entry.params or signature)
    for part in rest:
        entries = value.entries if value is not None else None
        value = dict(entries).get(part) if entries is not None else None
    return value


def _signature(inference: Inference, call: Call) -> tuple[str, ...]:
    place = call.function.place
    if place is None:
        return ()
    info = inference.module.symbols.get(place.symbol)
    if info is not None and info.function and not place.steps:
        return inference.module.signatures.get(info.function, ())
    name = inference.resolver.call_name(call).removeprefix(f"{inference.resolver.module_name}.")
    return inference.module.signatures.get(name, ())


def _argument_text(inference: Inference, part: Reference, entry: Entry, call: Call) -> Text:
    value = _referred(inference, part.name, entry, call)
    if value is None:
        default = entry.defaults.get(part.name)
        found = text(str(default)) if default is not None else ANY
    else:
        found = text_of(value, inference.resolver, inference.aliases)
    if part.transform == "host":
        return host_of(found)
    if part.transform == "glob":
        constant = len(found.parts) == 1 and isinstance(found.parts[0], Literal)
        return glob(found.parts[0].text) if constant and isinstance(found.parts[0], Literal) \
            else ANY  # fmt: skip
    return found
