"""Small projects whose modules are asked what is known of their values and calls."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from pexec.analyzer.config import Config, check
from pexec.analyzer.effects.catalog import builtin_catalog
from pexec.analyzer.effects.inference import Inference
from pexec.analyzer.ir import Call
from pexec.analyzer.project import Project

UNKNOWN = "?"


def inferred(folder: Path, config: Config | None = None, **modules: str) -> Inference:
    """What is known within the module ``main`` of a project of these modules."""
    for name, text in modules.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    config = config or check({}, "pexec.toml")
    sources = (config.tools, builtin_catalog())
    found = Project(folder, ["."], None, sources, config).inference("main")
    assert found is not None
    return found


def called(inference: Inference, callee: str) -> Call:
    """The last call whose callee is written like that."""
    return [c for c in inference.module.calls.values() if c.callee == callee][-1]


def runs(inference: Inference, callee: str) -> str:
    """The name of the function that a call runs, UNKNOWN if it is not known."""
    target = inference.callees.target(called(inference, callee))
    if target is None:
        return UNKNOWN
    return target.function.qualname if target.function is not None else "nothing"


def kind(inference: Inference, callee: str) -> str:
    """The type of what a call is made on."""
    receiver = called(inference, callee).receiver
    assert receiver is not None
    return inference.resolver.type_of(receiver)
