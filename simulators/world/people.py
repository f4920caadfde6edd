"""Accounts of everybody in the demo. Names are generic: a surname and a title."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from pydantic import SecretStr

from schemas.api.identity import Role
from schemas.api.registry import AccountRow
from simulators.world.departments import CITY_CODE, DEPARTMENTS, POOL_CODE

ROLES: tuple[Role, ...] = (
    "requester",
    "unit_approver",
    "platform_approver",
    "clerk",
    "driver",
    "auditor",
    "finance",
    "leader",
    "administrator",
)
DRIVER_SURNAMES = (
    "张刘赵陈周吴孙郑冯褚卫蒋沈韩杨朱秦许何吕曹严金魏陶姜谢邹章苏潘葛范彭鲁马方俞任袁柳唐史薛雷贺"
)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

OFFICE: tuple[tuple[str, str, str, str, Role], ...] = (
    ("admin", CITY_CODE, "顾工", "系统管理员", "administrator"),
    ("clerk02", POOL_CODE, "常调度", "调度员", "clerk"),
    ("clerk03", POOL_CODE, "乔调度", "调度员", "clerk"),
    ("platform01", POOL_CODE, "胡主任", "平台审核", "platform_approver"),
    ("finance01", POOL_CODE, "万会计", "财务", "finance"),
    ("auditor01", CITY_CODE, "纪科长", "监管审计", "auditor"),
    ("leader01", CITY_CODE, "季副市长", "分管领导", "leader"),
)


def demo_passwords(seed: int) -> dict[Role, str]:
    """One password a role, for a demo on a private machine only: anybody who knows the seed knows them."""
    random = Random(f"passwords/{seed}")
    return {role: "-".join(_syllable(random) for _ in range(3)) for role in ROLES}


def account_rows(passwords: Mapping[Role, str]) -> list[AccountRow]:
    """Office, requesters and approvers of every department, then drivers driver01, driver02, ..."""
    rows = [
        _row(number, login, organisation, name, title, role, passwords)
        for number, (login, organisation, name, title, role) in enumerate(OFFICE, start=1)
    ]
    for number, item in enumerate(DEPARTMENTS, start=101):
        login = f"requester.{item.code}"
        rows.append(_row(number, login, item.code, item.requester, "用车人", "requester", passwords))
        login = f"approver.{item.code}"
        rows.append(
            _row(number + 50, login, item.code, item.approver, "单位审批", "unit_approver", passwords)
        )
    for number, surname in enumerate(DRIVER_SURNAMES, start=1):
        login = f"driver{number:02}"
        rows.append(_row(200 + number, login, POOL_CODE, f"{surname}师傅", "驾驶员", "driver", passwords))
    return rows


def _row(
    number: int,
    login: str,
    organisation: str,
    name: str,
    title: str,
    role: Role,
    passwords: Mapping[Role, str],
) -> AccountRow:
    return AccountRow(
        login=login,
        password=SecretStr(passwords[role]),
        organisation=organisation,
        name=name,
        title=title,
        phone=f"1380000{number:04}",
        roles=[role],
    )


def _syllable(random: Random) -> str:
    return "".join(random.choice(LETTERS) for _ in range(4))
