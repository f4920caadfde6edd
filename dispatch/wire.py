"""Problems and answers as JSON: the dataclasses themselves are the format, field by field.

`epoch` is RFC 3339 with an offset, matrices are lists of rows, tuples are lists, enums their values.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from dispatch.errors import InvalidProblemError
from dispatch.problem import Problem


def decode_problem(content: bytes) -> Problem:
    """The problem in a JSON document; InvalidProblemError says where and why it is not one."""
    try:
        return msgspec.json.decode(content, type=Problem, dec_hook=_matrix)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        raise InvalidProblemError(where.strip("`") or "problem", what, "Correct this field") from error
    except msgspec.DecodeError as error:
        raise InvalidProblemError("problem", f"it is not JSON ({error})", "Check the file") from error


def encode(answer: Any) -> bytes:
    """Any problem, plan, proposal or option as JSON."""
    return msgspec.json.encode(answer, enc_hook=_rows)


def _matrix(_type: Any, rows: Any) -> Any:
    try:
        return np.array(rows, dtype=np.int64)
    except (TypeError, ValueError) as error:
        raise ValueError("a matrix is rows of whole numbers, all of one length") from error


def _rows(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")
