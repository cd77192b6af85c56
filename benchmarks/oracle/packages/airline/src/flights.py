"""A second help desk over one dictionary: reservations, flights by date, seats and baggage."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

FIRST: dict[str, Any] = {
    "users": {
        "kai": {
            "name": "Kai", "level": "gold", "saved": [{"first": "Kai", "last": "Orr"}],
            "payments": {
                "credit_card_1": {"source": "credit_card"},
                "gift_card_2": {"source": "gift_card", "amount": 200},
                "certificate_3": {"source": "certificate", "amount": 100},
            },
            "reservations": ["R1"],
        },
        "lea": {
            "name": "Lea", "level": "regular", "saved": [],
            "payments": {"credit_card_4": {"source": "credit_card"}},
            "reservations": ["R2"],
        },
    },
    "flights": {
        "F10": {
            "from": "OSL", "to": "RIX", "depart": "08:00", "arrive": "10:00",
            "dates": {
                "05-01": {"status": "available", "seats": {"economy": 4}, "prices": {"economy": 60}},
                "05-02": {"status": "cancelled"},
            },
        },
        "F20": {
            "from": "RIX", "to": "ATH", "depart": "11:00", "arrive": "14:30",
            "dates": {"05-01": {"status": "available", "seats": {"economy": 2}, "prices": {"economy": 90}}},
        },
        "F30": {
            "from": "OSL", "to": "ATH", "depart": "07:00", "arrive": "11:00",
            "dates": {"05-01": {"status": "available", "seats": {"economy": 0}, "prices": {"economy": 150}}},
        },
    },
    "reservations": {
        "R1": {
            "id": "R1", "user": "kai", "flights": [{"number": "F10", "date": "05-01", "price": 60}],
            "passengers": [{"first": "Kai", "last": "Orr"}], "bags": 1, "insured": False,
            "history": [{"by": "credit_card_1", "amount": 60}],
        },
        "R2": {
            "id": "R2", "user": "lea", "flights": [{"number": "F20", "date": "05-01", "price": 90}],
            "passengers": [{"first": "Lea", "last": "Dahl"}], "bags": 0, "insured": True,
            "history": [{"by": "credit_card_4", "amount": 90}],
        },
    },
    "next": 3,
}  # fmt: skip

Data = dict[str, Any]


def load() -> Data:
    return deepcopy(FIRST)


def _new_id(data: Data) -> str:
    number = data["next"]
    data["next"] = number + 1
    return f"R{number}"


def _free_seats(data: Data, number: str, date: str) -> int:
    day = data["flights"][number]["dates"].get(date)
    if day is None or day["status"] != "available":
        return 0
    return day["seats"]["economy"]


def _owner(data: Data, reservation: dict[str, Any]) -> dict[str, Any]:
    return data["users"][reservation["user"]]


def user(data: Data, user_id: str) -> str:
    if user_id not in data["users"]:
        return "Error: user not found"
    return json.dumps(data["users"][user_id])


def reservation(data: Data, reservation_id: str) -> str:
    held = data["reservations"].get(reservation_id)
    return json.dumps(held) if held else "Error: reservation not found"


def airports(data: Data) -> str:
    return json.dumps(sorted({f["from"] for f in data["flights"].values()}
                             | {f["to"] for f in data["flights"].values()}))  # fmt: skip


def flight_status(data: Data, number: str, date: str) -> str:
    if number not in data["flights"]:
        return "Error: flight not found"
    dates = data["flights"][number]["dates"]
    return dates[date]["status"] if date in dates else "Error: date not found"


def search_direct(data: Data, origin: str, target: str, date: str) -> str:
    found = []
    for number, flight in data["flights"].items():
        if flight["from"] == origin and flight["to"] == target and date in flight["dates"]:
            day = flight["dates"][date]
            if day["status"] == "available":
                found.append({"number": number, "depart": flight["depart"], **day})
    return json.dumps(found)


def search_onestop(data: Data, origin: str, target: str, date: str) -> str:
    flights = data["flights"]
    found = [
        (one, two)
        for one, first in flights.items()
        for two, second in flights.items()
        if first["from"] == origin and first["to"] == second["from"] and second["to"] == target
        and first["arrive"] < second["depart"] and date in first["dates"] and date in second["dates"]
    ]  # fmt: skip
    return json.dumps(found)


def baggage_allowance(data: Data, level: str, cabin: str) -> str:
    table = {"regular": {"economy": 1, "business": 2}, "gold": {"economy": 3, "business": 3}}
    if level not in table:
        return "Error: unknown level"
    return str(table[level].get(cabin, 0))


def calculate(data: Data, expression: str) -> str:
    if any(char not in "0123456789+-*/(). " for char in expression):
        return "Error: invalid characters in expression"
    return str(round(float(eval(expression, {"__builtins__": None}, {})), 2))


def book(
    data: Data, user_id: str, number: str, date: str, passengers: list[dict[str, str]], payment_id: str
) -> str:
    users, reservations = data["users"], data["reservations"]
    if user_id not in users:
        return "Error: user not found"
    traveller = users[user_id]
    if _free_seats(data, number, date) < len(passengers):
        return "Error: not enough seats"
    if payment_id not in traveller["payments"]:
        return "Error: payment method not found"
    day = data["flights"][number]["dates"][date]
    total = day["prices"]["economy"] * len(passengers)
    method = traveller["payments"][payment_id]
    if "credit_card" not in payment_id:
        if method["amount"] < total:
            return "Error: not enough balance"
        if method["source"] == "gift_card":
            method["amount"] -= total
        else:
            del traveller["payments"][payment_id]
    new = {
        "id": _new_id(data),
        "user": user_id,
        "flights": [{"number": number, "date": date, "price": day["prices"]["economy"]}],
        "passengers": deepcopy(passengers),
        "bags": 0,
        "insured": False,
        "history": [{"by": payment_id, "amount": total}],
    }
    day["seats"]["economy"] -= len(passengers)
    reservations[new["id"]] = new
    traveller["reservations"].append(new["id"])
    return json.dumps(new)


def cancel(data: Data, reservation_id: str) -> str:
    if reservation_id not in data["reservations"]:
        return "Error: reservation not found"
    held = data["reservations"][reservation_id]
    if held.get("status") == "cancelled":
        return "Error: cancelled already"
    refunds = [{"by": p["by"], "amount": -p["amount"]} for p in held["history"]]
    held["history"].extend(refunds)
    held["status"] = "cancelled"
    return json.dumps(held)


def update_bags(data: Data, reservation_id: str, bags: int, payment_id: str) -> str:
    if reservation_id not in data["reservations"]:
        return "Error: reservation not found"
    held = data["reservations"][reservation_id]
    extra = max(0, bags - held["bags"]) * 50
    if extra:
        method = _owner(data, held)["payments"].get(payment_id)
        if method is None:
            return "Error: payment method not found"
        if method["source"] == "certificate":
            return "Error: certificates cannot pay for bags"
        if method["source"] == "gift_card":
            method["amount"] -= extra
        held["history"].append({"by": payment_id, "amount": extra})
    held["bags"] = bags
    return json.dumps(held)


def update_passengers(data: Data, reservation_id: str, passengers: list[dict[str, str]]) -> str:
    if reservation_id not in data["reservations"]:
        return "Error: reservation not found"
    held = data["reservations"][reservation_id]
    if len(passengers) != len(held["passengers"]):
        return "Error: the number of passengers does not match"
    held["passengers"] = passengers
    return json.dumps(held)


def change_flight(data: Data, reservation_id: str, number: str, date: str) -> str:
    held = data["reservations"].get(reservation_id)
    if held is None:
        return "Error: reservation not found"
    old = held["flights"][0]
    if _free_seats(data, number, date) < len(held["passengers"]):
        return "Error: not enough seats"
    price = data["flights"][number]["dates"][date]["prices"]["economy"]
    held["history"].append({"by": held["history"][0]["by"], "amount": price - old["price"]})
    held["flights"][0] = {"number": number, "date": date, "price": price}
    return json.dumps(held)


def send_certificate(data: Data, user_id: str, amount: int) -> str:
    payments = data["users"][user_id]["payments"]
    for number in range(3, 6):
        payment_id = f"certificate_{number}"
        if payment_id not in payments:
            payments[payment_id] = {"source": "certificate", "amount": amount}
            return f"Certificate {payment_id} added"
    return "Error: too many certificates"


def save_passenger(data: Data, user_id: str, first: str, last: str) -> str:
    saved = data["users"][user_id]["saved"]
    entry = {"first": first, "last": last}
    if entry in saved:
        return "Error: saved already"
    saved.append(entry)
    return json.dumps(saved)
