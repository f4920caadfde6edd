from __future__ import annotations

from pathlib import Path

from schemas.telemetry import Fix, content_digest
from simulators.terminals.ledger import Ledger, read_ledger


def test_a_line_cut_short_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "acknowledged.jsonl"
    fix = Fix(time=1, sent=2, boot=3, seq=4, oldest=0, lon=1, lat=2, speed=0, heading=0, fixed=True)
    ledger = Ledger(path)
    ledger.write("T0001", [fix])
    ledger.close()
    with path.open("ab") as file:
        file.write(b'["T0001",3,5')

    (entry,) = read_ledger(path)

    assert (entry.terminal, entry.boot, entry.seq, entry.time) == ("T0001", 3, 4, 1)
    assert entry.digest == content_digest(fix)
