"""The tools of the world, and the namespace that a program runs in.

Each tool is a plain function over the state; `declarations.py` says the same in the words of a
user's configuration. Neither is derived from the other.
"""

from __future__ import annotations

import fnmatch
import inspect
import posixpath
import types
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from .world import Handle, Moment, Tool, World, freeze

TOOLS: dict[str, Tool] = {}

Effect = Callable[..., Any]


def tool(**options: Any) -> Callable[[Effect], Effect]:
    """Registers the function that is the effect of a tool; options are the fields of `Tool`."""

    def register(act: Effect) -> Effect:
        name = act.__name__
        TOOLS[name] = Tool(name, act, inspect.signature(act), **options)
        return act

    return register


def at(domain: str, name: str = "") -> Callable[[dict[str, Any]], str]:
    """The resource of a write: a store, or one entry of it."""
    return lambda arguments: f"{domain}:{arguments[name]}" if name else domain


def _path(path: str) -> str:
    return posixpath.normpath(path)


# Reads of the outside world.


@tool()
def lookup(world: World, key: str) -> Any:
    return deepcopy(world.state["crm"][key])


@tool()
def orders_of(world: World, key: str) -> Any:
    return deepcopy(world.state["orders"].get(key, []))


@tool()
def lost(world: World, key: str) -> Any:
    """Has nothing for anybody: the entry point of guards."""
    return None


@tool(raises=False)
def price(world: World, sku: str) -> int:
    return world.state["prices"].get(sku, 0)


@tool()
def profile(world: World, key: str) -> Any:
    """Hands out the live object."""
    return world.state["profiles"][key]


@tool()
def profile_copy(world: World, key: str) -> Any:
    """Answers with what the live object holds now."""
    return deepcopy(world.state["profiles"][key])


@tool()
def shelf(world: World, key: str) -> Any:
    return world.state["shelf"].get(key)


@tool()
def stored(world: World, key: str) -> Any:
    return deepcopy(world.state["store"].get(key))


@tool()
def read_file(world: World, path: str) -> str:
    return world.state["files"].get(_path(path), "")


@tool()
def list_files(world: World, pattern: str) -> list[str]:
    wanted = pattern.split("/")

    def matches(path: str) -> bool:
        parts = path.split("/")
        return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))

    return sorted(filter(matches, world.state["files"]))


@tool()
def inbox(world: World) -> list[str]:
    return deepcopy(world.state["mail"])


@tool(exclusive="conn")
def query(world: World, sql: str) -> Any:
    """On the connection that is one answer behind after a cancelled read."""
    return [sql, *deepcopy(world.state["db"]["rows"])]


@tool(exclusive="desk")
def ask(world: World, what: str) -> Any:
    """On a handle that only one call may use, but that bears a cancelled call."""
    return [what, *deepcopy(world.state["kb"]["facts"])]


@tool()
def ticks(world: World) -> float:
    world.mark("clock", "ticks")
    return Moment(world.now())


# Looks at its argument only, and again when it ends.


@tool(copies=False, late=lambda world, items: freeze(items))
def weigh(world: World, items: Any) -> str:
    return freeze(items)


# Writes.


@tool(resource=at("store", "key"))
def save(world: World, key: str, value: Any) -> str:
    world.state["store"][key] = value
    return "saved"


@tool(resource=at("crm", "key"))
def update(world: World, key: str, value: Any) -> str:
    world.state["crm"].setdefault(key, {})["name"] = value
    return "updated"


@tool(resource=at("orders", "key"))
def order(world: World, key: str, item: Any) -> int:
    world.state["orders"].setdefault(key, []).append(item)
    return len(world.state["orders"][key])


@tool(resource=at("mail"))
def mail(world: World, to: str, text: Any) -> int:
    world.state["mail"].append(f"{to}: {freeze(text)}")
    return len(world.state["mail"])


@tool(resource=lambda arguments: "files:" + _path(arguments["path"]))
def write_file(world: World, path: str, text: Any) -> None:
    world.state["files"][_path(path)] = str(text)


@tool(resource=at("db"))
def execute(world: World, sql: str) -> int:
    world.state["db"]["rows"].append(sql)
    return len(world.state["db"]["rows"])


