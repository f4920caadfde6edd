"""The named places of 清岚市: where the planner put them, how much room they need, how they are built."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .model import PlaceKind


class Build(StrEnum):
    """How a place's block is filled."""

    CIVIC = "civic"
    CAMPUS = "campus"
    HALL = "hall"
    HOMES = "homes"
    WORKS = "works"
    SMALL = "small"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Entry:
    """A place wanted near drawing metres (p, q); its block is not divided below `room_m2`."""

    name: str
    name_en: str
    kind: PlaceKind
    p: float
    q: float
    room_m2: float
    build: Build = Build.CIVIC


K, B = PlaceKind, Build

PLACES: tuple[Entry, ...] = (
    Entry("市政务中心", "City Administration Centre", K.OFFICE, 430, 420, 150_000),
    Entry("市委党校", "Party School", K.SCHOOL, -1300, 4350, 130_000, B.CAMPUS),
    Entry("市人民医院", "People's Hospital", K.HOSPITAL, -2200, 1950, 90_000, B.CAMPUS),
    Entry("市中医院", "Hospital of Chinese Medicine", K.HOSPITAL, 2150, -2400, 60_000, B.CAMPUS),
    Entry("市妇幼保健院", "Maternity and Child Hospital", K.HOSPITAL, 1300, 2900, 60_000, B.CAMPUS),
    Entry("市档案馆", "City Archives", K.CULTURE, 1350, 1250, 40_000),
    Entry("市图书馆", "City Library", K.CULTURE, 1250, -280, 50_000),
    Entry("市博物馆", "City Museum", K.CULTURE, 600, -250, 50_000, B.HALL),
    Entry("市体育中心", "Sports Centre", K.CULTURE, -3900, -1100, 220_000, B.HALL),
    Entry("市文化馆", "Culture Centre", K.CULTURE, -1300, 1250, 40_000),
    Entry("大学城", "University Town", K.SCHOOL, -4900, 2050, 350_000, B.CAMPUS),
    Entry("清岚职业学院", "Qinglan Vocational College", K.SCHOOL, -4900, 3100, 220_000, B.CAMPUS),
    Entry("市第一中学", "No. 1 Middle School", K.SCHOOL, -1450, 2050, 70_000, B.CAMPUS),
    Entry("市实验小学", "Experimental Primary School", K.SCHOOL, 2200, -330, 45_000, B.CAMPUS),
    Entry("东湖会议中心", "East Lake Conference Centre", K.CONFERENCE, 5120, -1950, 140_000, B.HALL),
    Entry("迎宾馆", "State Guest House", K.CONFERENCE, 3900, -1150, 100_000),
    Entry("开发区管委会", "Development Zone Committee", K.OFFICE, 4600, 2900, 90_000),
    Entry("高铁南站", "Railway South Station", K.STATION, 250, -4640, 60_000, B.HALL),
    Entry("长途汽车站", "Coach Station", K.STATION, -3050, 1250, 60_000, B.HALL),
    Entry("清岚机场", "Qinglan Airport", K.AIRPORT, 7150, 6040, 0, B.SMALL),
    Entry("市公安局", "Public Security Bureau", K.OFFICE, 1250, 420, 50_000),
    Entry("市中级法院", "Intermediate Court", K.OFFICE, 1300, -1000, 50_000),
    Entry("市检察院", "Procuratorate", K.OFFICE, 430, -1000, 45_000),
    Entry("市财政局", "Finance Bureau", K.OFFICE, -430, 420, 45_000),
    Entry("市税务局", "Tax Bureau", K.OFFICE, -430, -300, 45_000),
    Entry("市教育局", "Education Bureau", K.OFFICE, -430, 1200, 40_000),
    Entry("市卫生健康局", "Health Bureau", K.OFFICE, -1300, 420, 40_000),
    Entry("市交通运输局", "Transport Bureau", K.OFFICE, -2150, 420, 40_000),
    Entry("市自然资源局", "Natural Resources Bureau", K.OFFICE, 2150, 1250, 40_000),
    Entry("市生态环境局", "Ecology and Environment Bureau", K.OFFICE, -2200, -350, 40_000),
    Entry("市农业农村局", "Agriculture Bureau", K.OFFICE, -2150, 2900, 40_000),
    Entry("市市场监管局", "Market Regulation Bureau", K.OFFICE, 430, 2000, 40_000),
    Entry("市人社局", "Human Resources Bureau", K.OFFICE, 430, 1200, 40_000),
    Entry("市民政局", "Civil Affairs Bureau", K.OFFICE, -430, 2000, 40_000),
    Entry("老干部活动中心", "Senior Cadres' Centre", K.OFFICE, -1300, -350, 40_000),
    Entry("市广播电视台", "City Broadcasting", K.OFFICE, 1300, 2050, 40_000),
    Entry("江南街道办", "South Bank Subdistrict Office", K.OFFICE, -430, -2380, 40_000),
    Entry("清江街道办", "Qing River Subdistrict Office", K.OFFICE, -3000, -350, 45_000),
    Entry("东湖街道办", "East Lake Subdistrict Office", K.OFFICE, 3750, 420, 60_000),
    Entry("北岭镇政府", "Beiling Town Government", K.TOWN, -2330, 6770, 20_000),
    Entry("南岭镇政府", "Nanling Town Government", K.TOWN, 1980, -6760, 20_000),
    Entry("西山林场", "Xishan Forest Farm", K.OFFICE, -4900, 4250, 150_000, B.SMALL),
    Entry("污水处理厂", "Waste Water Works", K.INDUSTRY, 5000, -1180, 90_000, B.WORKS),
    Entry("高新产业园", "High-tech Park", K.INDUSTRY, 4900, 1250, 180_000, B.WORKS),
    Entry("装备制造园", "Equipment Works", K.INDUSTRY, 4750, 4500, 200_000, B.WORKS),
    Entry("物流园", "Logistics Park", K.INDUSTRY, -3400, -5250, 250_000, B.WORKS),
    Entry("东城加油站", "East Fuel Station", K.FUEL, 2950, 1250, 12_000, B.SMALL),
    Entry("解放路加油站", "Jiefang Road Fuel Station", K.FUEL, -2900, -3300, 12_000, B.SMALL),
    Entry("政务充电站", "Administration Charging Station", K.CHARGING, 800, -420, 12_000, B.SMALL),
    Entry("东湖充电站", "East Lake Charging Station", K.CHARGING, 3750, -420, 12_000, B.SMALL),
    Entry("定点维修厂", "Designated Repair Shop", K.REPAIR, 3750, 2050, 40_000, B.WORKS),
    Entry("清岚大酒店", "Qinglan Grand Hotel", K.HOTEL, -430, 2900, 30_000),
    Entry("东湖度假酒店", "East Lake Resort", K.HOTEL, 3850, -3200, 60_000),
    Entry("站前宾馆", "Station Hotel", K.HOTEL, 1250, -4120, 30_000),
    Entry("凤凰山风景区", "Phoenix Hill Scenic Area", K.SCENIC, -5250, 4700, 90_000, B.GREEN),
    Entry("东湖风景区", "East Lake Scenic Area", K.SCENIC, 4560, -3400, 120_000, B.GREEN),
    Entry("水岸花园", "Waterside Gardens", K.ESTATE, 2150, -950, 60_000, B.HOMES),
    Entry("御景苑", "Yujing Court", K.ESTATE, -3500, 2900, 60_000, B.HOMES),
    Entry("锦绣家园", "Jinxiu Homes", K.ESTATE, 2150, 2050, 60_000, B.HOMES),
    Entry("南苑小区", "Nanyuan Estate", K.ESTATE, -1300, -3200, 60_000, B.HOMES),
    Entry("北苑新村", "Beiyuan New Village", K.ESTATE, 430, 4450, 70_000, B.HOMES),
    Entry("金樽KTV", "Golden Cup KTV", K.ENTERTAINMENT, 1700, -3250, 20_000, B.SMALL),
)

PARKS: tuple[tuple[str, str, float, float, float], ...] = (
    ("人民公园", "People's Park", -1300, 2900, 330_000),
    ("中心公园", "Central Park", 2150, 420, 260_000),
    ("开发区公园", "Development Zone Park", 3750, 3250, 300_000),
    ("植物园", "Botanical Garden", -3500, 800, 260_000),
    ("南湖公园", "South Lake Park", 430, -3350, 260_000),
    ("文庙广场", "Confucius Temple Square", -430, 1450, 0),
)

DEPOTS: tuple[tuple[str, str, str, float, float, int], ...] = (
    ("ZW", "政务中心车场", "Administration Depot", 330, -640, 32),
    ("CD", "城东车场", "East Depot", 3060, 105, 26),
)
DEPOT_ROOM_M2 = 60_000.0
