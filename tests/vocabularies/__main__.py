"""``python -m tests.vocabularies``: one line for each thing that is not as a vocabulary says."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmarks.corpus import cache_option

from .check import check, releases_of
from .entries import vocabularies
from .propose import proposal


@click.command()
@cache_option
@click.option("--only", multiple=True, metavar="NAME", help="A vocabulary by name; repeatable.")
@click.option("--newest", is_flag=True, help="Leave the oldest releases out.")
@click.option("--unseen", is_flag=True, help="Also list names that source does not tell more of.")
@click.option("--propose", is_flag=True, help="Print lines for [vocabulary.releases] instead.")
def main(cache: Path, only: tuple[str, ...], newest: bool, unseen: bool, propose: bool) -> None:
    """Looks up every name of the vocabularies in the oldest and newest releases they speak of."""
    try:
        chosen = vocabularies(only=only)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not chosen:
        raise click.ClickException(f"no vocabulary called {' or '.join(only)}")
    if propose:
        for vocabulary in (v for v in chosen if v.distribution):
            click.echo("\n".join([f"# {vocabulary.file}", *proposal(vocabulary, cache)]))
        return
    names = found = hidden = failed = 0
    for vocabulary in chosen:
        try:
            outcome = check(vocabulary, releases_of(vocabulary, cache, newest))
        except click.ClickException as error:
            click.echo(f"{vocabulary.file}: {error.message}")
            failed += 1
            continue
        for problem in (*outcome.problems, *(outcome.unseen if unseen else ())):
            click.echo(str(problem))
        names += outcome.names
        found += len(outcome.problems)
        hidden += len(outcome.unseen)
    click.echo(
        f"{names} names in {len(chosen) - failed} vocabularies: {found} problems; of {hidden} names"
        " the source does not tell all", err=True,
    )  # fmt: skip
    sys.exit(1 if found or failed else 0)


if __name__ == "__main__":
    main()
