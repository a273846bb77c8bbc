"""Intensity: how many groups pass at public stops, from visits and reports, and how sure it is.

Start with `fit`.  The field behind it lives in memory and is told of public stops only: no section,
no square and no hour comes out of this room.  `precision` is the field's matrix, for those who want
to build other models on it.
"""

from geo.intensity.field import precision
from geo.intensity.model import fit
from geo.intensity.posterior import Posterior
from geo.intensity.priors import PRIORS, Prior

__all__ = ["PRIORS", "Posterior", "Prior", "fit", "precision"]
