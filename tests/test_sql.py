"""SQL texts that only select, and texts that may do more."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import fix, lint
from pexec.analyzer.effects.sql import only_selects

SELECTS = [
    "SELECT 1",
    "select * from users where id = $1;",
    "SELECT u.id, count(*) AS n FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id",
    "SELECT name FROM users WHERE note = 'please delete; it''s old' AND id IN (%s, %s)",
    "SELECT * FROM t WHERE id = %(id)s AND day > now() - INTERVAL '1 day' LIMIT ?",
    "WITH RECURSIVE up AS (SELECT id FROM t UNION ALL SELECT t.id FROM t JOIN up ON true)\n"
    "SELECT * FROM up ORDER BY id",
    'SELECT "update", `set` FROM "insert" -- the newest first\n ORDER BY 1 DESC',
    "SELECT data->>'name', tags[1], at::date FROM events WHERE kind = ANY(:kinds)",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t",
    "SELECT price::numeric(10, 2), left(name, 3) FROM t",
]
MORE = [
    "",
    "   ;",
    "UPDATE users SET seen = now()",
    "EXPLAIN ANALYZE SELECT 1",  # it may run what it explains
    "SELECT * FROM jobs LIMIT 1 FOR UPDATE SKIP LOCKED",
    "SELECT * FROM jobs FOR SHARE",
    "SELECT * INTO copy_of_users FROM users",
    "SELECT * FROM users INTO OUTFILE 'x'",
    "WITH gone AS (DELETE FROM jobs RETURNING id) SELECT * FROM gone",
    "SELECT nextval('ids')",
    "SELECT ids.nextval FROM dual",
    "SELECT NEXT VALUE FOR ids",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_sleep(1)",
    "SELECT set_config('a', 'b', false)",
    "SELECT my_schema.lower(name) FROM users",  # not the known function
    'SELECT "nextval"(1)',
    "SELECT 5 %nextval(1)",
    "SELECT * FROM do_it(1)",
    "SELECT 1; DELETE FROM users",
    "SELECT 1 /*! INTO @x */",
    "SELECT @n := 1",
    "SELECT @@identity",
    "SELECT 'a\\'; DELETE FROM users; -- '",  # a backslash ends a text in one dialect only
    "SELECT 'open",
    "SELECT $$ text $$",
    "SELECT 1 -- it's",
    "SELECT 1 # note",
    "SELECT 1 --1\n",
    "PRAGMA user_version",
    "CALL refresh()",
    "VALUES (1)",
]


@pytest.mark.parametrize("statement", SELECTS)
def test_selects(statement: str) -> None:
    assert only_selects(statement)


@pytest.mark.parametrize("statement", MORE)
def test_may_do_more(statement: str) -> None:
    assert not only_selects(statement)


READING = """\
import asyncpg

ORDERS = "SELECT id FROM orders"

async def both(pool: asyncpg.Pool) -> list[object]:
    one = await pool.fetch(ORDERS)
    two = await pool.fetch("SELECT id FROM users")
    return [one, two]
"""


@pytest.mark.parametrize(
    ("other", "together"),
    [
        ("", True),
        ("import queries\nqueries.USERS = 1\n", True),
        ("import queries\nqueries.ORDERS = 'DELETE FROM orders'\n", False),
        ("from queries import *\nimport queries\nsetattr(queries, 'ORDERS', x)\n", False),
    ],
)
def test_a_text_that_another_file_replaces_is_not_the_one_in_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str, together: bool
) -> None:
    (tmp_path / "queries.py").write_text(READING)
    (tmp_path / "other.py").write_text(other)
    monkeypatch.chdir(tmp_path)
    fix("queries.py")
    assert ("gather" in (tmp_path / "queries.py").read_text()) is together


def test_a_path_that_another_file_replaces_is_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'PLACE = "a.txt"\n\nasync def f():\n    return await Read(file_path=PLACE)\n'
    (tmp_path / "here.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert "read fs:a.txt" in lint("--show-effects", "here.py:4").stdout
    (tmp_path / "other.py").write_text("import here\nhere.PLACE = 'b.txt'\n")
    assert "read fs:a.txt" not in lint("--show-effects", "here.py:4").stdout
