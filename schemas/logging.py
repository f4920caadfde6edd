"""One way to log for every process: structured, to standard error."""

from __future__ import annotations

import io
import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

from schemas.settings import CommonSettings


class StandardError(io.TextIOBase):
    """Standard error as it is at the moment of writing. What cannot be written there is dropped.

    A full disk, or a reader of the log that went away, may cost lines of the log but never the thread that
    had something to say.
    """

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure_logging(settings: CommonSettings, process: str) -> None:
    """Set up structlog for the process named `process`; the renderers escape control characters in values."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, StandardError())),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)
