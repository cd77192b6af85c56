"""What a user would declare about the tools of the world, written by hand.

`mystery`, `poke` and `seen` are missing on purpose: unknown is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TOOLS: list[Mapping[str, Any]] = [
    {"match": "lookup", "reads": ["crm:{key}"], "returns": "fresh"},
    {"match": "orders_of", "reads": ["orders:{key}"], "returns": "fresh"},
    {"match": "lost", "reads": ["crm:{key}"], "returns": "fresh"},
    {"match": "price", "reads": ["prices:{sku}"], "returns": "immutable", "raises": False},
    {"match": "profile", "reads": ["profiles:{key}"]},
    {"match": "profile_copy", "reads": ["profiles:{key}"], "returns": "fresh"},
    {"match": "shelf", "reads": ["shelf:{key}"]},
    {"match": "stored", "reads": ["store:{key}"], "returns": "fresh"},
    {"match": "read_file", "reads": ["fs:{path}"], "returns": "immutable"},
    {"match": "list_files", "reads": ["fs:{pattern|glob}"], "returns": "fresh"},
    {"match": "inbox", "reads": ["mail"], "returns": "fresh"},
    {"match": "query", "reads": ["db:{sql}"], "returns": "fresh", "concurrency": "exclusive"},
    {
        "match": "ask",
        "reads": ["kb:{what}"],
        "returns": "fresh",
        "concurrency": "exclusive",
        "cancel": "safe",
    },
    {"match": "ticks", "reads": ["clock"], "returns": "immutable"},
    {"match": "weigh", "pure": True, "returns": "immutable"},
    {"match": "save", "writes": ["store:{key}"], "returns": "immutable"},
    {"match": "update", "writes": ["crm:{key}"], "returns": "immutable"},
    {"match": "order", "writes": ["orders:{key}"], "returns": "immutable"},
    {"match": "mail", "writes": ["mail"], "returns": "immutable"},
    {"match": "write_file", "writes": ["fs:{path}"], "returns": "immutable"},
    {"match": "execute", "writes": ["db"], "returns": "immutable"},
    {"match": "keep", "writes": ["shelf:{key}"]},
    {"match": "fill", "reads": ["crm:{key}"], "writes": ["memory:{items}"], "returns": "fresh"},
    {"match": "bump", "writes": ["counters:{key}"], "returns": "immutable", "raises": False},
    {"match": "warm", "writes": ["cache:{key}"], "returns": "immutable", "speculative": True},
    {"match": "log_event", "writes": ["log"], "returns": "immutable", "raises": False},
    {"match": "audit", "reads": ["memory:{payload}"], "writes": ["audit"]},
    {"match": "simworld.Client", "pure": True, "returns": "fresh"},
    {"match": "simworld.Session", "pure": True, "returns": "fresh"},
    {"match": "simworld.Client.get", "reads": ["web:{url}"], "concurrency": "safe"},
    {"match": "simworld.Client.post", "writes": ["web"], "concurrency": "safe"},
    {"match": "simworld.Session.fetch", "reads": ["db:{sql}"], "concurrency": "exclusive"},
]
