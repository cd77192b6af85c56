"""Random programs with a compound statement whose header awaits several calls."""

from __future__ import annotations

import random

from bodies import Case

TOOLS = """\
kept = {'n': 1}
n = 1

class Loud:
    def __init__(self, *parts):
        self.parts = parts

    def __bool__(self):
        print('asked', len(self.parts))
        return len(self.parts) > 1

async def read(key):
    return await fetch(key)

async def parts(key):
    return {'k': await fetch(key)}

async def look(key):
    await hop(key)
    return kept['n']

async def change(key):
    await hop(key)
    kept['n'] += 1
    return kept['n']

async def bind(key):
    global n
    await hop(key)
    n += 1
    return n

def given(*values):
    return values

"""
#: Values; "?" is a place for another one.
LEAVES = ("kept['n']", "n", "1", "'b'", "print('x')", "len('abc')", "kept", "given()", "Loud(1, 2)")
CALLS = ("read", "read", "read", "read", "parts", "look", "change", "bind")
SHAPES = ("[?, ?]", "given(?, ?)", "given(?, ?, ?)", "Loud(?, ?)", "(?, ?)[1]", "? == ?", "? != ?",
          "str(?) < str(?) < str(?)", "'%s %s' % (?, ?)", "? in [?]", "(w := ?)", "(not (? == ?))",
          "(? and ?)", "(? or ?)", "(? if ? else ?)", "dict(a=?, b=?)",
          "[? for _ in 'ab']")  # fmt: skip


def header_program(seed: int) -> Case:
    """A project of one module, drawn from a seed."""
    rng = random.Random(seed)

    def call() -> str:
        name = rng.choice(CALLS)
        text = f"await {name}('{rng.choice('abcdefgh')}{rng.randrange(9)}')"
        return f"({text})['k']" if name == "parts" else f"({text})"

    def value(depth: int) -> str:
        if depth == 0 or rng.random() < 0.35:
            return call() if rng.random() < 0.75 else rng.choice(LEAVES)
        text = rng.choice(SHAPES)
        while "?" in text:
            text = text.replace("?", value(depth - 1), 1)
        return text

    def test() -> str:
        text = rng.choice((*SHAPES, "? == ?", "given(?, ?)", "? == ? and ?", "not ? == ? or ?"))
        while "?" in text:
            text = text.replace("?", value(rng.choice((0, 0, 1))), 1)
        return text

    kind = rng.choice(("if", "if", "if", "if", "for", "match", "while"))
    lines = ["w = None"] if rng.random() < 0.5 else []
    body = rng.sample(["print('in')", "kept['n'] += 2", f"a = {call()}", f"b = {call()}"], 2)
    if kind == "if":
        lines += [f"if {test()}:", *(f"    {line}" for line in body)]
        if rng.random() < 0.3:
            lines += [f"elif {test()}:", "    print('elif')"]
        if rng.random() < 0.3:
            lines += ["else:", "    print('else')"]
    elif kind == "while":
        lines += [f"while {test()}:", *(f"    {line}" for line in body), "    break"]
    elif kind == "match":
        lines += [f"match {test()}:", "    case 1 | [1, _]:", "        print('one')",
                  "    case other:", "        print(str(other)[:20])"]  # fmt: skip
    else:
        lines += [f"for x in given({test()}, {value(1)}):", "    print(str(x)[:9])"]
        lines += [f"    {line}" for line in body]
    if rng.random() < 0.3:
        lines.append(f"c = {call()}")
    lines.append(f"return {rng.choice(('n', 'kept', '1'))}")
    if rng.random() < 0.3:
        lines = ["try:", *(f"    {line}" for line in lines), "except Exception as error:",
                 "    return repr(error), kept, n" + ", w" * (lines[0] == "w = None")]  # fmt: skip
    text = TOOLS + "async def main():\n" + "".join(f"    {line}\n" for line in lines)
    return Case("random", str(seed), "rewritten", "", (("main.py", text),))
