"""Settings under which pexec rewrites far more than it should, to put the written text to the test.

Every call of a package of which pexec knows nothing is declared, whatever it does. Which calls run
together means nothing then; whether each rewrite keeps names, scopes, comments, the order of
evaluation and the place of failures does.
"""

from __future__ import annotations

from collections.abc import Sequence

ASSUMPTIONS = {
    "reads": 'reads = ["anything:{0}"]',
    "reads-that-never-raise": 'reads = ["anything:{0}"]\nraises = false',
    "writes": 'writes = ["own{number}:{0}"]',  # each its own resource: with --unsafe-fixes
}


def settings(names: Sequence[str], assumption: str) -> str:
    """The text of a pexec.toml that declares all ``names`` alike."""
    entry = ASSUMPTIONS[assumption]
    lines = ['backend = "asyncio"']
    for number, name in enumerate(names):
        lines += ["", "[[tools]]", f'match = "{name}"', 'returns = "fresh"']
        lines.append(entry.replace("{number}", str(number)))
    return "\n".join(lines) + "\n"
