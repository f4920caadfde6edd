"""What a person sees while slow steps run, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


@dataclass
class Steps:
    """Runs named steps with a progress bar each and keeps their durations in seconds."""

    console: Console = field(default_factory=lambda: Console(stderr=True))
    quiet: bool = False
    durations: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[float], None]]:
        """Yields a function that takes the share done (0 to 1); without a call the bar pulses."""
        started = time.monotonic()
        with Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=self.quiet or not self.console.is_terminal,
        ) as progress:
            task = progress.add_task(title, total=None)
            yield lambda share: progress.update(task, total=1.0, completed=min(share, 1.0))
        self.durations[title] = time.monotonic() - started
        if not self.quiet:
            self.console.print(
                f"  [green]✓[/] {title} [dim]{self.durations[title]:.1f} s[/]", highlight=False
            )

    def say(self, text: str) -> None:
        if not self.quiet:
            self.console.print(f"  {text}", highlight=False)
