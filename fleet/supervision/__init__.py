"""Supervision: from raw fixes to trips, violations and cases (DESIGN §5)."""
