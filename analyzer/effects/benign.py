"""State whose writes a project claims not to matter: ``benign = ["memory:module._cache"]``.

A cache that fills itself, an object that is made when it is first needed, a counter of calls: run
in either order, the program goes on as before. Only its author knows, so it is a claim. It takes
the *write* of that state out of what calls do; what else they do stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir import Place
from ..lineage import ancestry, class_at
from .model import MEMORY, Effect, Resource
from .roots import is_module
from .selector import Attr, Literal, Memory, Name, Step

if TYPE_CHECKING:
    from ..config import Config
    from .catalog import Template
    from .inference import Inference


def is_benign(inference: Inference, effect: Effect) -> bool:
    """Is it the write of something that is declared benign? In the words of one module."""
    claimed = inference.config.benign
    if not claimed or not effect.writes:
        return False
    return any(f"memory:{name}" in claimed for name in names_of(inference, effect.resource))


def is_benign_claim(config: Config, template: Template) -> bool:
    """Is it a claim to write a benign memory (``writes = ["memory:module._cache"]``)?"""
    words = [part.text for part in template.parts if isinstance(part, Literal)]
    whole = len(words) == len(template.parts)
    return whole and template.domain == MEMORY and f"memory:{''.join(words)}" in config.benign


def names_of(inference: Inference, resource: Resource) -> list[str]:
    """The names under which what is touched can be declared, the least first: the part of a global
    (``module.name``, ``module.name.attribute``), or an attribute of a class of the project
    (``module.Class.attribute``)."""
    selector = resource.selector
    if resource.domain != MEMORY or not isinstance(selector, (Memory, Name)):
        return []
    root = selector.root if isinstance(selector, Memory) else selector.symbol
    steps = selector.steps if isinstance(selector, Memory) else ()
    if is_module(root):
        return _of_module(inference, root[1:-1], steps)
    if root.startswith(":"):
        outward = inference.roots.outward(root)
        if outward is None or not is_module(outward[0]):
            return []
        return _of_module(inference, outward[0][1:-1], (*outward[1], *steps))
    return _of_object(inference, Place(root, steps))


def _of_module(inference: Inference, module: str, steps: tuple[Step, ...]) -> list[str]:
    found: list[str] = []
    name = module
    for step in steps:
        if not isinstance(step, Attr):
            break
        name = f"{name}.{step.name}"
        found.append(name)
    owner = _inference(inference, module)
    if owner is not None and steps and isinstance(steps[0], Attr):
        found += _of_object(owner, Place(f":{steps[0].name}", steps[1:]))
    return found


def _inference(inference: Inference, module: str) -> Inference | None:
    if module == inference.resolver.module_name:
        return inference
    return inference.project.inference(module) if inference.project is not None else None


def _of_object(inference: Inference, place: Place) -> list[str]:
    """Attributes on the way, by the classes of the project that they belong to."""
    found: list[str] = []
    resolver = inference.resolver
    for i, step in enumerate(place.steps):
        if not isinstance(step, Attr):
            continue
        kind = resolver.place_type(Place(place.symbol, place.steps[:i]))
        if not kind or class_at(resolver, kind) is None:
            continue
        line = ancestry(resolver, kind) or ()
        classes = [level.name for level in line if level.info is not None] or [kind]
        found += [f"{name}.{step.name}" for name in reversed(classes)]
    return found
