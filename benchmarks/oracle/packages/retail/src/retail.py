"""A shop's help desk: functions over one nested dictionary that is handed in first."""

from __future__ import annotations

import copy
import json
from typing import Any


def load() -> dict[str, Any]:
    """The shop's first data."""
    return {
        "users": {
            "mia_1": {
                "name": {"first": "Mia", "last": "Holm"},
                "email": "mia@example.com",
                "address": {"street": "3 Elm Row", "city": "Leeds", "zip": "LS1"},
                "payments": {
                    "credit_card_11": {"source": "credit_card", "id": "credit_card_11"},
                    "gift_card_12": {"source": "gift_card", "id": "gift_card_12", "balance": 80},
                },
                "orders": ["W1", "W2"],
            },
            "noa_2": {
                "name": {"first": "Noa", "last": "Reyes"},
                "email": "noa@example.com",
                "address": {"street": "8 Dock St", "city": "Hull", "zip": "HU1"},
                "payments": {"paypal_21": {"source": "paypal", "id": "paypal_21"}},
                "orders": ["W3"],
            },
        },
        "orders": {
            "W1": {
                "user": "mia_1", "status": "pending", "address": {"city": "Leeds", "zip": "LS1"},
                "items": [
                    {"item": "i10", "product": "p1", "price": 30.0, "options": {"size": "M"}},
                    {"item": "i20", "product": "p2", "price": 12.5, "options": {"ink": "blue"}},
                ],
                "payments": [{"kind": "payment", "amount": 42.5, "by": "credit_card_11"}],
            },
            "W2": {
                "user": "mia_1", "status": "delivered", "address": {"city": "Leeds", "zip": "LS1"},
                "items": [{"item": "i21", "product": "p2", "price": 14.0, "options": {"ink": "red"}}],
                "payments": [{"kind": "payment", "amount": 14.0, "by": "gift_card_12"}],
            },
            "W3": {
                "user": "noa_2", "status": "pending", "address": {"city": "Hull", "zip": "HU1"},
                "items": [{"item": "i11", "product": "p1", "price": 32.0, "options": {"size": "L"}}],
                "payments": [{"kind": "payment", "amount": 32.0, "by": "paypal_21"}],
            },
        },
        "products": {
            "p1": {
                "name": "Rain coat", "product": "p1",
                "variants": {
                    "i10": {"item": "i10", "price": 30.0, "available": True, "options": {"size": "M"}},
                    "i11": {"item": "i11", "price": 32.0, "available": True, "options": {"size": "L"}},
                },
            },
            "p2": {
                "name": "Fountain pen", "product": "p2",
                "variants": {
                    "i20": {"item": "i20", "price": 12.5, "available": True, "options": {"ink": "blue"}},
                    "i21": {"item": "i21", "price": 14.0, "available": False, "options": {"ink": "red"}},
                },
            },
        },
    }  # fmt: skip


def find_user_by_email(data: dict[str, Any], email: str) -> str:
    for user_id, profile in data["users"].items():
        if profile["email"].lower() == email.lower():
            return user_id
    return "Error: user not found"


def find_user_by_name(data: dict[str, Any], first: str, last: str, zip: str) -> str:
    for user_id, profile in data["users"].items():
        same_name = profile["name"]["first"] == first and profile["name"]["last"] == last
        if same_name and profile["address"]["zip"] == zip:
            return user_id
    return "Error: user not found"


def user_details(data: dict[str, Any], user_id: str) -> str:
    users = data["users"]
    if user_id in users:
        return json.dumps(users[user_id])
    return "Error: user not found"


def order_details(data: dict[str, Any], order_id: str) -> str:
    orders = data["orders"]
    if order_id in orders:
        return json.dumps(orders[order_id])
    return "Error: order not found"


def product_details(data: dict[str, Any], product_id: str) -> str:
    products = data["products"]
    if product_id in products:
        return json.dumps(products[product_id])
    return "Error: product not found"


def list_product_types(data: dict[str, Any]) -> str:
    products = {product["name"]: product["product"] for product in data["products"].values()}
    return json.dumps(dict(sorted(products.items())))


def calculate(data: dict[str, Any], expression: str) -> str:
    if not all(char in "0123456789+-*/(). " for char in expression):
        return "Error: invalid characters in expression"
    try:
        return str(round(float(eval(expression, {"__builtins__": None}, {})), 2))
    except Exception as error:
        return f"Error: {error}"


def think(data: dict[str, Any], thought: str) -> str:
    return ""


def transfer_to_human(data: dict[str, Any], summary: str) -> str:
    return "Transfer successful"


def cancel_pending_order(data: dict[str, Any], order_id: str, reason: str) -> str:
    orders = data["orders"]
    if order_id not in orders:
        return "Error: order not found"
    order = orders[order_id]
    if order["status"] != "pending":
        return "Error: non-pending order cannot be cancelled"
    if reason not in ["no longer needed", "ordered by mistake"]:
        return "Error: invalid reason"
    refunds = []
    for payment in order["payments"]:
        payment_id = payment["by"]
        refund = {"kind": "refund", "amount": payment["amount"], "by": payment_id}
        refunds.append(refund)
        if "gift_card" in payment_id:
            method = data["users"][order["user"]]["payments"][payment_id]
            method["balance"] += payment["amount"]
            method["balance"] = round(method["balance"], 2)
    order["status"] = "cancelled"
    order["cancel_reason"] = reason
    order["payments"].extend(refunds)
    return json.dumps(order)


