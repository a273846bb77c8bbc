"""The assumptions of a model as a table: every parameter with the sentence of its source."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pandas as pd

from layers.schema import ASSUMPTIONS


def assumption_table(model: str, params: Any) -> pd.DataFrame:
    """Return every parameter of the model's TOML table with its value and source."""
    described = type(params).__pydantic_fields__
    return ASSUMPTIONS.frame(
        {
            "model": model,
            "parameter": field.name,
            "value": _text(getattr(params, field.name)),
            "source": " ".join(str(described[field.name].description or "").split()),
        }
        for field in fields(params)
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {item}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
