"""A warehouse kept in module globals: dictionaries, lists, counters, a cache, a singleton."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

SHELVES: dict[str, dict[str, int]] = {
    "north": {"bolt": 40, "nut": 35},
    "south": {"washer": 12},
}
PRICES = {"bolt": 0.2, "nut": 0.1, "washer": 0.05}
ORDERS: list[dict[str, Any]] = []
ALERTS: set[str] = set()
MOVES: defaultdict[str, int] = defaultdict(int)

counter = 0
mode = "normal"
_sizes: dict[str, int] | None = None
_printer: Printer | None = None
_tickets = itertools.count(500)


class Printer:
    """Made when the first label is printed."""

    def __init__(self) -> None:
        self.pages = 0

    def put(self, text: str) -> str:
        self.pages += 1
        return f"page {self.pages}: {text}"


def _shelf_of(part: str) -> str | None:
    for name, parts in SHELVES.items():
        if part in parts:
            return name
    return None


def _get_printer() -> Printer:
    global _printer
    if _printer is None:
        _printer = Printer()
    return _printer


def _count() -> int:
    global counter
    counter += 1
    return counter


def stock_of(shelf: str, part: str) -> dict[str, Any]:
    if shelf not in SHELVES:
        return {"error": f"no shelf {shelf}"}
    return {"part": part, "stock": SHELVES[shelf].get(part, 0)}


def find_part(part: str) -> dict[str, Any]:
    return {"shelf": _shelf_of(part)}


def take(shelf: str, part: str, amount: int) -> dict[str, Any]:
    held = SHELVES[shelf].get(part, 0)
    if held < amount:
        ALERTS.add(part)
        return {"error": f"only {held} left"}
    SHELVES[shelf][part] = held - amount
    MOVES[part] += amount
    return {"left": SHELVES[shelf][part]}


def put(shelf: str, part: str, amount: int) -> dict[str, Any]:
    parts = SHELVES[shelf]
    parts[part] = parts.get(part, 0) + amount
    return {"now": parts[part]}


def price_of(part: str) -> dict[str, Any]:
    try:
        return {"price": PRICES[part]}
    except KeyError:
        return {"error": f"no price for {part}"}


def set_price(part: str, price: float) -> dict[str, Any]:
    old, PRICES[part] = PRICES.get(part), price
    return {"old": old}


def place_order(part: str, amount: int) -> dict[str, Any]:
    number = _count()
    ORDERS.append({"number": number, "part": part, "amount": amount})
    return {"number": number}


def open_orders(part: str | None = None) -> dict[str, Any]:
    return {"orders": [o["number"] for o in ORDERS if part is None or o["part"] == part]}


def close_order(number: int) -> dict[str, Any]:
    global ORDERS
    before = len(ORDERS)
    ORDERS = [order for order in ORDERS if order["number"] != number]
    return {"closed": before - len(ORDERS)}


def set_mode(name: str) -> dict[str, str]:
    global mode
    mode = name
    return {"mode": mode}


def get_mode() -> dict[str, str]:
    return {"mode": mode}


def print_label(text: str) -> dict[str, str]:
    return {"printed": _get_printer().put(text)}


def pages_printed() -> dict[str, int]:
    return {"pages": 0 if _printer is None else _printer.pages}


def sizes() -> dict[str, int]:
    global _sizes
    if _sizes is None:
        _sizes = {name: len(name) * 2 for name in ("bolt", "nut", "washer")}
    return _sizes


def size_of(part: str) -> dict[str, Any]:
    return {"size": sizes().get(part)}


def next_ticket() -> dict[str, int]:
    return {"ticket": next(_tickets)}


def alerts() -> dict[str, list[str]]:
    return {"alerts": sorted(ALERTS)}


def clear_alert(part: str) -> dict[str, bool]:
    known = part in ALERTS
    ALERTS.discard(part)
    return {"cleared": known}


def moved(part: str) -> dict[str, int]:
    return {"moved": MOVES[part]}


def total_value() -> dict[str, float]:
    total = sum(n * PRICES[p] for parts in SHELVES.values() for p, n in parts.items())
    return {"value": round(total, 2)}


def pack(amount: int, box: int = 6) -> dict[str, int]:
    boxes, rest = divmod(amount, box)
    return {"boxes": boxes, "rest": rest}
