"""What a call of a function of the project does, by the summaries of those that it may run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ir import Call
from .benign import is_benign
from .callees import Target, fits, only_raises
from .facts import CallFacts, joined
from .model import MEMORY, Effect
from .own_managers import managed
from .selector import Memory
from .site import Site

if TYPE_CHECKING:
    from .inference import Inference


def own_call(inference: Inference, call: Call, name: str, *, run: bool = False) -> CallFacts:
    """A call of a function of the project. ``run``: its coroutine is run where it is made."""
    targets = inference.callees.targets(call)
    if not targets:
        reason = inference.callees.reason(call)
        return CallFacts(name, everything=reason or f"nothing is known about `{name}`")
    found = [_run_target(inference, call, name, target, run) for target in targets]
    if len(found) > 1:  # one that only refuses to run says nothing of how long it takes
        waits = [None if t.function and only_raises(t.function) else f.latency_ms
                 for f, t in zip(found, targets, strict=True)]  # fmt: skip
        found = [replace(f, latency_ms=w) for f, w in zip(found, waits, strict=True)]
    return joined(found)


def _of_new(effect: Effect, call: Call, target: Target) -> bool:
    """Is it a look at, or a change of, an own slot of the object that the call makes?

    Such a slot is nobody's yet: whoever comes to it follows a path that is laid afterwards, or by
    a store that is an effect of its own.
    """
    selector = effect.resource.selector
    return (
        target.constructs
        and isinstance(selector, Memory)
        and selector.root == call.symbol
        and len(selector.steps) == 1
        and not selector.deep
    )


def _run_target(
    inference: Inference, call: Call, name: str, target: Target, run: bool
) -> CallFacts:
    if target.constructs and call.awaited:
        return CallFacts(name, everything=f"an object of `{name}` is awaited")
    if target.function is None:
        return CallFacts(name, known=True, pure=True, origin=f"constructor of `{name}`")
    function = target.function
    where = f"body of `{function.qualname}`"
    if function.is_async and not run and call.id in inference.run_in_place:
        return CallFacts(name, known=True, pure=True, origin=where)  # made, and not run yet
    entered = managed(inference, call, target)
    if function.is_async and not (call.awaited or run or entered):
        words = f"the coroutine of `{name}` is run somewhere else"
        return CallFacts(name, everything=words, origin=where)
    summary = target.inference.summary(function)
    if summary.everything:
        words = summary.everything
        unknown = summary.unknown
        if unknown and name not in words:
            words = f"`{name}`: {words}"
        return CallFacts(name, everything=words, origin=where, unknown=unknown or "",
                         affine=False, known=summary.contained)  # fmt: skip
    site = Site(inference, call, target, summary)
    effects = tuple(
        effect
        for effect in dict.fromkeys(site.effects())
        if not is_benign(inference, effect) and not _of_new(effect, call, target)
    )
    handles = site.handles()
    silent = not any(e.writes or e.resource.domain != MEMORY for e in effects)
    return CallFacts(
        name=name,
        effects=effects,
        known=True,
        pure=silent and not summary.affine and not handles and not summary.locking.locks,
        affine=summary.affine,
        raises=summary.raises or not fits(call, target),
        handles=handles,
        cancel_unsafe=summary.cancel_unsafe and bool(handles),
        origin=where,
        assumes="; ".join(summary.assumes),
        latency_ms=summary.latency_ms,
        returns=summary.returns,
        locking=site.locking(),
    )
