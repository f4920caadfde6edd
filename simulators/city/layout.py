"""The town plan of 清岚市: what a planner would have drawn by hand, in drawing metres from the centre."""

from __future__ import annotations

from dataclasses import dataclass

from .model import RoadKind

NAME = "清岚市"
NAME_EN = "Qinglan"

EDGE_EAST = 7900.0
EDGE_NORTH = 7400.0

LIMITS_KMH = {
    RoadKind.MOTORWAY: 100,
    RoadKind.MOTORWAY_LINK: 40,
    RoadKind.TRUNK: 80,
    RoadKind.TRUNK_LINK: 40,
    RoadKind.PRIMARY: 60,
    RoadKind.SECONDARY: 50,
    RoadKind.TERTIARY: 40,
    RoadKind.RESIDENTIAL: 30,
    RoadKind.SERVICE: 15,
}
LANES = {
    RoadKind.MOTORWAY: 3,
    RoadKind.MOTORWAY_LINK: 1,
    RoadKind.TRUNK: 3,
    RoadKind.TRUNK_LINK: 1,
    RoadKind.PRIMARY: 6,
    RoadKind.SECONDARY: 4,
    RoadKind.TERTIARY: 2,
    RoadKind.RESIDENTIAL: 2,
    RoadKind.SERVICE: 1,
}


@dataclass(frozen=True, slots=True)
class Avenue:
    """A road of the frame. `at` is where it runs, `start` and `stop` how far; `slow` are stretches with a
    lower limit in km/h, such as in front of a school. Axis `path`: it follows `path` instead."""

    name: str
    name_en: str
    axis: str
    at: float
    start: float
    stop: float
    kind: RoadKind
    ref: str = ""
    slow: tuple[tuple[float, float, int], ...] = ()
    path: tuple[tuple[float, float], ...] = ()


def _path(name: str, name_en: str, kind: RoadKind, *points: tuple[float, float], ref: str = "") -> Avenue:
    return Avenue(name, name_en, "path", 0, 0, 0, kind, ref, path=points)


P, S, T = RoadKind.PRIMARY, RoadKind.SECONDARY, RoadKind.TERTIARY
E, N = EDGE_EAST, EDGE_NORTH

AVENUES: tuple[Avenue, ...] = (
    Avenue("学府路", "Xuefu Road", "ns", -5450, -4450, 5050, S, slow=((1500, 2900, 40),)),
    Avenue("西山路", "Xishan Road", "ns", -4350, -5600, 5050, S),
    Avenue("解放路", "Jiefang Road", "ns", -2600, -N, N, P, "G308"),
    Avenue("文化路", "Wenhua Road", "ns", -1760, -3780, 5050, S, slow=((900, 1560, 30),)),
    Avenue("青年路", "Qingnian Road", "ns", -870, -4450, 3900, S),
    Avenue("人民路", "Renmin Road", "ns", 0, -4450, N, P, "S226"),
    Avenue("新华路", "Xinhua Road", "ns", 840, -4450, 5050, S),
    Avenue("建设路", "Jianshe Road", "ns", 1730, -N, N, P, "S231"),
    Avenue("育才路", "Yucai Road", "ns", 2590, -4450, 3900, S, slow=((-700, 40, 30),)),
    Avenue("创业路", "Chuangye Road", "ns", 4260, -2400, 5050, S),
    Avenue("科技大道", "Keji Avenue", "ns", 5520, -5600, 5050, S),
    Avenue("长兴路", "Changxing Road", "ew", 5050, -5450, 5520, S),
    Avenue("北苑路", "Beiyuan Road", "ew", 3900, -5450, 5520, P),
    Avenue("胜利路", "Shengli Road", "ew", 2480, -5450, 5520, S),
    Avenue("中山路", "Zhongshan Road", "ew", 1620, -E, E, P, "G309"),
    Avenue("和平路", "Heping Road", "ew", 830, -5450, 5520, S),
    Avenue("政务大道", "Zhengwu Avenue", "ew", 40, -E, E, P, "S102"),
    Avenue("迎宾路", "Yingbin Road", "ew", -700, -5450, 5520, S),
    Avenue("南湖路", "Nanhu Road", "ew", -2700, -E, E, P, "S321"),
    Avenue("园林路", "Yuanlin Road", "ew", -3780, -5450, 5520, S),
    Avenue("站前路", "Zhanqian Road", "ew", -4450, -5450, 5520, S),
    Avenue("南环路", "Nanhuan Road", "ew", -5600, -4350, 5520, S),
    # Two towns outside the motorway, where 解放路 and 建设路 leave the county town.
    Avenue("北岭大街", "Beiling Main Street", "ew", 6900, -3500, -1700, T),
    Avenue("北岭中街", "Beiling Middle Street", "ew", 6640, -3200, -2000, T),
    Avenue("北岭东路", "Beiling East Road", "ns", -2050, 6500, 7100, T),
    Avenue("北岭西路", "Beiling West Road", "ns", -3100, 6500, 7100, T),
    Avenue("南岭大街", "Nanling Main Street", "ew", -6900, 900, 2700, T),
    Avenue("南岭中街", "Nanling Middle Street", "ew", -6620, 1100, 2400, T),
    Avenue("南岭东路", "Nanling East Road", "ns", 2250, -7100, -6500, T),
    Avenue("南岭西路", "Nanling West Road", "ns", 1150, -7100, -6500, T),
    _path("机场路", "Airport Road", P, (5520, 5050), (5760, 5330), (6250, 5760), (7400, 5930), ref="S330"),
    _path("凤凰大道", "Fenghuang Avenue", S, (-2600, 2480), (-3500, 3120), (-4500, 3480), (-5450, 4420)),
    _path(
        "开元大道", "Kaiyuan Avenue", S, (1730, 2480), (2750, 3000), (3600, 3500), (4260, 4350), (5520, 5050)
    ),
    _path("江南大道", "Jiangnan Avenue", S, (-4350, -4450), (-3300, -3900), (-2300, -3250), (-870, -2700)),
    _path("高铁大道", "Gaotie Avenue", S, (0, -4330), (700, -3780), (1250, -3200), (1730, -2700)),
)

