"""What every request shares: errors as problem details, one transaction, headers, the web app's files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import asyncpg
import httpx
import pytest
from fastapi import Depends, FastAPI

from fleet.api.app import create_app
from fleet.api.dependencies import Reader, Transaction, requires
from fleet.api.webapp import FOLDER, WebApp
from fleet.settings import Settings
from tests.fleet.office import Office

PROBLEM = "application/problem+json"
COMMITTED = "INSERT INTO geofence (organisation_id, name, kind, boundary) SELECT id, $1, 'depot', '{}' "
ROOT = Path(__file__).parents[3]


@pytest.fixture
def office_with_probes(office: Office) -> Office:
    """Endpoints of our own, to look at the seams from within."""

    async def fails_late(connection: Transaction) -> None:
        await connection.execute(COMMITTED + "FROM organisation LIMIT 1", "half done")
        raise RuntimeError("after the write")

    async def breaks_a_deferred_rule(connection: Transaction) -> dict[str, str]:
        await connection.execute("CREATE TEMP TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        await connection.execute("INSERT INTO once VALUES (1), (1)")
        return {"told": "done"}

    async def double_books(connection: Transaction) -> None:
        raise asyncpg.ExclusionViolationError("Key (vehicle_id, during)=(1, secret) conflicts")

    async def for_finance(reader: Annotated[Reader, Depends(requires("finance"))]) -> str:
        return reader.login

    routes = {f.__name__: f for f in (fails_late, breaks_a_deferred_rule, double_books, for_finance)}
    for name, endpoint in routes.items():
        office.app.router.add_api_route(f"/api/v1/probe/{name}", endpoint)
        office.app.router.routes.insert(0, office.app.router.routes.pop())
    return office


async def test_an_error_after_a_write_keeps_nothing(office_with_probes: Office) -> None:
    browser = _forgiving(office_with_probes.app)

    answer = await browser.get("/api/v1/probe/fails_late")

    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "after the write" not in answer.text
    assert await office_with_probes.fetchval("SELECT count(*) FROM geofence") == 0


async def test_nobody_is_told_of_success_before_the_commit(office_with_probes: Office) -> None:
    answer = await _forgiving(office_with_probes.app).get("/api/v1/probe/breaks_a_deferred_rule")

    assert answer.status_code == 500
    assert "told" not in answer.text


async def test_a_double_booking_is_told_without_the_other_booking(office_with_probes: Office) -> None:
    """DESIGN §4.2."""
    answer = await office_with_probes.browser().get("/probe/double_books")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:motorpool:problem:double-booking")
    assert "secret" not in answer.text


async def test_a_wrong_role_is_told_which_role_it_takes(office_with_probes: Office) -> None:
    clerk = await office_with_probes.signed_in("clerk03")

    answer = await clerk.get("/probe/for_finance")

    assert answer.status_code == 403
    assert "finance" in answer.json()["detail"]


async def test_without_signing_in_nothing_opens(office: Office) -> None:
    """Every route but these asks who is there."""
    open_routes = {"/api/v1/session", "/api/v1/demo/accounts"}
    browser = office.browser()
    paths = [
        (method, path.replace("{", "").replace("}", ""))
        for path, methods in office.app.openapi()["paths"].items()
        if path not in open_routes
        for method in methods
    ]

    answers = {path: (await _call(browser, method, path)).status_code for method, path in paths}

    assert {path for path, status in answers.items() if status not in {401, 422}} == set()


async def _call(browser: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    path = "/".join("1" if part.endswith("_id") else part for part in path.split("/"))
    return await browser.request(method.upper(), f"http://motorpool.test{path}")


@pytest.mark.parametrize("path", ["/requests/0", "/requests/99999999999999999999", "/nowhere"])
async def test_what_does_not_exist_is_a_problem_too(office: Office, path: str) -> None:
    clerk = await office.signed_in("clerk03")

    answer = await clerk.get(path)

    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == PROBLEM


async def test_a_body_beyond_reason_is_refused(office: Office) -> None:
    requester = await office.signed_in("requester.finance")

    answer = await requester.post("/requests", json={"purpose": "x" * 2**20})

    assert answer.status_code == 413


async def test_pages_load_only_what_we_serve(office: Office) -> None:
    answer = await office.browser().get("/session")

    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_the_operator_can_ask_how_the_process_is(office: Office, path: str) -> None:
    answer = await office.browser().get(f"http://motorpool.test{path}")

    assert answer.status_code == 200


async def test_metrics_count_by_route_and_not_by_address(office: Office) -> None:
    clerk = await office.signed_in("clerk03")
    await clerk.get("/requests/4711")

    text = (await clerk.get("http://motorpool.test/metrics")).text

    assert 'route="/requests/{request_id}",status="404"' in text
    assert "4711" not in text


async def test_an_old_schema_is_not_ready(office: Office) -> None:
    office.app.state.schema_revision = "9999"

    answer = await office.browser().get("http://motorpool.test/readyz")

    assert answer.status_code == 503
    assert "needs 9999" in answer.json()["detail"]


@pytest.fixture
def built(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Motorpool</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("run()")
    return _forgiving(WebApp(tmp_path))


async def test_any_page_address_gives_the_app(built: httpx.AsyncClient) -> None:
    answer = await built.get("/dispatch/requests/7")

    assert "Motorpool" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


async def test_hashed_assets_may_be_kept_for_ever(built: httpx.AsyncClient) -> None:
    assert "immutable" in (await built.get("/assets/app-1a2b.js")).headers["cache-control"]


@pytest.mark.parametrize("path", ["/assets/gone-9f.js", "/api/v1/nowhere", "/../app.py"])
async def test_what_is_no_page_is_not_found(built: httpx.AsyncClient, path: str) -> None:
    with pytest.raises(Exception, match="404"):
        await built.get(path)


async def test_an_app_that_is_not_built_says_how(tmp_path: Path) -> None:
    answer = await _forgiving(WebApp(tmp_path)).get("/")

    assert answer.status_code == 503
    assert "make web" in answer.text


def test_the_openapi_document_of_the_web_app_is_the_one_we_serve() -> None:
    kept = ROOT / "fleet" / "web" / "openapi.json"

    assert json.loads(kept.read_text()) == create_app(Settings()).openapi(), (
        "run `motorpool openapi --out fleet/web/openapi.json` and regenerate the types"
    )


def test_the_built_app_lies_beside_the_code() -> None:
    assert FOLDER == ROOT / "fleet" / "static"


def _forgiving(app: FastAPI | WebApp) -> httpx.AsyncClient:
    """A client that is given the server's answer to an error, as over the network."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=not isinstance(app, FastAPI))
    return httpx.AsyncClient(transport=transport, base_url="http://motorpool.test")
