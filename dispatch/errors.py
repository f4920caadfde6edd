"""What can go wrong in dispatch, under one root."""

from __future__ import annotations


class DispatchError(Exception):
    """Something in dispatch was refused; the message says what, where and what to do."""


class InvalidProblemError(DispatchError):
    """The problem handed in contradicts itself or names things that do not exist."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(f"{where}: {what}. {remedy}.")
        self.where = where
        self.what = what
        self.remedy = remedy


class UnknownRequestError(DispatchError):
    """A request id was asked for that is not in the problem, or is no longer open."""

    def __init__(self, request_id: str, why: str) -> None:
        super().__init__(f"Request {request_id}: {why}.")
        self.request_id = request_id


class RuleBrokenError(DispatchError):
    """The independent checker refused a plan: a fault of the solver, never shown as a proposal."""

    def __init__(self, rule: str, run_id: str, detail: str) -> None:
        super().__init__(f"Plan refused, rule {rule}, run {run_id or '(new)'}: {detail}.")
        self.rule = rule
        self.run_id = run_id
        self.detail = detail
