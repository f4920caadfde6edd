"""What a run costs on the card, in yuan. The one place where the tariff is applied (DESIGN 4.8)."""

from __future__ import annotations

from fleet.planning.settings import PlanningSettings


def cost_parts(settings: PlanningSettings, energy: str, added_m: int, added_s: int) -> dict[str, float]:
    """Yuan by item for the metres driven and the driver's seconds that a request adds to what is in force."""
    per_km = {
        "petrol": settings.petrol_yuan_per_km,
        "diesel": settings.diesel_yuan_per_km,
        "hybrid": settings.hybrid_yuan_per_km,
        "electric": settings.electric_yuan_per_km,
    }[energy]
    return {
        "energy": round(added_m / 1000 * per_km, 2),
        "driver": round(added_s / 3600 * settings.driver_yuan_per_h, 2),
    }
