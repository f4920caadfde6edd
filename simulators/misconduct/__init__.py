"""Scripted misconduct, harmless decoys beside it, and the score of what supervision made of both."""

from __future__ import annotations

from .model import Act, Expectation, Habit, Leg, Script, Span
from .plan import plan_misconduct
from .score import Finding, RuleScore, Scores, score
from .truth import (
    COVERED_BEFORE,
    LEAST_PARKED,
    LegTimes,
    TruthLine,
    act_truth,
    covered_after,
    covered_truth,
    habit_truth,
    read_truth,
    run_truth,
    write_truth,
)

__all__ = [
    "COVERED_BEFORE",
    "LEAST_PARKED",
    "Act",
    "Expectation",
    "Finding",
    "Habit",
    "Leg",
    "LegTimes",
    "RuleScore",
    "Scores",
    "Script",
    "Span",
    "TruthLine",
    "act_truth",
    "covered_after",
    "covered_truth",
    "habit_truth",
    "plan_misconduct",
    "read_truth",
    "run_truth",
    "score",
    "write_truth",
]
