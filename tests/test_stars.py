"""What star imports bring: names that packages hand on, and names of which that is not known."""

from __future__ import annotations

from pathlib import Path

import pytest
from pexec.analyzer.config import check
from pexec.analyzer.project import Project

DESK = "class Desk: ...\n_hidden = 1\n"


def meaning(folder: Path, name: str, **files: str) -> str:
    """The place of the class that a qualified name means, "" if that is not known."""
    for path, text in {"app__desk": DESK, **files}.items():
        file = folder / f"{path.replace('__', '/', 1)}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    (folder / "app" / "__init__.py").touch()
    config = check({}, "test")
    found = Project(folder, (".",), None, config.sources, config).definition(name)
    return f"{found.module}.{found.qualname}" if found is not None else ""


FOUND = {
    "one star": {"hub": "from app.desk import *\n"},
    "beside others": {"hub": "from app.other import *\nfrom app.desk import *\n", "app__other": ""},
    "listed": {"hub": "from app.desk import *\n", "app__desk": DESK + "__all__ = ['Desk']\n"},
    "handed on twice": {"hub": "from mid import *\n", "mid": "from app.desk import *\n"},
    "imported there": {"hub": "from mid import *\n", "mid": "from app.desk import Desk\n"},
    "own, no star has it": {"hub": "from mid import *\nfrom app.desk import Desk\n", "mid": ""},
    "another lists others": {
        "hub": "from mid import *\nfrom app.desk import *\n",
        "mid": "from elsewhere import Desk\n__all__ = ['Table']\nTable = 1\n",
    },
}
UNKNOWN = {
    "not listed": {"hub": "from app.desk import *\n", "app__desk": DESK + "__all__ = ['other']\n"},
    "a computed list": {"hub": "from app.desk import *\n", "app__desk": DESK + "__all__ = dir()\n"},
    "a list that grows": {
        "hub": "from app.desk import *\n",
        "app__desk": DESK + "__all__ = ['other']\n__all__ += ['Desk']\n",
    },
    "two of that name": {
        "hub": "from mid import *\nfrom app.desk import *\n", "mid": "class Desk: ...\n",
    },
    "a module that is not known": {"hub": "from library import *\nfrom app.desk import *\n"},
    "own and starred": {"hub": "from app.desk import *\nclass Desk: ...\n"},
    "a module that has one": {
        "hub": "from mid import *\nfrom app.desk import *\n", "mid": "from library import *\n",
    },
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
def test_a_name_that_one_module_gives(case: str, tmp_path: Path) -> None:
    assert meaning(tmp_path, "hub.Desk", **FOUND[case]) == "app.desk.Desk"


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_name_of_which_it_is_not_known(case: str, tmp_path: Path) -> None:
    assert meaning(tmp_path, "hub.Desk", **UNKNOWN[case]) == ""


def test_names_with_an_underscore_are_left_out(tmp_path: Path) -> None:
    assert meaning(tmp_path, "hub._hidden", hub="from app.desk import *\n") == ""
