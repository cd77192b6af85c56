"""A bank: nested dictionaries, counters of class and instance, a seeded generator of references."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

FIRST_STATE: dict[str, Any] = {
    "seed": 11,
    "accounts": {
        "DE1": {"owner": "ada", "balance": 900.0, "limits": {"daily": 500.0}, "cards": ["4001"]},
        "DE2": {"owner": "ada", "balance": 50.0, "limits": {"daily": 100.0}, "cards": []},
        "DE3": {"owner": "ben", "balance": 300.0, "limits": {"daily": 200.0}, "cards": ["4002", "4003"]},
    },
    "blocked_cards": set(),
    "logged_in": None,
}


class Bank:
    statements_printed = 0

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Any]]
        self.ledger: list[dict[str, Any]]
        self.blocked_cards: set[str]
        self.logged_in: str | None
        self._rates = {"EUR": 1.0, "USD": 1.1, "GBP": 0.85}

    def _load(self, state: dict[str, Any]) -> None:
        fresh = deepcopy(FIRST_STATE)
        self.accounts = state.get("accounts", fresh["accounts"])
        self.blocked_cards = state.get("blocked_cards", fresh["blocked_cards"])
        self.logged_in = state.get("logged_in", fresh["logged_in"])
        self.ledger = []
        self._random = random.Random(state.get("seed", fresh["seed"]))

    def _reference(self) -> str:
        return f"R{self._random.randint(1000, 9999)}"

    def _book(self, account: str, amount: float, text: str) -> str:
        reference = self._reference()
        self.accounts[account]["balance"] += amount
        self.ledger.append({"account": account, "amount": amount, "text": text, "reference": reference})
        return reference

    def _find_card(self, card: str) -> str | None:
        for number, account in self.accounts.items():
            if card in account["cards"]:
                return number
        return None

    def log_in(self, user: str, pin: str) -> dict[str, bool]:
        if user and len(pin) == 4 and pin.isdigit():
            self.logged_in = user
            return {"success": True}
        return {"success": False}

    def log_out(self) -> dict[str, bool]:
        if self.logged_in:
            self.logged_in = None
            return {"success": True}
        return {"success": False}

    def who_am_i(self) -> dict[str, str | None]:
        return {"user": self.logged_in}

    def balance(self, account: str) -> dict[str, Any]:
        if account not in self.accounts:
            return {"error": f"No account {account}."}
        return {"balance": self.accounts[account]["balance"]}

    def deposit(self, account: str, amount: float) -> dict[str, Any]:
        if account not in self.accounts:
            return {"error": f"No account {account}."}
        if amount <= 0:
            return {"error": "The amount must be positive."}
        reference = self._book(account, amount, "deposit")
        return {"reference": reference, "balance": self.accounts[account]["balance"]}

    def transfer(self, source: str, target: str, amount: float) -> dict[str, Any]:
        if not self.logged_in:
            return {"error": "Please log in first."}
        for account in (source, target):
            if account not in self.accounts:
                return {"error": f"No account {account}."}
        if self.accounts[source]["owner"] != self.logged_in:
            return {"error": "That is not your account."}
        if amount > self.accounts[source]["limits"]["daily"]:
            return {"error": "Above the daily limit."}
        if amount > self.accounts[source]["balance"]:
            return {"error": "Not enough money."}
        self._book(source, -amount, f"to {target}")
        self._book(target, amount, f"from {source}")
        return {"status": "done"}

    def set_daily_limit(self, account: str, limit: float) -> dict[str, Any]:
        if account not in self.accounts:
            return {"error": f"No account {account}."}
        old = self.accounts[account]["limits"]["daily"]
        self.accounts[account]["limits"]["daily"] = float(limit)
        return {"old": old, "new": float(limit)}

    def daily_limit(self, account: str) -> dict[str, Any]:
        held = self.accounts.get(account)
        if held is None:
            return {"error": f"No account {account}."}
        return {"limit": held["limits"]["daily"]}

    def block_card(self, card: str) -> dict[str, Any]:
        if self._find_card(card) is None:
            return {"error": f"No card {card}."}
        self.blocked_cards.add(card)
        return {"blocked": card}

    def unblock_card(self, card: str) -> dict[str, Any]:
        self.blocked_cards.discard(card)
        return {"unblocked": card}

    def card_status(self, card: str) -> dict[str, Any]:
        account = self._find_card(card)
        if account is None:
            return {"error": f"No card {card}."}
        return {"account": account, "blocked": card in self.blocked_cards}

    def order_card(self, account: str) -> dict[str, Any]:
        cards = self.accounts[account]["cards"]
        number = str(self._random.randint(4100, 4999))
        cards.append(number)
        return {"card": number, "cards": len(cards)}

    def accounts_of(self, owner: str) -> dict[str, list[str]]:
        return {"accounts": [n for n, a in self.accounts.items() if a["owner"] == owner]}

    def total_of(self, owner: str) -> dict[str, float]:
        return {"total": sum(a["balance"] for a in self.accounts.values() if a["owner"] == owner)}

    def account_details(self, account: str) -> dict[str, Any]:
        if account not in self.accounts:
            return {"error": f"No account {account}."}
        return self.accounts[account]

    def ledger_of(self, account: str, last: int | None = None) -> dict[str, Any]:
        entries = [e for e in self.ledger if e["account"] == account]
        if last is not None:
            entries = entries[-last:]
        return {"entries": [{k: v for k, v in e.items() if k != "account"} for e in entries]}

    def print_statement(self, account: str) -> dict[str, Any]:
        Bank.statements_printed += 1
        return {"number": Bank.statements_printed, "balance": self.accounts[account]["balance"]}

    def exchange(self, amount: float, currency: str) -> dict[str, Any]:
        if currency not in self._rates:
            raise ValueError(f"unknown currency {currency}")
        return {"amount": round(amount * self._rates[currency], 2)}

    def close_account(self, account: str) -> dict[str, Any]:
        if account not in self.accounts:
            return {"error": f"No account {account}."}
        if self.accounts[account]["balance"] != 0:
            return {"error": "The account is not empty."}
        del self.accounts[account]
        return {"closed": account}