@tool(resource=at("shelf", "key"), copies=False)
def keep(world: World, key: str, value: Any) -> None:
    """Keeps the very object it is handed."""
    world.state["shelf"][key] = value


@tool(resource=at("argument"), copies=False)
def fill(world: World, items: Any, key: str) -> int:
    """Changes its argument: adds what the CRM knows."""
    items.append(world.state["crm"][key]["name"])
    return len(items)


@tool(resource=at("counters", "key"), raises=False)
def bump(world: World, key: str) -> int:
    world.state["counters"][key] = world.state["counters"].get(key, 0) + 1
    return world.state["counters"][key]


@tool(resource=at("cache", "key"), vain=True)
def warm(world: World, key: str) -> str:
    """A write that may happen in vain."""
    world.state["cache"][key] = "warm"
    return f"warm {key}"


@tool(raises=False)
def log_event(world: World, text: Any) -> None:
    world.state["log"].append(str(text))


def _audited(world: World, note: str, payload: Any) -> None:
    world.state["audit"].append(f"{note} {freeze(payload)}")


@tool(resource=at("audit"), copies=False, late=_audited)
def audit(world: World, note: str, payload: Any) -> None:
    """Reads the object it was handed both when it acts and when it ends."""
    _audited(world, note, payload)


# Nobody declared these.


@tool(barrier=True, copies=False, resource=at("hidden"))
def mystery(world: World, value: Any = None) -> int:
    """May do anything; in fact it changes a customer, a list, and what it is handed."""
    world.state["crm"]["a"]["n"] += 100
    world.state["hidden"].append(freeze(value))
    if isinstance(value, list):
        value.append("mystery")
    return len(world.state["hidden"])


def namespace(world: World) -> dict[str, Any]:
    """The globals of a program: the tools, `print`, and what only handlers and closures call."""

    def seen(label: str, *values: object) -> None:
        """For handlers: records what they see. Undeclared, so it is a barrier."""
        world.mark("seen", label + freeze(values))
        for value in values:
            if isinstance(value, BaseException):
                world.blame(value)

    def poke() -> int:
        """A plain function that nobody declared."""
        world.mark("poke")
        world.state["crm"]["b"]["n"] += 1
        world.state["hidden"].append("poke")
        return world.state["crm"]["b"]["n"]

    names: dict[str, Any] = {name: world.bind(each) for name, each in TOOLS.items()}
    return names | {"print": world.print, "seen": seen, "poke": poke}


# A module with handle classes, for `import simworld`.


def _get(world: World, url: str) -> Any:
    return world.state["web"].get(url, "")


def _post(world: World, url: str, body: Any) -> int:
    world.state["web"][url] = str(body)
    return 200


def _fetch(world: World, sql: str) -> Any:
    return [sql, *world.state["db"]["rows"]]


def _tool(act: Effect, name: str, **options: Any) -> Tool:
    return Tool(name, act, inspect.signature(act), **options)


def simworld(world: World) -> types.ModuleType:
    """The module: `Client` may be used by two calls at once, `Session` may not."""

    class _Closing:
        closed = False

        async def __aenter__(self) -> Any:
            return self

        async def __aexit__(self, *_: object) -> None:
            name = type(self).__name__
            if any(call.key[0].startswith(name) for call in world.live.values()):
                world.violations.append(f"{name} is closed under a running call")
            self.closed = True

    class Client(_Closing):
        def __init__(self) -> None:
            self.get = world.bind(_tool(_get, "Client.get"))
            self.post = world.bind(_tool(_post, "Client.post", resource=at("web")))

    class Session(_Closing):
        def __init__(self) -> None:
            name = f"session {len(world.handles)}"
            world.handles[name] = Handle(True)
            self.fetch = world.bind(_tool(_fetch, "Session.fetch", exclusive=name))

    module = types.ModuleType("simworld")
    vars(module).update(Client=Client, Session=Session, tenant=world.tenant)
    return module


def dbos(world: World) -> types.ModuleType:
    """A stand-in for a durable workflow engine, which replays the calls of a workflow in order."""

    class DBOS:
        @staticmethod
        def workflow() -> Callable[[Effect], Effect]:
            world.replayed = True
            return lambda function: function

    module = types.ModuleType("dbos")
    vars(module).update(DBOS=DBOS)
    return module
