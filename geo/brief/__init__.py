"""The month in figures: what patrols did, whom they met, what they understood and gave.

Start with `figures_of`, which counts a log by month, and lets through of a quarter or a half-year
what a tier of a release may know.  `report_figures` sets the report's figures side by side, both
where two contradict; a `PressCheck` checks corridors by published reports.  `languages` says which
languages to expect and who should ride along.
"""

from typing import TYPE_CHECKING

from geo.rooms import opened_on_use

if TYPE_CHECKING:
    from geo.brief.figures import (
        BriefError,
        Figures,
        compared,
        counts_of,
        figures_of,
        period_before,
    )
    from geo.brief.flows import PressCheck, ReportFigures, report_figures

__all__ = [
    "BriefError",
    "Figures",
    "PressCheck",
    "ReportFigures",
    "compared",
    "counts_of",
    "figures_of",
    "period_before",
    "report_figures",
]

# Who reads a study waits for no count of the log.
__getattr__, __dir__ = opened_on_use(
    __name__,
    BriefError="figures",
    Figures="figures",
    compared="figures",
    counts_of="figures",
    figures_of="figures",
    period_before="figures",
    PressCheck="flows",
    ReportFigures="flows",
    report_figures="flows",
)
