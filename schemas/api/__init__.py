"""Models of the HTTP API: what the web app, the simulators and other clients send and receive.

JSON names are the Python names. Times are ISO 8601 in UTC; units stand in the names.
"""

from __future__ import annotations
