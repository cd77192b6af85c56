"""A progress bar for long runs, on a terminal's standard error; it leaves nothing behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0  # seconds without a sign that a person takes for "at once" (Nielsen 1993)


class Bar:
    """Appears after a second, shows files done of all, and goes when the last one is done."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._shown is None and done < total and time.monotonic() - self._begin > _PATIENCE:
            self._shown = self._start(total)
        if self._shown is not None:
            bar, task = self._shown
            bar.update(task, completed=done)
            if done == total:
                bar.stop()

    def _start(self, total: int) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        bar.start()
        return bar, bar.add_task("checking", total=total)
