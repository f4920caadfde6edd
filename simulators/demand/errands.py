"""What officials travel for: errands, and the occasions that send several departments to one place."""

from __future__ import annotations

from dataclasses import dataclass

MORNING = (9 * 60 + 10, 35)
LATE_MORNING = (10 * 60 + 45, 30)
AFTERNOON = (14 * 60 + 10, 40)
LATE_AFTERNOON = (16 * 60, 35)
PEAKS: tuple[tuple[float, tuple[int, int]], ...] = (
    (0.44, MORNING),
    (0.14, LATE_MORNING),
    (0.32, AFTERNOON),
    (0.10, LATE_AFTERNOON),
)
"""Share of the trips, and when they must arrive: mean and deviation in minutes after midnight."""


@dataclass(frozen=True, slots=True)
class Errand:
    """An ordinary trip: to one of `places`, for `purpose`; `stay_min` minutes there if the car waits."""

    purpose: str
    places: tuple[str, ...]
    weight: int
    stay_min: tuple[int, int]
    luggage: bool = False


ERRANDS: tuple[Errand, ...] = (
    Errand("参加会议", ("市政务中心", "东湖会议中心", "市委党校", "开发区管委会"), 22, (60, 120)),
    Errand("报送材料", ("市政务中心", "市档案馆", "市财政局", "市人社局", "市税务局"), 20, (15, 40)),
    Errand("现场检查", ("高新产业园", "装备制造园", "物流园", "污水处理厂", "东城加油站"), 14, (50, 110)),
    Errand("走访企业", ("开发区管委会", "高新产业园", "装备制造园"), 10, (60, 120)),
    Errand("下乡调研", ("北岭镇政府", "南岭镇政府", "西山林场"), 9, (90, 150)),
    Errand("接送来宾", ("高铁南站", "长途汽车站", "清岚机场"), 10, (10, 25), luggage=True),
    Errand("出差送站", ("高铁南站", "清岚机场"), 8, (0, 0), luggage=True),
    Errand("协调工作", ("市公安局", "市中级法院", "市检察院", "市自然资源局", "市市场监管局"), 12, (30, 60)),
    Errand("看望慰问", ("市人民医院", "市中医院", "市妇幼保健院"), 5, (30, 60)),
    Errand("教学活动", ("大学城", "清岚职业学院", "市第一中学", "市实验小学"), 7, (60, 120)),
    Errand("文体活动保障", ("市体育中心", "市图书馆", "市博物馆", "市文化馆"), 5, (60, 120)),
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that many departments send one or two people to: the reason why trips can be shared."""

    purpose: str
    place: str
    arrive_min: int
    lasts_min: int


OCCASIONS: tuple[Occasion, ...] = (
    Occasion("全市经济运行调度会", "东湖会议中心", 9 * 60, 120),
    Occasion("项目现场推进会", "开发区管委会", 9 * 60 + 30, 100),
    Occasion("干部培训班", "市委党校", 8 * 60 + 50, 170),
    Occasion("档案移交培训", "市档案馆", 14 * 60 + 30, 90),
    Occasion("招商对接会", "高新产业园", 14 * 60 + 30, 110),
    Occasion("人才引进座谈会", "大学城", 15 * 60, 100),
    Occasion("防汛工作部署会", "市政务中心", 10 * 60, 70),
    Occasion("全民健身活动筹备会", "市体育中心", 14 * 60, 80),
    Occasion("乡村振兴观摩", "北岭镇政府", 9 * 60 + 40, 120),
    Occasion("安全生产检查", "装备制造园", 14 * 60 + 20, 110),
)
REST_DAY_ERRANDS: tuple[Errand, ...] = (
    Errand("值班应急", ("市政务中心", "市人民医院", "污水处理厂"), 5, (30, 60)),
    Errand("接送来宾", ("高铁南站", "清岚机场"), 3, (10, 25), luggage=True),
    Errand("节假日巡查", ("北岭镇政府", "南岭镇政府", "西山林场"), 3, (60, 90)),
)
CARE_PLACES = ("市人民医院", "市中医院", "市妇幼保健院")
CARE_DEPARTMENT = "lgb"
