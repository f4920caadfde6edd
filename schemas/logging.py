"""One way to log for every process: structured, to standard error."""

from __future__ import annotations

import logging
import sys

import structlog

from schemas.settings import CommonSettings


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
        # looked up at every use: whoever replaced standard error meanwhile gets what is logged from then on
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)