def modify_user_address(
    data: dict[str, Any], user_id: str, street: str, city: str, zip: str
) -> str:
    users = data["users"]
    if user_id not in users:
        return "Error: user not found"
    user = users[user_id]
    user["address"] = {"street": street, "city": city, "zip": zip}
    return json.dumps(user)


def modify_order_address(data: dict[str, Any], order_id: str, city: str, zip: str) -> str:
    orders = data["orders"]
    if order_id not in orders:
        return "Error: order not found"
    order = orders[order_id]
    if "pending" not in order["status"]:
        return "Error: non-pending order cannot be modified"
    order["address"] = {"city": city, "zip": zip}
    return json.dumps(order)


def modify_order_items(
    data: dict[str, Any], order_id: str, item_ids: list[str], new_item_ids: list[str], payment_id: str
) -> str:
    products, orders, users = data["products"], data["orders"], data["users"]
    if order_id not in orders:
        return "Error: order not found"
    order = orders[order_id]
    if order["status"] != "pending":
        return "Error: non-pending order cannot be modified"
    if len(item_ids) != len(new_item_ids):
        return "Error: the number of items must match"
    difference = 0.0
    for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
        item = [item for item in order["items"] if item["item"] == item_id][0]
        variants = products[item["product"]]["variants"]
        if not (new_item_id in variants and variants[new_item_id]["available"]):
            return f"Error: item {new_item_id} not found or not available"
        difference += variants[new_item_id]["price"] - item["price"]
    methods = users[order["user"]]["payments"]
    if payment_id not in methods:
        return "Error: payment method not found"
    method = methods[payment_id]
    if method["source"] == "gift_card" and method["balance"] < difference:
        return "Error: insufficient gift card balance"
    order["payments"].append({
        "kind": "payment" if difference > 0 else "refund",
        "amount": abs(difference),
        "by": payment_id,
    })
    if method["source"] == "gift_card":
        method["balance"] = round(method["balance"] - difference, 2)
    for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
        item = [item for item in order["items"] if item["item"] == item_id][0]
        item["item"] = new_item_id
        item["price"] = products[item["product"]]["variants"][new_item_id]["price"]
        item["options"] = products[item["product"]]["variants"][new_item_id]["options"]
    order["status"] = "pending (items modified)"
    return json.dumps(order)


def modify_order_payment(data: dict[str, Any], order_id: str, payment_id: str) -> str:
    if order_id not in data["orders"]:
        return "Error: order not found"
    order = data["orders"][order_id]
    if payment_id not in data["users"][order["user"]]["payments"]:
        return "Error: payment method not found"
    if len(order["payments"]) > 1 or order["payments"][0]["kind"] != "payment":
        return "Error: there should be exactly one payment"
    first = order["payments"][0]
    if first["by"] == payment_id:
        return "Error: the new payment method should be another one"
    order["payments"].extend([
        {"kind": "payment", "amount": first["amount"], "by": payment_id},
        {"kind": "refund", "amount": first["amount"], "by": first["by"]},
    ])
    return json.dumps(order)


def return_items(data: dict[str, Any], order_id: str, item_ids: list[str], payment_id: str) -> str:
    if order_id not in data["orders"]:
        return "Error: order not found"
    order = data["orders"][order_id]
    if order["status"] != "delivered":
        return "Error: non-delivered order cannot be returned"
    if "gift_card" not in payment_id and payment_id != order["payments"][0]["by"]:
        return "Error: refund to a gift card or the original payment method"
    all_ids = [item["item"] for item in order["items"]]
    for item_id in item_ids:
        if item_ids.count(item_id) > all_ids.count(item_id):
            return "Error: some item not found"
    order["status"] = "return requested"
    order["return_items"] = sorted(item_ids)
    order["return_to"] = payment_id
    return json.dumps(order)


def restock(data: dict[str, Any], product_id: str, item_id: str) -> str:
    variant = data["products"][product_id]["variants"].get(item_id)
    if variant is None:
        return "Error: item not found"
    variant["available"] = True
    return "ok"


def price_preview(data: dict[str, Any], product_id: str, percent: float) -> str:
    product = copy.deepcopy(data["products"][product_id])
    for variant in product["variants"].values():
        variant["price"] = round(variant["price"] * (100 - percent) / 100, 2)
    return json.dumps(product)


def spent_by(data: dict[str, Any], user_id: str) -> str:
    total = 0.0
    for order_id in data["users"][user_id]["orders"]:
        for payment in data["orders"][order_id]["payments"]:
            sign = 1 if payment["kind"] == "payment" else -1
            total += sign * payment["amount"]
    return json.dumps({"total": round(total, 2)})
