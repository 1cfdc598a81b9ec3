"""What every section of the settings is: strict and frozen."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Name", "PositiveSeconds", "Section", "Share"]


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveSeconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A part of the settings: unknown keys are fatal, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
