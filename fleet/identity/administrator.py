"""The first account of an installation, made on the machine itself rather than over the network."""

from __future__ import annotations

from datetime import datetime

from fleet.audit import Actor, record
from fleet.database import Connection
from fleet.errors import ConflictError
from fleet.identity.passwords import hash_in_thread

ENSURE_TOP_ORGANISATION = """
INSERT INTO organisation (code, parent_id, path, name, name_en, kinds)
VALUES ($1, NULL, $2::text::ltree, $3, $3, '{regulator}')
ON CONFLICT (code) DO NOTHING
"""

INSERT_ADMINISTRATOR = """
INSERT INTO account (login, password_hash, organisation_id, name, roles)
SELECT $2, $3, id, $4, '{administrator}' FROM organisation WHERE code = $1
ON CONFLICT (login) DO NOTHING
RETURNING id
"""

OPERATOR = Actor("operator at the command line")


async def create_administrator(
    connection: Connection, *, login: str, password: str, name: str, organisation: str, now: datetime
) -> int:
    """Add an administrator of `organisation` (a code), which becomes a top of the tree when it is new.

    Returns the account's id; raises ConflictError when the login exists.
    """
    path = organisation.replace("-", "_").replace(".", "_")
    await connection.execute(ENSURE_TOP_ORGANISATION, organisation, path, organisation)
    account_id = await connection.fetchval(
        INSERT_ADMINISTRATOR, organisation, login, await hash_in_thread(password), name
    )
    if account_id is None:
        raise ConflictError(f"the login {login} exists", "Choose another one.")
    await record(
        connection,
        at=now,
        actor=OPERATOR,
        action="account.create",
        subject_kind="account",
        subject_id=account_id,
        payload={"login": login, "roles": ["administrator"], "organisation": organisation},
    )
    return int(account_id)
