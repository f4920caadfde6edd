"""The organisation tree: the town, its motor pool, and the departments that travel."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.api.registry import OrganisationRow

CITY_CODE = "qinglan"
POOL_CODE = "jgsw"


@dataclass(frozen=True, slots=True)
class Department:
    """A user organisation. `home` is the place in the city where it sits; `requester` and `approver` are a
    surname with a title."""

    code: str
    parent: str
    name: str
    name_en: str
    home: str
    requester: str
    approver: str


DEPARTMENTS: tuple[Department, ...] = (
    Department("zfb", CITY_CODE, "市政府办公室", "Government Office", "市政务中心", "李科长", "王主任"),
    Department("zfb_zhk", "zfb", "综合科", "General Affairs Section", "市政务中心", "高科长", "钱主任"),
    Department("zfb_jyk", "zfb", "机要科", "Confidential Section", "市政务中心", "江科长", "董主任"),
    Department("fgj", CITY_CODE, "市发展改革局", "Development Bureau", "市政务中心", "林科长", "梁局长"),
    Department("czj", CITY_CODE, "市财政局", "Finance Bureau", "市财政局", "宋科长", "罗局长"),
    Department("jyj", CITY_CODE, "市教育局", "Education Bureau", "市教育局", "程科长", "邓局长"),
    Department("wjj", CITY_CODE, "市卫生健康局", "Health Bureau", "市卫生健康局", "萧科长", "田局长"),
    Department("jtj", CITY_CODE, "市交通运输局", "Transport Bureau", "市交通运输局", "余科长", "杜局长"),
    Department(
        "zrzy", CITY_CODE, "市自然资源局", "Natural Resources Bureau", "市自然资源局", "叶科长", "丁局长"
    ),
    Department("sthj", CITY_CODE, "市生态环境局", "Ecology Bureau", "市生态环境局", "蔡科长", "夏局长"),
    Department("nyj", CITY_CODE, "市农业农村局", "Agriculture Bureau", "市农业农村局", "石科长", "钟局长"),
    Department("mzj", CITY_CODE, "市民政局", "Civil Affairs Bureau", "市民政局", "戴科长", "汪局长"),
    Department("lgb", CITY_CODE, "市老干部局", "Senior Cadres Bureau", "老干部活动中心", "白科长", "黄局长"),
    Department("dxb", CITY_CODE, "市委党校", "Party School", "市委党校", "孟科长", "郭主任"),
    Department(
        "kfq", CITY_CODE, "开发区管委会", "Development Zone Committee", "开发区管委会", "熊科长", "徐主任"
    ),
)


def organisation_rows() -> list[OrganisationRow]:
    """Parents before children."""
    town = OrganisationRow(
        code=CITY_CODE, parent=None, name="清岚市", name_en="Qinglan City", kinds=["regulator"]
    )
    pool = OrganisationRow(
        code=POOL_CODE,
        parent=CITY_CODE,
        name="市机关事务服务中心",
        name_en="Government Offices Service Centre",
        kinds=["supplier", "regulator"],
    )
    users = [
        OrganisationRow(
            code=item.code, parent=item.parent, name=item.name, name_en=item.name_en, kinds=["user"]
        )
        for item in DEPARTMENTS
    ]
    return [town, pool, *users]
