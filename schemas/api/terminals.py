"""Terminals: contact, clocks, credentials."""

from __future__ import annotations

from typing import Literal

from schemas.api.base import Answered, Moment


class CredentialState(Answered):
    """What a terminal signs in with at the broker, without the secret."""

    revision: int
    """Grows with every issue, rotation and revocation."""
    revoked: bool
    in_force: bool
    """Whether the broker was told; until then what was before still holds."""
    changed_at: Moment
    changed_by: str
    trouble: str = ""
    """Why the broker could not be told yet."""


class TerminalItem(Answered):
    code: str
    protocol: Literal["mqtt", "jt808"]
    active: bool
    plate: str | None
    """Of the vehicle it sits in now; none while it is bound to no vehicle."""
    online: bool
    """It has not signed off, and was heard within the interval expected of it while parked and 180 s."""
    last_contact_at: Moment | None
    receive_lag_s: float | None
    """Seconds from its newest fix to our receipt of it."""
    clock_skew_s: float | None
    """Seconds its clock is ahead of ours, as its sending times tell; transport makes it look behind."""
    boot: int | None
    handled_upto: int | None
    """Every sequence number of this boot up to here is stored or put aside; -1 before the first."""
    unbound_fixes: int
    """Fixes of times at which it was bound to no vehicle; they appear when a binding covers them."""
    credential: CredentialState | None


class IssuedCredential(Answered):
    """The only moment the secret is seen."""

    terminal: str
    username: str
    client_id: str
    secret: str
    credential: CredentialState
