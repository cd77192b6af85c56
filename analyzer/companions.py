"""Names of a notebook that are bound whenever another one is, as one cell binds them together.

A cell that uses a name of another cell may run before that one: then the name is not bound. But if
``a`` is, and nothing but cell 2 binds it, then cell 2 has run that far, and bound what it binds
before; and what it binds after, up to the first statement that may raise.

Imports are taken not to (docs/assumptions.md): after one that fails, nobody goes on with what the
same cell has imported before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .ir import Block, Define, Module, Statement

_IMPORTS = frozenset({"Import", "ImportFrom"})


def companions(
    module: Module,
    binds: Callable[[Statement], frozenset[str]],
    raises: Callable[[Statement], bool],
) -> dict[str, frozenset[str]]:
    """For each global name that one statement of a notebook binds: names bound whenever it is.

    ``binds``: what a statement binds for certain, and nothing takes away; ``raises``: may it fail?
    Empty for a file that is no notebook.
    """
    found: dict[str, frozenset[str]] = {}
    for block in cells_of(module):
        bound = [binds(statement) for statement in block.statements]
        may = [s.kind not in _IMPORTS and raises(s) for s in block.statements]
        for i, statement in enumerate(block.statements):
            for symbol in {e.symbol for e in statement.events if isinstance(e, Define)}:
                info = module.symbols.get(symbol)
                if info is None or info.bindings != 1:
                    continue
                known = frozenset[str]()
                if symbol in bound[i]:
                    last = statement.events[-1]
                    done = isinstance(last, Define) and last.symbol == symbol  # its last act
                    end = i + 1 if done else i
                    while end < len(may) and not may[end]:
                        end += 1
                    known = known.union(*bound[:end]) - {symbol}
                # The same import in two cells counts as one binding: either may have been run.
                found[symbol] = known & found.get(symbol, known)
    return found


def cells_of(module: Module) -> Iterator[Block]:
    """The top level of each cell of a notebook; nothing of a file."""
    body = next(f.block for f in module.functions if not f.name)
    if body.part == "frame":
        for statement in body.statements[0].blocks[0].statements:
            yield from statement.blocks
