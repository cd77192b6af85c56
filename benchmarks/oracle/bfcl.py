"""The multi-turn sequences of the Berkeley function-calling leaderboard as packages of tools.

Read from its wheel: the question files give each scenario's first state, the files of possible
answers the ground-truth calls by turn. See ``fetch.py`` for version and license.
"""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

from .model import Package, Scenario, Tool, call_of

SETS = ("multi_turn_base", "multi_turn_long_context")
_FOLDER = "bfcl_eval/eval_checker/multi_turn_eval/func_source_code"
_CLASSES = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}
_STATELESS = {"MathAPI"}  # as in the benchmark: it has no _load_scenario
_INSTANCE = {name: name.upper() for name in _CLASSES}


def packages(wheel: Path, libraries: tuple[Path, ...], work: Path) -> list[Package]:
    """One package per set, over one copy of the tool modules below ``work``."""
    root = work / "bfcl"
    _copy(wheel, root)
    tools = _tools(root)
    prefix = _FOLDER.replace("/", ".")
    owners = tuple(f"{prefix}.{module}" for module in (*_CLASSES.values(), "long_context"))
    return [
        Package(name, root, owners, _setup(prefix), tools, _scenarios(wheel, name), libraries)
        for name in SETS
    ]


def _copy(wheel: Path, root: Path) -> None:
    target = root / _FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for module in (*_CLASSES.values(), "long_context"):
        shutil.copy(wheel / _FOLDER / f"{module}.py", target)
    for folder in (target, *target.relative_to(root).parents):
        (root / folder / "__init__.py").touch()
    (root / "__init__.py").unlink()


def _setup(prefix: str) -> str:
    lines = ["from typing import Dict, List, Optional, Tuple, Union", ""]
    lines += [f"from {prefix}.{module} import {name}" for name, module in _CLASSES.items()]
    lines.append("")
    lines += [f"{_INSTANCE[name]} = {name}()" for name in _CLASSES]
    lines += ["", "", "def start(config: dict, long_context: bool = False) -> None:"]
    for name in _CLASSES:
        if name not in _STATELESS:
            load = f"{_INSTANCE[name]}._load_scenario(config[{name!r}], long_context=long_context)"
            lines += [f"    if {name!r} in config:", f"        {load}"]
    return "\n".join(lines) + "\n"


def _tools(root: Path) -> dict[str, Tool]:
    """The public methods of all classes. Raises ValueError if two share a name."""
    found: dict[str, Tool] = {}
    for name, module in _CLASSES.items():
        tree = ast.parse((root / _FOLDER / f"{module}.py").read_text(encoding="utf-8"))
        (owner,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
        for node in owner.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if node.name in found:
                raise ValueError(f"{module}.py:{node.lineno}: a second tool named {node.name!r}")
            parameters = node.args
            del parameters.args[0]
            found[node.name] = Tool(node.name, f"{_INSTANCE[name]}.{node.name}", "", parameters)
    return found


def _scenarios(wheel: Path, name: str) -> tuple[Scenario, ...]:
    questions = _lines(wheel / "bfcl_eval/data" / f"BFCL_v4_{name}.json")
    answers = _lines(wheel / "bfcl_eval/data/possible_answer" / f"BFCL_v4_{name}.json")
    configs = {row["id"]: row for row in questions}
    long_context = name == "multi_turn_long_context"
    found: list[Scenario] = []
    for row in answers:
        question = configs[row["id"]]
        config = {o: question["initial_config"].get(o, {}) for o in question["involved_classes"]}
        start = (f"start({config!r}, long_context={long_context})",)
        turns = tuple(tuple(call_of(c) for c in turn) for turn in row["ground_truth"])
        found.append(Scenario(row["id"], start, turns))
    return tuple(found)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
