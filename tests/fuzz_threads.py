"""Random programs over the blocking tools of ``threaded``; the same ones for the same seed."""

from __future__ import annotations

import random
import textwrap

KEYS = ("a", "b", "c")


def program(seed: int) -> str:
    """A ``main(box)`` that calls blocking tools, a coroutine now and then."""
    chance = random.Random(seed)
    waits = chance.random() < 0.3
    names = ["box"]
    head = "async def main(box):" if waits or chance.random() < 0.2 else "def main(box):"
    lines = ["rows = []"]
    if waits:
        lines.append('x0 = await fetch("x")')
    for _ in range(chance.randint(3, 7)):
        lines += _statement(chance, names, waits, 0)
    lines.append(f"return [{', '.join(names[1:])}], rows")
    return f"{head}\n{textwrap.indent(chr(10).join(lines), '    ')}\n"


def _call(chance: random.Random, names: list[str]) -> str:
    key = repr(chance.choice(KEYS))
    if len(names) > 1 and chance.random() < 0.15:
        key = f"str({chance.choice(names[1:])})"
    return f"grab({key})" if chance.random() < 0.8 else f"who({key})"


def _through(chance: random.Random) -> str:
    """What a loop goes through; more than there are threads, now and then."""
    keys = chance.choice(["('a', 'b')", "['a', 'b', 'a', 'c']", "list('abcdefghij')", "[]"])
    if keys == "[]":
        return "[one for one in ('a', 'b') if one == 'c']"
    return chance.choice([keys, keys, f"sorted({keys})", f"list({keys})"])


def _turn_call(chance: random.Random) -> str:
    argument = chance.choice(["one", "one", "one", "'a'", "{'a': 1, 'b': 'c'}[one]"])
    return f"{chance.choice(['grab', 'grab', 'grab', 'who'])}({argument})"


def _loop(chance: random.Random) -> list[str]:
    """A loop with one call in each turn, as a rule, and something before or behind it."""
    call = _turn_call(chance)
    lines = [f"for one in {_through(chance)}:"]
    before = chance.choice(
        ["", "", "", "if one == 'a':\n    continue", "print('turn', one)", "rows.append(one)"]
    )
    made = chance.choice(
        [f"got = {call}", f"got = {call}", f"rows.append({call})", f"box[one] = {call}", call]
    )
    behind = chance.choice(
        ["", "", "print(one)", "rows.append(len(rows))", "box['last'] = one", "keep('z', 1)",
         "if len(rows) > 9:\n    break", f"got = {call}", "rows.append(1 / (len(rows) - 3))",
         "ring()"]
    )  # fmt: skip
    if chance.random() < 0.25:
        made = f"try:\n    {made}\nexcept Failed as error:\n    rows.append(str(error))"
    body = "\n".join(part for part in (before, made, behind) if part)
    lines += textwrap.indent(body, "    ").split("\n")
    if chance.random() < 0.2:
        lines += ["else:", "    print('all')"]
    return lines


def _statement(chance: random.Random, names: list[str], waits: bool, depth: int) -> list[str]:
    form = chance.choice(
        ["bind"] * 8 + ["row", "row", "slot", "both", "both", "sum", "pair", "keep", "keep", "ring",
                        "print", "count", "drop", "fetch", "guard", "try", "if", "again", "raise",
                        "for", "for", "list"]
    )  # fmt: skip
    call = _call(chance, names)
    key = chance.choice(KEYS)
    if form == "row":
        return [f"rows.append({call})"]
    if form == "slot":
        return [f"box[{key!r}] = {call}"]
    other = _call(chance, names)
    if form == "both":
        return [f"rows.append([{call}, {chance.choice(names)}, {other}])"]
    if form == "sum":
        return [f"print(f'{{len({call})}} {{{other}!r:>9}}')"] if "'" not in call + other \
            else [f"box[{call}] = {other}"]  # fmt: skip
    if form == "pair":
        head = [f"keep({key!r}, 3)"] if chance.random() < 0.3 else []
        guarded = f"{call} if len(rows) > 2 else 0"
        return [f"box[{key!r}] = dict(k={guarded}, *{[]}, m=({', '.join([*head, other, call])},))"]
    if form == "keep":
        return [f"keep({key!r}, {chance.randint(0, 9)})"]
    if form == "ring":
        return ["ring()"]
    if form == "print":
        return [f"print({chance.choice([*names, 'rows'])})"]
    if form == "count":
        return ["rows.append(len(rows))"]
    if form == "drop":
        return [call]
    if form == "fetch" and waits:
        return [f"rows.append(await fetch({key!r}))"]
    if form == "guard":
        return [f"if len(rows) > {chance.randint(1, 6)}:", "    return rows"]
    if form == "again" and len(names) > 1:
        return [f"{chance.choice(names[1:])} = {call}"]
    if form == "raise":
        return [f"{names[-1]} = {{'k': {call}}}[{chance.choice(['k', 'k', 'n'])!r}]"] \
            if len(names) > 1 else [call]  # fmt: skip
    if form == "list":
        element = f"len({_turn_call(chance)})" if chance.random() < 0.4 else _turn_call(chance)
        only = " if one != 'b'" if chance.random() < 0.3 else ""
        return [f"box[{key!r}] = [{element} for one in {_through(chance)}{only}]"]
    if form == "for":
        return _loop(chance)
    if form in ("try", "if") and depth < 2:
        inner = [line for _ in range(chance.randint(2, 3))
                 for line in _statement(chance, [*names], waits, depth + 1)]  # fmt: skip
        body = textwrap.indent("\n".join(inner), "    ").split("\n")
        if form == "if":
            return ["if len(rows) % 2 == 0:", *body]
        ending = ["except Failed as error:", "    rows.append(str(error))"]
        return ["try:", *body, *ending, *(["finally:", "    print(rows)"]
                                          if chance.random() < 0.5 else [])]  # fmt: skip
    names.append(f"v{len(names)}_{depth}")
    return [f"{names[-1]} = {call}"]
