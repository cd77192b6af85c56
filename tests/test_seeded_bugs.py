"""Bugs put into the analyzer on purpose: the differential test and the validator must see them.

A bug in the *scheduler* (it overlooks an edge, a bound, a rule of the form) is one that the
validator must refuse alone, and that the simulated world must show when the validator is off. A
bug in what both rest on (effects, aliases) is for the simulated world to find.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pexec.analyzer import blocks, dependence, event_effects, forms
from pexec.analyzer.aliases import Aliases
from pexec.analyzer.edges import Edge, EdgeKind, Pair
from pexec.analyzer.effects import inference, model
from pexec.analyzer.effects.selector import Overlap
from pexec.analyzer.forms import Form, Written
from pexec.codemods import gather, parallelize, rewrite
from simulation.declarations import TOOLS
from simulation.search import corpus, find_counterexample

Patch = Callable[[pytest.MonkeyPatch], None]
EXAMPLES = 60


def dropping(*kinds: EdgeKind) -> Patch:
    """The scheduler overlooks edges of these kinds."""

    def blocking(pair: Pair) -> Edge | None:
        for find in dependence.FINDERS:
            edge = find(pair)
            if edge is not None and edge.kind not in kinds:
                return edge
        return None

    return lambda patch: patch.setattr(blocks, "blocking", blocking)


def no_early_raise(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(blocks, "early_raise", lambda pair: None)
    patch.setattr(blocks, "visible_early", lambda pair: None)


def no_order_of_errors(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(blocks, "own_risk", lambda *arguments: False)


def no_managers(patch: pytest.MonkeyPatch) -> None:
    plan = blocks.Planner._plan
    patch.setattr(blocks.Planner, "_plan", lambda self, site, forbidden: plan(self, site, None))


def no_bound(patch: pytest.MonkeyPatch) -> None:
    regions = blocks.regions

    def wide(*rows: Any, width: int, **more: Any) -> Any:
        return regions(*rows, width=99, **more)

    patch.setattr(blocks, "regions", wide)


def plain_everywhere(patch: pytest.MonkeyPatch) -> None:
    choose = forms.Forms.choose

    def plain(self: forms.Forms, plan: Any, region: Any) -> Written:
        written = choose(self, plan, region)
        members = forms.members_of(plan, region)
        fits = members is not None and self._gatherable_targets(members)
        return Written(Form.PLAIN, "a bug") if fits else written

    patch.setattr(forms.Forms, "choose", plain)


def no_drain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gather, "await_all", lambda *arguments: [])


def no_named_arguments(patch: pytest.MonkeyPatch) -> None:
    def starting(plan: Any, region: Any, members: Sequence[Any], *rest: Any) -> list[gather.Start]:
        return [gather.Start(member, (), None) for member in members]

    patch.setattr(gather, "starting", starting)


SCHEDULER: dict[str, Patch] = {
    "control": dropping(EdgeKind.CONTROL),
    "unknown": dropping(EdgeKind.UNKNOWN),
    "affine": dropping(EdgeKind.AFFINE),
    "clock": dropping(EdgeKind.CLOCK),
    "sleep": dropping(EdgeKind.SLEEP),
    "exclusive": dropping(EdgeKind.EXCLUSIVE, EdgeKind.FAILURE),
    "flow": dropping(EdgeKind.FLOW),
    "anti and output": dropping(EdgeKind.ANTI, EdgeKind.OUTPUT, EdgeKind.FAILURE),
    "effect": dropping(EdgeKind.EFFECT),
    "failure": dropping(EdgeKind.FAILURE),
    "early raise": no_early_raise,
    "order of errors": no_order_of_errors,
    "managers": no_managers,
    "bound": no_bound,
    "plain form everywhere": plain_everywhere,
    "no drain": no_drain,
    "arguments raise after a start": no_named_arguments,
}


def domains_never_meet(patch: pytest.MonkeyPatch) -> None:
    overlap = model.overlap

    def narrow(a: Any, b: Any, same_world: Any = ()) -> Overlap:
        found = overlap(a, b, same_world)
        return Overlap.NEVER if a.domain != "memory" and found is Overlap.MAYBE else found

    patch.setattr(model, "overlap", narrow)


def aliases_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Aliases, "group", lambda self, symbol: symbol)
    patch.setattr(Aliases, "world", lambda self, symbol: False)


def arguments_not_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inference.Inference, "contents", lambda self, value: [])


def results_always_fresh(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(event_effects.EventEffects, "touched", lambda self, call: [])


def cancelling_is_harmless(patch: pytest.MonkeyPatch) -> None:
    find = inference.Inference._find
    patch.setattr(
        inference.Inference,
        "_find",
        lambda self, call: replace(find(self, call), cancel_unsafe=False),
    )


def everything_declared_speculative(patch: pytest.MonkeyPatch) -> None:
    find = inference.Inference._find
    patch.setattr(
        inference.Inference,
        "_find",
        lambda self, call: replace(find(self, call), speculative=True),
    )


EFFECTS: dict[str, Patch] = {
    "domains never meet": domains_never_meet,
    "aliases forgotten": aliases_forgotten,
    "arguments not read": arguments_not_read,
    "results always fresh": results_always_fresh,
    "cancelling is harmless": cancelling_is_harmless,
    "everything speculative": everything_declared_speculative,
}


@pytest.mark.parametrize("name", [*SCHEDULER, *EFFECTS])
def test_the_simulated_world_shows_the_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    {**SCHEDULER, **EFFECTS}[name](monkeypatch)
    monkeypatch.setattr(rewrite, "refusal", lambda *arguments: "")
    assert find_counterexample(parallelize, EXAMPLES, 0) is not None


@pytest.mark.parametrize("name", SCHEDULER)
def test_the_validator_alone_refuses_the_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    SCHEDULER[name](monkeypatch)
    refused = [
        blocked
        for source in corpus().values()
        for blocked in parallelize(source, tools=TOOLS).blocked
        if blocked.kind == "validator"
    ]
    assert refused
    found = find_counterexample(parallelize, 1, 0)
    assert found is None, str(found)


def test_without_a_bug_nothing_is_found() -> None:
    found = find_counterexample(parallelize, EXAMPLES, 0)
    assert found is None, str(found)
