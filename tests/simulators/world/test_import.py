"""The product takes the demo organisation in, as an administrator's import over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet.identity.administrator import create_administrator
from schemas.api.registry import RegistryImport
from simulators.world.departments import CITY_CODE
from tests.fleet.conftest import opened
from tests.fleet.office import MORNING, PASSWORD


def as_json(world: RegistryImport) -> dict[str, Any]:
    """With the passwords in clear, as whoever imports them sends them."""
    document = world.model_dump(mode="json")
    for row, account in zip(document["accounts"], world.accounts, strict=True):
        row["password"] = account.password.get_secret_value()
    return document


async def test_the_office_imports_the_demo_organisation_once_and_finds_nothing_to_do_again(
    world: RegistryImport, role_url: Callable[[str], str]
) -> None:
    async with opened(role_url("motorpool_api")) as office:
        async with office.app.state.pool.acquire() as connection, connection.transaction():
            await create_administrator(
                connection, login="admin", password=PASSWORD, name="顾工", organisation=CITY_CODE, now=MORNING
            )
        admin = await office.signed_in("admin")
        first = await admin.post("/admin/registry", json=as_json(world))
        assert first.status_code == 200, first.text
        assert first.json()["added"]["vehicles"] == len(world.vehicles)
        again = await admin.post("/admin/registry", json=as_json(world))
        assert again.json()["added"] == dict.fromkeys(again.json()["added"], 0)
        assert again.json()["unchanged"]["shifts"] == len(world.shifts)
