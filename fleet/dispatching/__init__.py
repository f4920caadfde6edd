"""Runs (派车单): put in force by a person, walked by a driver, ended with their reservations."""

from __future__ import annotations
