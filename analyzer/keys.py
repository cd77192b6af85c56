"""Which objects of the project's classes may be keys: what compares is asked of keys only.

A class that defines ``__eq__`` and not ``__hash__`` has none (reference, 3.3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .typetext import Type

if TYPE_CHECKING:
    from .effects.inference import Inference


def hashable(inference: Inference, kind: Type) -> bool:
    """May objects of a type be keys?"""
    for cls in inference.index.kin(kind.name, exact=kind.exact):
        module = inference.module_of(cls)
        owner = inference.of(module) if module else None
        if owner is None or hashable_in_file(owner):
            return True
    return False


def hashable_in_file(inference: Inference) -> bool:
    """May objects of classes of a file that compare in their own way be keys?

    A class elsewhere that inherits from one of them may define ``__hash__``; it may be set, too.
    """
    index = inference.index
    if inference.resolver.own.hashable or index.computed or any(index.puts("__hash__")):
        return True
    module = inference.resolver.module_name
    return any(
        "__hash__" in cls.binds or cls.decorators or cls.keywords or len(cls.bases) > 1
        for qualname in inference.module.classes
        for cls in index.kin(f"{module}.{qualname}")
    )
