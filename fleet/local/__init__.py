"""The local default: every engine Motorpool needs, fetched once and run as child processes.

Start reading in `stack.py` (what runs) and `engines.py` (where the binaries come from).
"""

from __future__ import annotations
