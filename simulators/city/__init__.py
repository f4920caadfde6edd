"""The fictional county-level city 清岚市, generated as OpenStreetMap data, the same for the same seed."""

from __future__ import annotations

from .model import (
    Area,
    Bay,
    City,
    Depot,
    Place,
    PlaceKind,
    Road,
    RoadKind,
    Street,
    Tunnel,
    Zone,
)
from .osm import city_in, write_city, write_pbf
from .plan import plan_city

__all__ = [
    "Area",
    "Bay",
    "City",
    "Depot",
    "Place",
    "PlaceKind",
    "Road",
    "RoadKind",
    "Street",
    "Tunnel",
    "Zone",
    "city_in",
    "plan_city",
    "write_city",
    "write_pbf",
]
