"""What methods of built-in containers do with items (library reference, "Built-in Types").

One vocabulary for all who ask: what may come to lie in a container, and what comes out of it.
"""

#: Put their last argument into the container.
PUT_ITEM = frozenset({"append", "add", "insert", "appendleft", "setdefault", "__setitem__"})
#: Put all items of their argument into it.
PUT_ITEMS = frozenset({"extend", "update", "extendleft", "__iadd__", "__ior__"})
#: Change it and put nothing into it.
ONLY_TAKE = frozenset({
    "pop", "popitem", "popleft", "remove", "discard", "clear", "sort", "reverse", "move_to_end",
    "rotate", "difference_update", "intersection_update", "__delitem__",
})  # fmt: skip
#: Leave it as it is.
LOOK = frozenset({
    "get", "items", "keys", "values", "copy", "index", "count", "join", "__len__", "__contains__",
    "__getitem__",
})  # fmt: skip
#: Answer with an item, or a default that is handed in.
ANSWER_ITEM = frozenset({"get", "pop", "setdefault", "__getitem__"})
VIEWS = frozenset({"items", "keys", "values"})
