"""What is known of the objects that methods are called on, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pexec.analyzer.own_code import own_code
from receivers import UNKNOWN, inferred, runs

# -- lines of inheritance ------------------------------------------------------------------------

BASES = """\
    import abc
    from typing import Generic, Protocol, TypeVar

    T = TypeVar("T")

    class Root:
        def load(self): return 1
        def save(self): return 2

    class Left(Root):
        def load(self): return 3

    class Right(Root):
        def load(self): return 4
        def save(self): return 5

    class Reader(Protocol):
        def read(self): ...

    class Store(abc.ABC, Generic[T]):
        @abc.abstractmethod
        def put(self): ...
        def size(self): return 6
"""

LINES = {
    "own method": ("class A(Root):\n    def load(self): return 0", "load", "A.load"),
    "inherited": ("class A(Root): pass", "load", "Root.load"),
    "nearest base": ("class A(Left): pass", "load", "Left.load"),
    "two bases, left first": ("class A(Left, Right): pass", "load", "Left.load"),
    "two bases, right one is nearer than the root": (
        "class A(Left, Right): pass", "save", "Right.save"),
    "two bases, other order": ("class A(Right, Left): pass", "load", "Right.load"),
    "bases that Python refuses": ("class A(Root, Left): pass", "load", UNKNOWN),
    "generic base": ("class A(Store[int]): pass", "size", "Store.size"),
    "generic and protocol": (
        "class A(Reader, Store[int]):\n    def read(self): return 1", "read", "A.read"),
    "method of a protocol": ("class A(Reader): pass", "read", UNKNOWN),
    "abstract method": ("class A(Store[int]): pass", "put", UNKNOWN),
    "metaclass ABCMeta": ("class A(Root, metaclass=abc.ABCMeta): pass", "load", "Root.load"),
    "another metaclass": ("class A(Root, metaclass=Meta): pass", "load", UNKNOWN),
    "metaclass in keywords that are not seen": ("class A(Root, **more): pass", "load", UNKNOWN),
    "unknown base": ("class A(Root, elsewhere.Base): pass", "load", "Root.load"),
    "unknown base before an own one": ("class A(elsewhere.Base, Root): pass", "load", UNKNOWN),
    "unknown base behind an own one": ("class A(Mixed): pass", "load", UNKNOWN),
    "computed base": ("class A(make_base()): pass", "load", UNKNOWN),
    "exception": ("class A(ValueError, Root): pass", "load", "Root.load"),
    "attribute of an exception": ("class A(ValueError, Root): pass", "add_note", UNKNOWN),
    "unknown class decorator": ("@elsewhere.wrap\nclass A(Root): pass", "load", UNKNOWN),
    "known class decorator": (
        "import dataclasses\n@dataclasses.dataclass\nclass A(Root):\n    x: int = 0",
        "load", "Root.load"),
    "method bound twice": (
        "class A(Root):\n    def load(self): return 0\n    def load(self): return 1",
        "load", UNKNOWN),
    "method that is deleted": (
        "class A(Root):\n    def load(self): return 0\n    del load", "load", UNKNOWN),
    "method under a condition": (
        "class A(Root):\n    if flag:\n        def load(self): return 0", "load", UNKNOWN),
    "attribute in place of a method": ("class A(Root):\n    load = other", "load", UNKNOWN),
    "all attributes are computed": (
        "class A(Root):\n    def __getattribute__(self, name): return print",
        "load", UNKNOWN),
    "decorated by what is not known": (
        "class A(Root):\n    @elsewhere.wrap\n    def load(self): return 0", "load", UNKNOWN),
    "set on the object by the class": (
        "class A(Root):\n    def fill(self): self.load = print", "load", UNKNOWN),
    "set on the object by a base": (
        "class B(Root):\n    def fill(self): self.load = print\nclass A(B): pass",
        "load", UNKNOWN),
    "set on the class": ("class A(Root): pass\nA.load = print", "load", UNKNOWN),
    "set from outside": (
        "class A(Root): pass\ndef patch(a): a.load = print", "load", UNKNOWN),
    "set by another class on its own objects": (
        "class A(Root): pass\nclass Other:\n    def fill(self): self.load = print",
        "load", "Root.load"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name", "expected"), LINES.values(), ids=LINES)
def test_which_method_runs(tmp_path: Path, text: str, name: str, expected: str) -> None:
    main = f"import abc, elsewhere\nfrom bases import *\n{text}\na = A()\na.{name}()\n"
    own = "import abc, elsewhere\n" + "\n".join(line[4:] for line in BASES.splitlines())
    mixed = "class Mixed(elsewhere.Base): pass\n"
    found = inferred(tmp_path, main=own + "\n" + mixed + main.replace("from bases import *\n", ""))
    assert runs(found, f"a.{name}") == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("load", "Left.load"), ("save", "Right.save"), ("put", UNKNOWN)]
)
def test_lines_go_over_files(tmp_path: Path, name: str, expected: str) -> None:
    found = inferred(
        tmp_path,
        bases=BASES,
        middle="from bases import Left as First, Right\nimport bases as b\n"
               "class Both(First, Right, b.Store[str]): pass\n",
        main=f"import middle\nclass A(middle.Both): pass\na = A()\na.{name}()\n",
    )  # fmt: skip
    assert runs(found, f"a.{name}") == expected


SUBCLASSES = {
    "nothing overrides": ("class B(A): pass", "A.load"),
    "a subclass overrides": ("class B(A):\n    def load(self): return 2", UNKNOWN),
    "an attribute overrides": ("class B(A):\n    load = print", UNKNOWN),
    "a subclass of more than is known overrides": (
        "class B(elsewhere.X, A):\n    def load(self): return 2", UNKNOWN),
    "another class has the name": ("class B:\n    def load(self): return 2", "A.load"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SUBCLASSES.values(), ids=SUBCLASSES)
def test_an_object_of_a_subclass_may_be_handed_in(tmp_path: Path, text: str, expected: str) -> None:
    main = f"import elsewhere\nclass A:\n    def load(self): return 1\n{text}\n"
    found = inferred(tmp_path, main=main + "def use(a: A): a.load()\n")
    assert runs(found, "a.load") == expected


# -- making objects ------------------------------------------------------------------------------

MADE = {
    "no code": ("class A: pass", "nothing"),
    "init": ("class A:\n    def __init__(self): self.x = 1", "A.__init__"),
    "inherited init": (
        "class B:\n    def __init__(self): self.x = 1\nclass A(B): pass", "B.__init__"),
    "new": ("class A:\n    def __new__(cls): return 1", UNKNOWN),
    "new of a base": ("class B:\n    def __new__(cls): return 1\nclass A(B): pass", UNKNOWN),
    "init_subclass": (
        "class B:\n    def __init_subclass__(cls): pass\nclass A(B): pass", UNKNOWN),
    "exception": ("class A(Exception): pass", "nothing"),
    "exception with init": (
        "class A(Exception):\n    def __init__(self): self.x = 1", "A.__init__"),
    "data class": ("@dataclass\nclass A:\n    x: int = 0", "nothing"),
    "data class of a data class": (
        "@dataclass\nclass B:\n    y: int = 0\n@dataclass\nclass A(B):\n    x: int = 0", "nothing"),
    "data class does not call the init of its base": (
        "class B:\n    def __init__(self): print()\n@dataclass\nclass A(B):\n    x: int = 0",
        "nothing"),
    "data class with its own init": (
        "@dataclass\nclass A:\n    x: int = 0\n    def __init__(self): self.x = 1", "A.__init__"),
    "post_init": (
        "@dataclass\nclass A:\n    x: int = 0\n    def __post_init__(self): print()", UNKNOWN),
    "post_init of a base": (
        "class B:\n    def __post_init__(self): print()\n@dataclass\nclass A(B):\n    x: int = 0",
        UNKNOWN),
    "default of a list": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=list)", "nothing"),
    "default of constants": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=lambda: [1, 'a'])", "nothing"),
    "default by own code": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=make)", UNKNOWN),
    "default by a lambda that calls": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=lambda: make())", UNKNOWN),
    "default by own code in a base": (
        "@dataclass\nclass B:\n    x: list = field(default_factory=make)\n"
        "@dataclass\nclass A(B):\n    y: int = 0", UNKNOWN),
    "named tuple": ("class A(NamedTuple):\n    x: int = 0", "nothing"),
    "enumeration": ("class A(Enum):\n    X = 0", "nothing"),
    "text enumeration": ("class A(str, Enum):\n    X = ''", "nothing"),
    "enumeration that looks values up": (
        "class A(Enum):\n    X = 0\n    @classmethod\n    def _missing_(cls, v): print()", UNKNOWN),
    "text": ("class A(str): pass", UNKNOWN),
    "init that is set": ("class A: pass\nA.__init__ = print", UNKNOWN),
    "model": ("class A(BaseModel):\n    x: list[str] = Field(default_factory=list)", "nothing"),
    "model with fields of models": (
        "class B(BaseModel):\n    y: int\nclass A(BaseModel):\n    x: Optional[B] = None",
        "nothing"),
    "model that holds others like it": (
        "class B(BaseModel):\n    a: 'A | None'\nclass A(BaseModel):\n    b: list[B]", "nothing"),
    "model with a validator": (
        "class A(BaseModel):\n    x: int\n    @field_validator('x')\n"
        "    @classmethod\n    def f(cls, v): return v", UNKNOWN),
    "model with a field of a model with a validator": (
        "class B(BaseModel):\n    x: int\n    @field_validator('x')\n"
        "    def f(cls, v): return v\nclass A(BaseModel):\n    x: list[B]", UNKNOWN),
    "model with an init": (
        "class A(BaseModel):\n    x: int\n    def __init__(self, **k): print()", UNKNOWN),
    "model that goes on after it is made": (
        "class A(BaseModel):\n    x: int\n    def model_post_init(self, c): print()", UNKNOWN),
    "model with a default by own code": (
        "class A(BaseModel):\n    x: int = Field(default_factory=make)", UNKNOWN),
    "model with an unknown type": ("class A(BaseModel):\n    x: elsewhere.T", UNKNOWN),
    "model with an annotated validator": (
        "from pydantic import AfterValidator\n"
        "class A(BaseModel):\n    x: Annotated[int, AfterValidator(make)]", UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MADE.values(), ids=MADE)
def test_what_makes_an_object(tmp_path: Path, text: str, expected: str) -> None:
    main = (
        "from dataclasses import dataclass, field\nfrom enum import Enum\n"
        "from pydantic import BaseModel, Field, field_validator\nimport elsewhere\n"
        f"from typing import Annotated, NamedTuple, Optional\ndef make(): return []\n{text}\nA()\n"
    )
    assert runs(inferred(tmp_path, main=main), "A") == expected


# -- super ---------------------------------------------------------------------------------------

SUPERS = {
    "init of the base": ("class B(A):\n    def __init__(self): super().__init__()", "A.__init__"),
    "method of the base": ("class B(A):\n    def load(self): super().load()", "A.load"),
    "of the nearest base": (
        "class M(A):\n    def load(self): return 2\n"
        "class B(M):\n    def load(self): super().load()", "M.load"),
    "init of object": ("class B:\n    def __init__(self): super().__init__()", "nothing"),
    "init of an exception": (
        "class B(ValueError):\n    def __init__(self, x): super().__init__(f'no {x}')", "nothing"),
    "init outside": (
        "class B(elsewhere.X):\n    def __init__(self): super().__init__()", UNKNOWN),
    "another method of an exception": (
        "class B(ValueError):\n    def load(self): super().add_note('x')", UNKNOWN),
    "something between in a class below": (
        "class B(A):\n    def load(self): super().load()\n"
        "class M(A):\n    def load(self): return 2\nclass C(B, M): pass", UNKNOWN),
    "something unknown between in a class below": (
        "class B(A):\n    def load(self): super().load()\nclass C(B, elsewhere.X): pass", UNKNOWN),
    "a plain class below": (
        "class B(A):\n    def load(self): super().load()\nclass C(B): pass", "A.load"),
    "with arguments": ("class B(A):\n    def load(self): super(A, self).load()", UNKNOWN),
    "in a function within": (
        "class B(A):\n    def load(self):\n        def f(x): super().load()", UNKNOWN),
    "class method": (
        "class B(A):\n    @classmethod\n    def make(cls): super().make()", "A.make"),
    "base that is patched": ("class B(A):\n    def load(self): super().load()\nA.load = print",
                             UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SUPERS.values(), ids=SUPERS)
def test_super(tmp_path: Path, text: str, expected: str) -> None:
    main = (
        "import elsewhere\nclass A:\n    def __init__(self): self.x = 1\n"
        f"    def load(self): return 1\n    @classmethod\n    def make(cls): return 1\n{text}\n"
    )
    found = inferred(tmp_path, main=main)
    callee = next(c.callee for c in found.module.calls.values() if c.callee.startswith("super")
                  and "." in c.callee)  # fmt: skip
    assert runs(found, callee) == expected


COMPARED = {
    "a key of text": ("d[k]", False),
    "a key that is such an object": ("d[m]", True),
    "a key of unknown type": ("d[u]", True),
    "a key that cannot be hashed": ("e[m]", False),
    "a key that may not be hashed": ("e[u]", False),
    "containers of numbers": ("d == d", False),
    "containers of such objects": ("e == e", True),
    "with what is not known": ("u == d", True),
    "a container of which nothing is said": ("w == w", True),
}  # fmt: skip


#: Where the class has no ``__hash__``, so that its objects are no keys.
UNHASHED = ("e[m]", "e[u]")


@pytest.mark.parametrize(("text", "runs_code"), COMPARED.values(), ids=COMPARED)
def test_whose_comparison_runs(tmp_path: Path, text: str, runs_code: bool) -> None:
    hashed = "" if text in UNHASHED else "    def __hash__(self): return 1\n"
    main = (
        f"class Money:\n    def __eq__(self, other): return print('eq')\n{hashed}"
        "def f(d: dict[str, int], e: dict[str, Money], k: str, m: Money, u):\n"
        f"    w = {{}}\n    w.update(u)\n    return {text}\n"
    )
    found = inferred(tmp_path, main=main)
    function = next(f for f in found.module.functions if f.name == "f")
    events = function.block.statements[-1].events
    assert any(own_code(found, event) for event in events) == runs_code