BRIDGES = {
    "学府路": ("学府桥", "Xuefu Bridge"),
    "西山路": ("西山桥", "Xishan Bridge"),
    "解放路": ("解放桥", "Jiefang Bridge"),
    "文化路": ("文化桥", "Wenhua Bridge"),
    "青年路": ("青年桥", "Qingnian Bridge"),
    "人民路": ("人民大桥", "Renmin Bridge"),
    "新华路": ("新华桥", "Xinhua Bridge"),
    "建设路": ("建设大桥", "Jianshe Bridge"),
    "育才路": ("育才桥", "Yucai Bridge"),
    "创业路": ("创业桥", "Chuangye Bridge"),
    "科技大道": ("科技大桥", "Keji Bridge"),
}

RING_NAME = ("二环快速路", "Second Ring Expressway")
RING_FRONTAGE_NAME = ("二环辅路", "Second Ring Frontage Road")
RING_FRONTAGE_M = 46.0
MOTORWAY_NAME = ("绕城高速", "Ring Motorway")
MOTORWAY_EXITS = ("人民路", "解放路", "建设路", "中山路", "政务大道", "南湖路", "机场路")
RIVER_NAME = ("清江", "Qing River")
RIVERSIDE_NORTH = ("滨河路", "Binhe Road")
RIVERSIDE_SOUTH = ("滨河南路", "Binhe South Road")
RIVERSIDE_M = 185.0
LAKE_NAME = ("东湖", "East Lake")
LAKESIDE_NAME = ("环湖路", "Huanhu Road")
LAKE_TUNNEL_NAME = ("东湖隧道", "East Lake Tunnel")
HILL_NAME = ("凤凰山", "Phoenix Hill")
HILL_TUNNEL_NAME = ("凤凰山隧道", "Phoenix Hill Tunnel")
RAILWAY_NAME = ("清岚高速铁路", "Qinglan High-speed Railway")

DISTRICTS = (
    ("老城区", "Old Town", -600, 1000),
    ("政务新区", "Administrative District", 1250, 80),
    ("高教园区", "University District", -4900, 2620),
    ("经济开发区", "Development Zone", 4750, 3250),
    ("江南新区", "South Bank", 700, -2200),
    ("东湖新区", "East Lake District", 4700, -1750),
    ("高铁片区", "Railway District", 500, -4250),
    ("北岭镇", "Beiling Town", -2850, 6950),
    ("南岭镇", "Nanling Town", 1400, -6450),
)
