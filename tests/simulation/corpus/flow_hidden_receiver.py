"""One method fills the object, the other reads it."""

from typing import Any


class Agent:
    def __init__(self):
        self.notes = []

    async def research(self, key, at):
        self.notes.append(await lookup(key=key, site=at))

    async def report(self, key, at):
        known = len(self.notes)
        return [known, await orders_of(key=key, site=at)]


async def main(box: dict[str, Any]) -> Any:
    agent = Agent()
    await agent.research("a", 1)
    return await agent.report("b", 2)
