"""What a generated city consists of: frozen values in WGS-84 degrees, limits in km/h, lengths in metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

Lonlat = tuple[float, float]
Tags = tuple[tuple[str, str], ...]


class RoadKind(StrEnum):
    """Road classes, named as OpenStreetMap's `highway` values."""

    MOTORWAY = "motorway"
    MOTORWAY_LINK = "motorway_link"
    TRUNK = "trunk"
    TRUNK_LINK = "trunk_link"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    TERTIARY = "tertiary"
    RESIDENTIAL = "residential"
    SERVICE = "service"


class PlaceKind(StrEnum):
    """What a named place is; the values are the product's place kinds."""

    OFFICE = "office"
    TOWN = "town"
    HOSPITAL = "hospital"
    CULTURE = "culture"
    SCHOOL = "school"
    CONFERENCE = "conference"
    STATION = "station"
    AIRPORT = "airport"
    INDUSTRY = "industry"
    FUEL = "fuel"
    CHARGING = "charging"
    REPAIR = "repair"
    HOTEL = "hotel"
    SCENIC = "scenic"
    ESTATE = "estate"
    ENTERTAINMENT = "entertainment"


@dataclass(frozen=True, slots=True)
class Road:
    """A stretch of road with constant attributes; `nodes` index `City.nodes`, in driving order if one-way."""

    kind: RoadKind
    name: str
    name_en: str
    limit_kmh: int
    lanes: int
    oneway: bool
    bridge: bool
    tunnel: bool
    layer: int
    nodes: tuple[int, ...]
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Street:
    """A named street as a whole: all roads of one name."""

    name: str
    name_en: str
    kind: RoadKind
    limit_kmh: int
    length_m: float


@dataclass(frozen=True, slots=True)
class Place:
    """A named place; its position is the forecourt at its gate, on a service road of the network."""

    name: str
    name_en: str
    kind: PlaceKind
    lon: float
    lat: float


SENSITIVE = frozenset({PlaceKind.HOTEL, PlaceKind.SCENIC, PlaceKind.ESTATE, PlaceKind.ENTERTAINMENT})
"""Places where an official car has no business unless its order says so (rule R12)."""


@dataclass(frozen=True, slots=True)
class Bay:
    """One marked parking bay, at its middle."""

    code: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Depot:
    """A motor pool's yard: gate on the road, outline (closed ring) and bays."""

    code: str
    name: str
    name_en: str
    lon: float
    lat: float
    outline: tuple[Lonlat, ...]
    bays: tuple[Bay, ...]


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A tube without satellite reception, as the centre line of each carriageway."""

    name: str
    name_en: str
    line: tuple[Lonlat, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """A closed ring on the ground, for example an urban canyon of high buildings."""

    name: str
    name_en: str
    ring: tuple[Lonlat, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A drawn surface (water, park, block, building): closed ring without the repeated last point."""

    tags: Tags
    ring: tuple[Lonlat, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn line that no car uses: railway, middle of the river."""

    tags: Tags
    points: tuple[Lonlat, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A named point of the map: a district, a point of interest."""

    tags: Tags
    at: Lonlat


@dataclass(frozen=True, slots=True)
class City:
    """The whole city. `bounds` is west, south, east, north."""

    name: str
    name_en: str
    seed: int
    bounds: tuple[float, float, float, float]
    nodes: tuple[Lonlat, ...] = field(repr=False)
    signals: frozenset[int] = field(repr=False)
    roads: tuple[Road, ...] = field(repr=False)
    streets: tuple[Street, ...] = field(repr=False)
    places: tuple[Place, ...] = field(repr=False)
    depots: tuple[Depot, ...] = field(repr=False)
    tunnels: tuple[Tunnel, ...] = field(repr=False)
    canyons: tuple[Zone, ...] = field(repr=False)
    areas: tuple[Area, ...] = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    labels: tuple[Label, ...] = field(repr=False)

    @property
    def sensitive(self) -> tuple[Place, ...]:
        """Hotels, scenic spots, estates and the like."""
        return tuple(place for place in self.places if place.kind in SENSITIVE)

    def place(self, name: str) -> Place:
        """The place of that Chinese name; KeyError if the city has none."""
        for place in self.places:
            if place.name == name:
                return place
        raise KeyError(name)
