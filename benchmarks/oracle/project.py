"""The project that pexec reads: the package's modules, a wrapper per tool, a function per pair.

A wrapper awaits one hop over the network, the only thing that is declared, and then calls the tool:
``async def cd(folder): await hop(); return FILES.cd(folder)``. A pair is two statements that await
two wrappers, as an agent's script would.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from .model import Call, Package, Pair, Tool

PAIRS_IN_A_FILE = 60

CONFIG = """\
src = [".", "src"]

[[tools]]
match = "net.hop"
pure = true
raises = false
returns = "immutable"
latency-ms = 100
"""

NET = '''\
import asyncio


async def hop() -> None:
    """One way to the server that keeps the state."""
    _, writer = await asyncio.open_connection("tools.example.com", 443)
    writer.close()
'''


def write(
    package: Package, pairs: Sequence[Pair], folder: Path, *, variables: bool = False
) -> dict[str, str]:
    """Writes the project; text of a pair → the name of its function, which is unique.

    ``variables``: arguments come as parameters of the function; equal literals are one parameter.
    """
    folder.mkdir(parents=True)
    shutil.copytree(package.root, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pexec.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "net.py").write_text(NET, encoding="utf-8")
    (folder / "tools.py").write_text(tool_module(package), encoding="utf-8")
    texts = list(dict.fromkeys(pair.text for pair in pairs))
    by_text = {pair.text: pair for pair in pairs}
    names = {text: f"pair_{number:04}" for number, text in enumerate(texts)}
    for start in range(0, len(texts), PAIRS_IN_A_FILE):
        chunk = [by_text[text] for text in texts[start : start + PAIRS_IN_A_FILE]]
        script = folder / f"calls_{start // PAIRS_IN_A_FILE:03}.py"
        script.write_text(_script(chunk, names, variables), encoding="utf-8")
    return names


def tool_module(package: Package) -> str:
    """The module of the wrappers, with the globals that hold the state."""
    future = "from __future__ import annotations\n\n"
    wrappers = [_wrapper(tool) for tool in package.tools.values()]
    return future + package.setup + "\nfrom net import hop\n\n\n" + "\n\n\n".join(wrappers) + "\n"


def _wrapper(tool: Tool) -> str:
    parameters = tool.parameters
    passed = [tool.given] if tool.given else []
    passed += [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
    passed += [f"*{parameters.vararg.arg}"] if parameters.vararg else []
    passed += [f"{a.arg}={a.arg}" for a in parameters.kwonlyargs]
    passed += [f"**{parameters.kwarg.arg}"] if parameters.kwarg else []
    return (
        f"async def {tool.name}({ast.unparse(parameters)}):\n"
        "    await hop()\n"
        f"    return {tool.callee}({', '.join(passed)})"
    )


def _script(pairs: Sequence[Pair], names: dict[str, str], variables: bool) -> str:
    tools = sorted({call.tool for pair in pairs for call in (pair.first, pair.second)})
    parts = [f"from tools import {', '.join(tools)}"]
    for pair in pairs:
        given: dict[str, str] = {}
        one, two = (_text(call, given, variables) for call in (pair.first, pair.second))
        parts.append(
            f"async def {names[pair.text]}({', '.join(given.values())}):\n"
            f"    a = await {one}\n"
            f"    b = await {two}\n"
            "    return a, b"
        )
    return "\n\n\n".join(parts) + "\n"


def _text(call: Call, given: dict[str, str], variables: bool) -> str:
    """The call as written, or with a parameter for each literal; ``given``: literal → parameter."""
    if not variables:
        return str(call)
    return f"{call.tool}({', '.join(_parameters(call, given))})"


def _parameters(call: Call, given: dict[str, str]) -> Iterator[str]:
    node = ast.parse(str(call), mode="eval").body
    assert isinstance(node, ast.Call)
    for value in node.args:
        yield given.setdefault(ast.unparse(value), f"v{len(given)}")
    for keyword in node.keywords:
        yield f"{keyword.arg}={given.setdefault(ast.unparse(keyword.value), f'v{len(given)}')}"
