from __future__ import annotations

import contextlib
import io

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
