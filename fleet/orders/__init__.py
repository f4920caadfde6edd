"""Trip requests (用车申请): from the application to the closed file."""

from __future__ import annotations
