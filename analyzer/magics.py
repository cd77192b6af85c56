"""What IPython adds to Python in a notebook cell: found, and put aside behind plain calls.

The syntax is that of IPython's documentation ("IPython and shell: special commands"): `%magic`,
`!command`, `name = %magic`, `name = !command`, `?name`, `name?`, `,call`, `;call`, `/call`, and
`%%magic` in the first line of a cell, which then is no Python.

A call that nobody knows stands in the place of each, so that nothing moves past it. Names that it
may bind are its targets.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

#: Magics after which every name means what it meant before (IPython reference, "Built-in magic
#: commands", and extensions that are loaded most often).
_BINDS_NOTHING = frozenset({
    "alias", "autoreload", "bookmark", "cat", "cd", "colors", "conda", "config", "cp",
    "dhist", "dirs", "doctest_mode", "dotenv", "env", "gui", "hist", "history", "la",
    "less", "ll", "load_dotenv", "load_ext", "logoff", "logon", "logstart", "logstate",
    "logstop", "ls", "lsmagic", "magic", "mamba", "man", "matplotlib", "memit",
    "micromamba", "mkdir", "more", "mv", "notebook", "page", "pdb", "pdef", "pdoc", "pfile",
    "pinfo", "pinfo2", "pip", "popd", "pprint", "precision", "psearch", "psource", "pushd",
    "pwd", "pycat", "quickref", "rehashx", "reload_ext", "rm", "rmdir", "save", "set_env",
    "sx", "system", "tensorboard", "timeit", "unalias", "unload_ext", "uv", "watermark",
    "who", "who_ls", "whos", "xmode", "bash", "cmd", "css", "file", "html", "HTML",
    "javascript", "js", "latex", "markdown", "mermaid", "perl", "powershell", "pypy",
    "python", "python2", "python3", "ruby", "script", "sh", "svg", "SVG", "writefile",
})  # fmt: skip
#: Those that run the Python that stands behind them.
_RUNS_ITS_TEXT = frozenset({"time", "prun", "capture"})
#: Those that bind what their text names.
_BINDS_ITS_WORDS = frozenset({"bigquery", "sql"})

_MAGIC = re.compile(r"%%?\s*([A-Za-z_]\w*)?")
_ESCAPED = re.compile(r"[ \t]*(?P<rest>[%!?,;/].*)", re.DOTALL)
_ASSIGNED = re.compile(
    r"[ \t]*(?P<target>[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_]\w*)*\s*(?<![=!<>])=)\s*"
    r"(?P<rest>[%!](?!=).*)",
    re.DOTALL,
)
_HELP = re.compile(r"""[ \t]*(?P<rest>[^#'"\s][^#'"]*\?)\s*""")
_STRING = re.compile(r"""'''|\"\"\"|'|\"""")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Magic:
    """Text of a cell, by its offsets, that is no Python.

    ``names`` are what it may bind; None: any name at all. ``target`` is the text in front of it in
    an assignment.
    """

    start: int
    end: int
    names: frozenset[str] | None
    code: str = ""  # Python that it may run


def is_cell_magic(text: str) -> bool:
    """Is the whole cell something else than Python? Empty lines in front count for nothing."""
    return text.lstrip().startswith("%%")


def cell_magic(text: str) -> Magic:
    """What a cell that :func:`is_cell_magic` may bind: also by an option, as in ``--out name``."""
    header, _, body = text.lstrip().partition("\n")
    return Magic(0, len(text), _names(header, body), body if readable(body) else "")


def magics(text: str) -> list[Magic]:
    """The parts of a cell that IPython reads in its own way; none if the cell is plain Python."""
    if readable(text):
        return []
    found: list[Magic] = []
    for start, end in _logical_lines(text):
        line = text[start:end]
        assigned = _ASSIGNED.fullmatch(line)
        match = assigned or _ESCAPED.fullmatch(line) or _HELP.fullmatch(line)
        if match is not None:
            rest = match["rest"]
            at = start + match.start("rest")
            asked = rest.rstrip().endswith("?") or rest.startswith("?")
            names = frozenset[str]() if asked else _names(rest)
            code = _MAGIC.sub("", rest, count=1).strip() if rest.startswith("%") else ""
            code = code if readable(code) else ""
            found.append(Magic(at, at + len(rest.rstrip()), names, code))
    return found


def readable(text: str) -> bool:
    """Does Python's own parser take the text, ``await`` at its top level included?"""
    return _parsed(text) is not None


def bound_names(text: str) -> frozenset[str]:
    """The names that a text binds at its top level; all of its words if it cannot be parsed."""
    tree = _parsed(text)
    if tree is None:
        return frozenset(_words(text))
    found: set[str] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
            case ast.Global(names=names):
                found.update(names)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name):
                found.add(name)
            case _:
                pass
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            # Of what is inside, `global` and `:=` alone bind further out: too many names are fine.
            stack += [n for n in ast.walk(node) if isinstance(n, ast.Global)]
        else:
            stack += ast.iter_child_nodes(node)
    return frozenset(found) - {"*"}


def _parsed(text: str) -> ast.AST | None:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are no concern of ours
            return compile(text, "<cell>", "exec", flags)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(header: str, body: str = "") -> frozenset[str] | None:
    """What a magic binds; ``body``: the lines below it, of a magic that takes the whole cell."""
    if header.startswith("!"):
        return frozenset()
    if not header.startswith("%"):
        return None  # a call of whatever stands behind
    match = _MAGIC.match(header)
    name = match[1] if match is not None else None
    if name is None or match is None:
        return None
    options = header[match.end() :]
    if name in _BINDS_NOTHING:
        return frozenset(_words(options)) if body or header.startswith("%%") else frozenset()
    if name in _RUNS_ITS_TEXT:
        return bound_names(options) | (bound_names(body) if _plain(body) else _words(body))
    if name in _BINDS_ITS_WORDS:
        return frozenset(_words(options))
    return None


def _plain(body: str) -> bool:
    return readable(body)


def _words(text: str) -> frozenset[str]:
    return frozenset(w for w in _NAME.findall(text) if not keyword.iskeyword(w))


def _logical_lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends that stands neither in brackets nor in a string.

    A backslash at its end takes the next line with it.
    """
    position, depth, quote = 0, 0, ""
    length = len(text)
    while position < length:
        end = _line_end(text, position)
        if not depth and not quote:
            whole = position, _continued(text, end)
            first = text[position:end].lstrip()
            escaped = first[:1] in ("%", "!", "?", ",", ";", "/")
            if escaped or _ASSIGNED.fullmatch(text[position : whole[1]]):
                yield whole
                position = whole[1] + 1
                continue
            yield position, end
            if _HELP.fullmatch(text[position:end]):
                position = end + 1
                continue
        depth, quote = _after(text[position:end], depth, quote)
        position = end + 1


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found


def _continued(text: str, end: int) -> int:
    while end < len(text) and text[:end].rstrip("\r").endswith("\\"):
        end = _line_end(text, end + 1)
    return end


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """The depth of brackets, and the quote of a string that goes on, at the end of a line."""
    i = 0
    while i < len(line):
        if quote:
            if line[i] == "\\":
                i += 2
            elif line.startswith(quote, i):
                i, quote = i + len(quote), ""
            else:
                i += 1
            continue
        match = _STRING.match(line, i)
        if match is not None:
            quote = match[0]
            i = match.end()
        elif line[i] == "#":
            break
        else:
            depth += (line[i] in "([{") - (line[i] in ")]}")
            i += 1
    if len(quote) == 1 and not line.rstrip("\r").endswith("\\"):
        quote = ""  # a string in one quote ends with its line
    return max(depth, 0), quote
