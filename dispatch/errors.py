"""What can go wrong in dispatch, under one root. All of them can be pickled, as a search process needs."""

from __future__ import annotations


class DispatchError(Exception):
    """Something in dispatch was refused; the message says what, where and what to do."""


class InvalidProblemError(DispatchError):
    """The problem handed in contradicts itself or names things that do not exist."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(where, what, remedy)
        self.where = where
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}."


class UnknownRequestError(DispatchError):
    """A request id was asked for that is not in the problem, or is no longer open."""

    def __init__(self, request_id: str, why: str) -> None:
        super().__init__(request_id, why)
        self.request_id = request_id
        self.why = why

    def __str__(self) -> str:
        return f"Request {self.request_id}: {self.why}."


class UnknownCrewError(DispatchError):
    """A car or driver was named that is not in the problem."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} is neither a car nor a driver of this problem. Choose one that is."


class RuleBrokenError(DispatchError):
    """The independent checker refused a plan: a fault of the solver, never shown as a proposal."""

    def __init__(self, rule: str, run_id: str, detail: str) -> None:
        super().__init__(rule, run_id, detail)
        self.rule = rule
        self.run_id = run_id
        self.detail = detail

    def __str__(self) -> str:
        return f"Plan refused, rule {self.rule}, run {self.run_id or '(new)'}: {self.detail}."
