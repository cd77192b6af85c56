"""One connection, session or page that several calls use at once.

## What it does

Finds members of an `asyncio.gather`, a `TaskGroup` or a group of started tasks that use one
exclusive handle: an SQLAlchemy `AsyncSession`, an asyncpg or aiosqlite connection, a Playwright
page, and what a declaration calls `concurrency = "exclusive"`.

## Why

Such a handle has one conversation at a time. Used twice at once it raises (`another operation is in
progress`, MagicStack/asyncpg#258), or mixes up state and answers (sqlalchemy/sqlalchemy#10092), and
often only under load.

## How it decides

The members are followed into the functions that they run. Which types are exclusive, the catalog
and the declarations say. The two must certainly be one object: the same name, or the same path from
one object. A fan-out whose turns use one handle is compared with itself.

## What is not reported

* Handles that each member opens for itself, out of a pool or a session factory.
* Calls under one lock.
* Two names that may be one handle, or not.
* Members that cannot be followed.

## How to silence or tune it

* `# pexec: ignore[PX202]` or `# noqa: PX202` on the first or last line of the group or a member.
* `concurrency = "safe"` in a `[[tool.pexec.tools]]` entry for a handle that bears it.
"""

from .example import Example

FIX = "none: each member needs a handle of its own, or the calls belong one after the other."

EXAMPLES = (
    Example(
        title="Two queries on one session",
        before="""\
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def overview(session: AsyncSession) -> list[object]:
    return await asyncio.gather(
        session.execute(text("SELECT name FROM users")),
        session.execute(text("SELECT number FROM orders")),
    )
""",
        reported="calls of `sqlalchemy.ext.asyncio.AsyncSession.execute` run at once and get into "
        "each other's way: both use `session` at once, of which only one call may run at a time "
        "(line 9 and line 10)",
    ),
    Example(
        title="A session for each query",
        left_alone="each member opens one.",
        before="""\
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def rows(sessions: async_sessionmaker[AsyncSession], query: str) -> object:
    async with sessions() as session:
        return await session.execute(text(query))


async def overview(sessions: async_sessionmaker[AsyncSession]) -> list[object]:
    return await asyncio.gather(
        rows(sessions, "SELECT name FROM users"),
        rows(sessions, "SELECT number FROM orders"),
    )
""",
    ),
)
