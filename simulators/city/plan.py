"""Planning the whole city, step by step, from one seed."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import numpy as np
import shapely

from .avenues import draw_avenues
from .fabric import Site, weave
from .gazetteer import DEPOT_ROOM_M2, DEPOTS, PARKS, PLACES
from .layout import EDGE_EAST, EDGE_NORTH, NAME, NAME_EN
from .model import Bay, City, Depot, Lonlat, Place, Road, RoadKind, Street, Tunnel, Zone
from .network import Network, join
from .plane import Metres, Plane
from .rings import draw_frontage, draw_rings
from .sites import SitedDepot, SitedPlace, Survey, site_depots, site_places
from .surfaces import CANYONS, draw_surfaces
from .terrain import build_terrain

DEFAULT_SEED = 7


def plan_city(seed: int = DEFAULT_SEED) -> City:
    """The city of this seed, in memory; the same seed always gives the same city."""
    random = Random(seed)
    plane = Plane()
    terrain = build_terrain(random)
    avenues = draw_avenues(terrain, random)
    frame = avenues + draw_frontage(terrain)
    fabric = weave(terrain, frame, _sites(), random)
    # A street that obstacles cut off from the town is no front for a place: only what a network keeps counts.
    survey = Survey(fabric.blocks, join([*frame, *fabric.streets]).strokes)
    places, drives = site_places(survey)
    depots, yards = site_depots(survey)
    network = join([*frame, *draw_rings(terrain, avenues), *fabric.streets, *drives, *yards])
    surfaces = draw_surfaces(terrain, fabric, places, depots, plane, random)
    roads = _roads(network)
    nodes = tuple(plane.lonlats(network.nodes))
    return City(
        name=NAME,
        name_en=NAME_EN,
        seed=seed,
        bounds=_bounds(plane),
        nodes=nodes,
        signals=network.signals(),
        roads=roads,
        streets=_streets(roads, plane.bend(np.array(network.nodes))),
        places=tuple(_place(place, plane) for place in places),
        depots=tuple(_depot(depot, plane) for depot in depots),
        tunnels=_tunnels(roads, nodes),
        canyons=_canyons(plane),
        areas=tuple(surfaces.areas),
        lines=tuple(surfaces.lines),
        labels=tuple(surfaces.labels),
    )


def _sites() -> list[Site]:
    """Where the small streets must leave room."""
    sites = [Site(entry.p, entry.q, entry.room_m2) for entry in PLACES]
    sites += [Site(p, q, room) for _, _, p, q, room in PARKS]
    return sites + [Site(p, q, DEPOT_ROOM_M2) for _, _, _, p, q, _ in DEPOTS]


def _roads(network: Network) -> tuple[Road, ...]:
    return tuple(
        Road(
            kind=stroke.kind,
            name=stroke.name,
            name_en=stroke.name_en,
            limit_kmh=stroke.limit_kmh,
            lanes=stroke.lanes,
            oneway=stroke.oneway,
            bridge=stroke.bridge,
            tunnel=stroke.tunnel,
            layer=stroke.layer,
            nodes=run,
            ref=stroke.ref,
        )
        for stroke, run in zip(network.strokes, network.runs, strict=True)
    )


def _streets(roads: tuple[Road, ...], local: Metres) -> tuple[Street, ...]:
    """Named streets with their whole length; limit and class of their first stretch."""
    lengths: dict[str, float] = defaultdict(float)
    first: dict[str, Road] = {}
    for road in roads:
        if not road.name or road.kind in {RoadKind.TRUNK_LINK, RoadKind.MOTORWAY_LINK}:
            continue
        first.setdefault(road.name, road)
        steps = np.diff(local[list(road.nodes)], axis=0)
        lengths[road.name] += float(np.hypot(steps[:, 0], steps[:, 1]).sum())
    return tuple(
        Street(name, road.name_en, road.kind, road.limit_kmh, round(lengths[name], 1))
        for name, road in first.items()
    )


def _place(place: SitedPlace, plane: Plane) -> Place:
    lon, lat = plane.lonlats([place.forecourt])[0]
    return Place(place.entry.name, place.entry.name_en, place.entry.kind, lon, lat)


def _depot(depot: SitedDepot, plane: Plane) -> Depot:
    lon, lat = plane.lonlats([depot.entrance])[0]
    bays = tuple(
        Bay(f"{depot.code}-{number:02}", *at) for number, at in enumerate(plane.lonlats(depot.bays), start=1)
    )
    outline = tuple(plane.lonlats(list(depot.outline.exterior.coords)))
    return Depot(depot.code, depot.name, depot.name_en, lon, lat, outline, bays)


def _tunnels(roads: tuple[Road, ...], nodes: tuple[Lonlat, ...]) -> tuple[Tunnel, ...]:
    return tuple(
        Tunnel(road.name, road.name_en, tuple(nodes[node] for node in road.nodes))
        for road in roads
        if road.tunnel
    )


def _canyons(plane: Plane) -> tuple[Zone, ...]:
    return tuple(
        Zone(name, name_en, tuple(plane.lonlats(list(shapely.box(*bounds).segmentize(200).exterior.coords))))
        for name, name_en, bounds in CANYONS
    )


def _bounds(plane: Plane) -> tuple[float, float, float, float]:
    edge = shapely.box(-EDGE_EAST, -EDGE_NORTH, EDGE_EAST, EDGE_NORTH).segmentize(500)
    lons, lats = zip(*plane.lonlats(list(edge.exterior.coords)), strict=True)
    return min(lons), min(lats), max(lons), max(lats)
