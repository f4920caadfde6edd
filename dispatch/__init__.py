"""Requests to plan: a problem in, options and plans with reasons out. No I/O, no clock, no database.

    options(problem, request_id)   the best three ways to serve one open request, in milliseconds
    propose(problem, request_id)   the same, or why there is none and the smallest change that would help
    option_for(problem, request_id, vehicle_id)   manual dispatch: this car, or what keeps it from going
    plan(problem, time_limit_s=.., seed=..)   all open requests together, by OR-Tools routing
    check(problem, runs)           the independent checker; raises RuleBrokenError

Confirming an option means: `option.run` takes the place of run `option.replaces` (or is a new run).
Every answer has passed the checker. Errors: DispatchError is the root.
"""

from __future__ import annotations

from dispatch.answer import option_for, options, propose
from dispatch.checker import check
from dispatch.cost import Cost
from dispatch.errors import (
    DispatchError,
    InvalidProblemError,
    RuleBrokenError,
    UnknownCrewError,
    UnknownRequestError,
)
from dispatch.model import (
    Block,
    BlockReason,
    ClassChoice,
    Driver,
    Energy,
    Hold,
    Request,
    Sharing,
    Vehicle,
    Window,
)
from dispatch.params import Params, Weights
from dispatch.planner import plan
from dispatch.problem import Problem
from dispatch.results import (
    Blocked,
    Change,
    Constraint,
    ConstraintCount,
    NoOption,
    Option,
    Plan,
    Pooled,
    Proposal,
    Reason,
    ReasonCode,
    Relaxation,
    RelaxationKind,
    Solver,
    Tone,
)
from dispatch.runs import Onboard, Run, Stop, StopKind
from dispatch.travel import Travel

__all__ = [
    "Block",
    "BlockReason",
    "Blocked",
    "Change",
    "ClassChoice",
    "Constraint",
    "ConstraintCount",
    "Cost",
    "DispatchError",
    "Driver",
    "Energy",
    "Hold",
    "InvalidProblemError",
    "NoOption",
    "Onboard",
    "Option",
    "Params",
    "Plan",
    "Pooled",
    "Problem",
    "Proposal",
    "Reason",
    "ReasonCode",
    "Relaxation",
    "RelaxationKind",
    "Request",
    "RuleBrokenError",
    "Run",
    "Sharing",
    "Solver",
    "Stop",
    "StopKind",
    "Tone",
    "Travel",
    "UnknownCrewError",
    "UnknownRequestError",
    "Vehicle",
    "Weights",
    "Window",
    "check",
    "option_for",
    "options",
    "plan",
    "propose",
]
