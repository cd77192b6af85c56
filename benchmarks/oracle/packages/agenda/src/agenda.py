"""A calendar: entries kept in lists by day, a tree of folders with parents, early returns."""

from __future__ import annotations

from typing import Any


class Folder:
    """A folder of a tree; each knows its parent."""

    def __init__(self, name: str, parent: Folder | None = None) -> None:
        self.name = name
        self.parent = parent
        self.folders: dict[str, Folder] = {}
        self.colour = "grey"

    def _child(self, name: str) -> Folder | None:
        return self.folders.get(name)

    def _add(self, name: str) -> Folder:
        made = Folder(name, self)
        self.folders[name] = made
        return made


class Entry:
    __slots__ = ("day", "guests", "hour", "number", "title")

    def __init__(self, number: int, title: str, day: str, hour: int) -> None:
        self.number = number
        self.title = title
        self.day = day
        self.hour = hour
        self.guests: list[str] = []

    def _as_dict(self) -> dict[str, Any]:
        return {"number": self.number, "title": self.title, "day": self.day, "hour": self.hour}


class Agenda:
    def __init__(self) -> None:
        self.days: dict[str, list[Entry]] = {}
        self.reminders: dict[int, int] = {}
        self.root = Folder("root")
        self.here = self.root
        self.zone = "UTC"
        self._count = 0
        self._undo: list[str] = []

    def _entry(self, number: int) -> Entry | None:
        for entries in self.days.values():
            for entry in entries:
                if entry.number == number:
                    return entry
        return None

    @property
    def entry_count(self) -> int:
        return sum(len(entries) for entries in self.days.values())

    def add_entry(self, title: str, day: str, hour: int) -> dict[str, Any]:
        if not 0 <= hour <= 23:
            return {"error": "The hour must be between 0 and 23."}
        entries = self.days.setdefault(day, [])
        if any(entry.hour == hour for entry in entries):
            return {"error": f"{day} {hour}:00 is taken."}
        self._count += 1
        entry = Entry(self._count, title, day, hour)
        entries.append(entry)
        entries.sort(key=lambda e: e.hour)
        return entry._as_dict()

    def entries_of(self, day: str) -> dict[str, Any]:
        return {"entries": [entry._as_dict() for entry in self.days.get(day, [])]}

    def move_entry(self, number: int, hour: int) -> dict[str, Any]:
        entry = self._entry(number)
        if entry is None:
            return {"error": f"No entry {number}."}
        entry.hour = hour
        return {"number": number, "hour": hour}

    def rename_entry(self, number: int, title: str) -> dict[str, Any]:
        entry = self._entry(number)
        if entry is None:
            return {"error": f"No entry {number}."}
        self._undo.append(entry.title)
        entry.title = title
        return {"number": number, "title": title}

    def cancel_entry(self, number: int) -> dict[str, Any]:
        for entries in self.days.values():
            for entry in list(entries):
                if entry.number == number:
                    entries.remove(entry)
                    return {"cancelled": number}
        return {"error": f"No entry {number}."}

    def invite(self, number: int, guests: list[str]) -> dict[str, Any]:
        entry = self._entry(number)
        if entry is None:
            return {"error": f"No entry {number}."}
        entry.guests.extend(guests)
        return {"guests": len(entry.guests)}

    def guests_of(self, number: int) -> dict[str, Any]:
        entry = self._entry(number)
        return {"guests": entry.guests} if entry else {"error": f"No entry {number}."}

    def remind(self, number: int, minutes: int) -> dict[str, Any]:
        self.reminders[number] = minutes
        return {"number": number, "minutes": minutes}

    def forget(self, number: int) -> dict[str, Any]:
        return {"minutes": self.reminders.pop(number, None)}

    def reminder_of(self, number: int) -> dict[str, Any]:
        return {"minutes": self.reminders.get(number)}

    def set_zone(self, zone: str) -> dict[str, str]:
        if "/" not in zone and zone != "UTC":
            return {"error": "A zone looks like Europe/Berlin."}
        self.zone = zone
        return {"zone": self.zone}

    def get_zone(self) -> dict[str, str]:
        return {"zone": self.zone}

    def overview(self) -> dict[str, Any]:
        return {"days": {day: len(e) for day, e in self.days.items()}, "all": self.entry_count}

    def make_folder(self, name: str) -> dict[str, Any]:
        if any(c in name for c in "/\\:"):
            return {"error": "A name has no slash or colon."}
        if name in self.here.folders:
            return {"error": f"{name} exists."}
        self.here._add(name)
        return {"made": name}

    def enter_folder(self, name: str) -> dict[str, Any]:
        if name == "..":
            if self.here.parent is None:
                return {"error": "This is the outermost folder."}
            self.here = self.here.parent
            return {"folder": self.here.name}
        inner = self.here._child(name)
        if inner is None:
            return {"error": f"No folder {name}."}
        self.here = inner
        return {"folder": inner.name}

    def colour_folder(self, name: str, colour: str) -> dict[str, Any]:
        inner = self.here._child(name)
        if inner is None:
            return {"error": f"No folder {name}."}
        inner.colour = colour
        return {"folder": name, "colour": colour}

    def where_am_i(self) -> dict[str, str]:
        names: list[str] = []
        folder: Folder | None = self.here
        while folder is not None:
            names.append(folder.name)
            folder = folder.parent
        return {"path": "/".join(reversed(names))}

    def tree(self) -> dict[str, list[str]]:
        found: list[str] = []

        def walk(folder: Folder, path: str) -> None:
            for name, inner in folder.folders.items():
                found.append(f"{path}/{name}")
                walk(inner, f"{path}/{name}")

        walk(self.root, "")
        return {"folders": found}

    def weekday_name(self, number: int) -> dict[str, str]:
        names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        return {"name": names[number % 7]}
