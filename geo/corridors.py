"""Corridor proximity: how near, nearer than chance, and which corridor explains best."""

from __future__ import annotations

from geo.proximity import Corridor, corridors_of, proximity

__all__ = ["Corridor", "corridors_of", "proximity"]
