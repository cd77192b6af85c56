"""Where nodes stand: the same as LibCST's own provider says, for every file of the project."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from pexec.analyzer.lowering.places import Places
from pexec.analyzer.source import from_bytes

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("analyzer/lowering/*.py"), *ROOT.glob("fixtures/golden/*/*.py")])
TEXTS = [
    "",
    "\n",
    "x = 1",
    "x = 1\r\ny = (  # why\r\n    2,\r\n)\r\n",
    "def f(\n    a, *, b=1\n): return [\n    a for a in b  # c\n]\n\n\n# end\n",
    "if a:\n\tb\nelif c: d\nelse:\n  # e\n  f\n",
    'x = f"""a{b}\n{c!r:>{d}}"""\n@e\nasync def g(): await h()\n',
    "with a as b, c: pass\ntry: x\nexcept (A, B) as e: y\nfinally: z\n",
]


def differences(text: str) -> list[str]:
    tree = cst.parse_module(text)
    expected = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    found = Places(tree)
    assert set(found) == set(expected)
    return [
        f"{type(node).__name__}: {found[node]} is not {where}"
        for node, where in expected.items()
        if found[node] != where
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_places_of_texts(text: str) -> None:
    assert differences(text) == []


def test_places_of_files() -> None:
    assert FILES
    for path in FILES:
        assert differences(from_bytes(path.read_bytes()).parse_text) == [], path
