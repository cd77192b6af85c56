"""A lending library: dataclasses, a class hierarchy, properties, an id generator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FINE_PER_DAY = 0.25
LIMITS = {"adult": 3, "child": 1}


@dataclass
class Copy:
    number: str
    title: str
    shelf: str
    on_loan_to: str | None = None
    waiting: list[str] = field(default_factory=list)

    @property
    def available(self) -> bool:
        return self.on_loan_to is None and not self.waiting


@dataclass
class Member:
    name: str
    kind: str = "adult"
    fines: float = 0.0
    loans: list[str] = field(default_factory=list)

    def may_borrow(self) -> bool:
        return self.fines == 0 and len(self.loans) < LIMITS[self.kind]


class Desk:
    """What all desks of the house share: notes, and opening hours."""

    def __init__(self) -> None:
        self.opened = True
        self.notes: list[str] = []
        self._last_note = 0

    def open_desk(self) -> dict[str, bool]:
        self.opened = True
        return {"open": self.opened}

    def close_desk(self) -> dict[str, bool]:
        self.opened = False
        return {"open": self.opened}

    def add_note(self, text: str) -> dict[str, Any]:
        self._last_note += 1
        self.notes.append(f"{self._last_note}: {text}")
        return {"note": self._last_note}

    def read_notes(self) -> dict[str, list[str]]:
        return {"notes": list(self.notes)}


class Library(Desk):
    def __init__(self) -> None:
        super().__init__()
        self._copies: dict[str, Copy] = {}
        self._members: dict[str, Member] = {}
        self.visits = 0
        self._next = 100

    # -- private helpers -----------------------------------------------------------------------

    def _copy(self, number: str) -> Copy | None:
        return self._copies.get(number)

    def _new_number(self) -> str:
        self._next += 1
        return f"C{self._next}"

    def _check(self, number: str, member: str) -> dict[str, str] | None:
        if not self.opened:
            return {"error": "The desk is closed."}
        if number not in self._copies:
            return {"error": f"No copy {number}."}
        if member not in self._members:
            return {"error": f"No member {member}."}
        return None

    def _hand_over(self, copy: Copy, member: Member) -> None:
        copy.on_loan_to = member.name
        member.loans.append(copy.number)

    # -- tools ---------------------------------------------------------------------------------

    def add_copy(self, title: str, shelf: str = "A") -> dict[str, str]:
        number = self._new_number()
        self._copies[number] = Copy(number, title, shelf)
        return {"number": number}

    def join(self, name: str, kind: str = "adult") -> dict[str, str]:
        if kind not in LIMITS:
            return {"error": f"Kind must be one of {', '.join(LIMITS)}."}
        if name in self._members:
            return {"error": f"{name} is a member already."}
        self._members[name] = Member(name, kind)
        return {"status": "joined"}

    def borrow(self, number: str, member: str) -> dict[str, Any]:
        problem = self._check(number, member)
        if problem:
            return problem
        copy, reader = self._copies[number], self._members[member]
        if not copy.available:
            return {"error": f"Copy {number} is not available."}
        if not reader.may_borrow():
            return {"error": f"{member} may not borrow now."}
        self._hand_over(copy, reader)
        return {"status": "lent", "number": number, "loans": len(reader.loans)}

    def give_back(self, number: str, days_late: int = 0) -> dict[str, Any]:
        copy = self._copy(number)
        if copy is None or copy.on_loan_to is None:
            return {"error": f"Copy {number} is not on loan."}
        reader = self._members[copy.on_loan_to]
        copy.on_loan_to = None
        reader.loans.remove(number)
        if days_late > 0:
            reader.fines += days_late * FINE_PER_DAY
        return {"status": "returned", "fines": reader.fines}

    def reserve(self, number: str, member: str) -> dict[str, Any]:
        problem = self._check(number, member)
        if problem:
            return problem
        waiting = self._copies[number].waiting
        if member in waiting:
            return {"error": f"{member} is waiting already."}
        waiting.append(member)
        return {"place": len(waiting)}

    def pay_fines(self, member: str) -> dict[str, Any]:
        reader = self._members.get(member)
        if reader is None:
            return {"error": f"No member {member}."}
        paid, reader.fines = reader.fines, 0.0
        return {"paid": paid}

    def move_copy(self, number: str, shelf: str) -> dict[str, str]:
        copy = self._copy(number)
        if not copy:
            return {"error": f"No copy {number}."}
        copy.shelf = shelf
        return {"number": number, "shelf": shelf}

    def where_is(self, number: str) -> dict[str, Any]:
        copy = self._copy(number)
        if not copy:
            return {"error": f"No copy {number}."}
        return {"shelf": copy.shelf}

    def is_available(self, number: str) -> dict[str, bool]:
        copy = self._copy(number)
        return {"available": copy is not None and copy.available}

    def search(self, word: str) -> dict[str, list[str]]:
        found = [c.number for c in self._copies.values() if word.lower() in c.title.lower()]
        return {"numbers": sorted(found)}

    def member_status(self, member: str) -> dict[str, Any]:
        try:
            reader = self._members[member]
        except KeyError:
            return {"error": f"No member {member}."}
        return {"name": reader.name, "fines": reader.fines, "loans": list(reader.loans)}

    def overdue_members(self) -> dict[str, list[str]]:
        return {"members": [name for name, m in self._members.items() if m.fines > 0]}

    def count_visit(self) -> dict[str, int]:
        self.visits += 1
        return {"visits": self.visits}

    def opening_hours(self, day: str) -> dict[str, str]:
        hours = {"saturday": "10-14", "sunday": "closed"}
        return {"day": day, "hours": hours.get(day.lower(), "9-18")}

    def fine_for(self, days_late: int) -> dict[str, float]:
        return {"fine": round(max(days_late, 0) * FINE_PER_DAY, 2)}
