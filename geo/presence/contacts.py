"""What contacts brought: who could be understood, which needs were met, how many a month."""

import pandas as pd

from layers.schema import current


def understood_by_language(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return ``groups`` by language, and the ``share`` understood in words.

    In words: in their own language or through an interpreter.  `contacts` is table `LOG_CONTACTS`.
    """
    rows = current(contacts).query("kind == 'understood' and groups > 0")
    in_words = rows["groups"].where(rows["value"].isin(["own_language", "interpreter"]), 0)
    found = rows.assign(in_words=in_words).groupby("language")[["groups", "in_words"]].sum()
    return found.assign(share=found.pop("in_words") / found["groups"]).reset_index()


def needs_met(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return by need how many groups asked, and for how many it was ``met`` and ``unmet``."""
    rows = current(contacts)
    asked, met = (
        rows[rows["kind"] == kind].groupby("value")["groups"].sum() for kind in ("need", "need_met")
    )
    found = pd.DataFrame({"asked": asked, "met": met}).fillna(0).astype(int)
    return found.assign(unmet=found["asked"] - found["met"]).rename_axis("need").reset_index()


def by_shift_and_month(groups: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return groups met by shift and month, of those with at least `least` only: it may leave."""
    rows = current(groups).dropna(subset=["stop"])
    found = rows.groupby(["shift", "month"]).size().rename("groups").reset_index()
    return found[found["groups"] >= least].reset_index(drop=True)
