"""The search in a process of its own, so that answers over HTTP do not wait for it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import structlog

import dispatch
from dispatch import DispatchError, Plan, Problem

log = structlog.get_logger()


class Solver:
    """One worker process; replaced when it dies."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def plan(self, problem: Problem, time_limit_s: float) -> Plan | None:
        """The plan of all open requests; None when none came out, or the worker died: the next is new."""
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_end_with_parent)
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._pool, _search, problem, time_limit_s)
        except BrokenProcessPool:
            log.warning("the search process died")
            self.close()
            return None
        if isinstance(found, str):
            log.error("the search failed", error=found)
            return None
        return found

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._pool is None:
            return
        for process in list((self._pool._processes or {}).values()):
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def _search(problem: Problem, time_limit_s: float) -> Plan | str:
    """The plan, or in words why there is none: an error of dispatch does not survive the way as an object."""
    try:
        return dispatch.plan(problem, time_limit_s=time_limit_s)
    except DispatchError as error:
        return str(error)


def _end_with_parent() -> None:
    """A worker whose parent was killed would otherwise wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
