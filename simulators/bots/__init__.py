"""People of the simulated office, each signed in with an account of their own and working over HTTP."""

from __future__ import annotations
