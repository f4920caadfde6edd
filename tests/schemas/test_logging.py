from __future__ import annotations

import contextlib
import io
from pathlib import Path

import structlog

from schemas.logging import configure_logging
from schemas.settings import CommonSettings


def test_a_logger_writes_to_standard_error_as_it_is_now() -> None:
    log = structlog.get_logger()
    gone = io.StringIO()
    with contextlib.redirect_stderr(gone):
        configure_logging(CommonSettings(log_format="json"), "test")
        log.info("first")
    gone.close()
    now = io.StringIO()

    with contextlib.redirect_stderr(now):
        log.info("second", name="张师傅\n[fake] line")

    assert now.getvalue().count("\n") == 1
    assert '"event": "second"' in now.getvalue()


def test_a_full_disk_costs_lines_of_the_log_and_nothing_else() -> None:
    with Path("/dev/full").open("w") as full, contextlib.redirect_stderr(full):
        configure_logging(CommonSettings(), "test")
        structlog.get_logger().warning("nobody will read this")
        with contextlib.suppress(OSError):
            full.close()
