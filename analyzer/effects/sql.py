"""SQL texts: does one only select?

Not a parser, but a reader of words that says yes to what it understands wholly: one statement that
begins with SELECT or WITH, without a word that could change, lock or keep something, and whose
functions are known (`sql.toml`). All dialects are meant at once, so what one of them reads in
another way (backslashes in texts, comments that are run, variables, quoting by dollar signs) is
refused. That tables, views, types and operators of the database do nothing but answer when they
are selected from is an assumption (docs/assumptions.md).
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

#: Texts, quoted names, numbers, words with a qualifier, and single marks.
_TOKEN = re.compile(
    r"""(?P<text>[eEnNbBxX]?'(?:[^'\\]|'')*')
      | (?P<quoted>"(?:[^"\\]|"")*"|`[^`\\]*`)
      | (?P<comment>--[ ][^\n'"`\\]*(?:\n|$))
      | (?P<number>\d[\w.]*)
      | (?P<cast>::)
      | (?P<parameter>[:$?%][(]?\w*[)]?s?)
      | (?P<word>[^\W\d]\w*)
      | (?P<mark>[()\[\]{},.;+*/%<>=!~^&|]|-(?!-))""",
    re.VERBOSE,
)
#: Words that change, lock, keep or name what does. `FOR` begins `FOR UPDATE` and `NEXT VALUE FOR`.
_ACTING = frozenset({
    "insert", "update", "delete", "merge", "into", "for", "lock", "call", "exec", "execute",
    "returning", "procedure", "do", "copy", "truncate", "drop", "create", "alter", "grant",
    "revoke", "set", "outfile", "dumpfile", "openquery", "openrowset", "openxml", "nextval",
    "currval", "lastval",
})  # fmt: skip
_REFUSED = re.compile(r":=|/\*|\*/|\$\w*\$")


@cache
def _functions() -> frozenset[str]:
    """The functions, and words before a parenthesis, that are known to only look."""
    folder = resources.files(__package__ or "pexec.analyzer.effects")
    data = tomllib.loads((folder / "sql.toml").read_text(encoding="utf-8"))
    return frozenset(name for row in data["functions"] for name in row["names"])


def only_selects(statement: str) -> bool:
    """Does the database do nothing for this text but answer? Sure only where it says yes."""
    if _REFUSED.search(statement):
        return False
    tokens = _tokens(statement.strip().rstrip(";").rstrip())
    if not tokens or tokens[0][1] not in ("select", "with"):
        return False
    before = ""
    for (kind, token), (_, after) in zip(tokens, [*tokens[1:], ("", "")], strict=True):
        if token == ";" or (kind == "word" and token in _ACTING):
            return False
        named = after == "(" and kind in ("quoted", "parameter", "word")
        if named and (kind != "word" or token not in _functions() or before == "."):
            return False
        before = token
    return True


def _tokens(statement: str) -> list[tuple[str, str]]:
    """Kind and lower-case text of each token; nothing where a character is not understood."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(statement):
        if statement[position].isspace():
            position += 1
            continue
        token = _TOKEN.match(statement, position)
        if token is None or token.lastgroup is None:
            return []
        if token.lastgroup != "comment":
            found.append((token.lastgroup, token.group().lower()))
        position = token.end()
    return found
