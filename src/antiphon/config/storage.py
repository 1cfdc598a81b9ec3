"""Section ``storage``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from antiphon.config.section import Section

__all__ = ["Storage"]


class Storage(Section):
    """What may go once a season's page stands; changing it re-runs nothing, and nothing goes by itself."""

    levels: Literal["keep", "drop"] = Field(
        description="cells of the stores of stft; drop: command drop removes them where all that is made from "
        "them stands"
    )
    probabilities: Literal["keep", "drop"] = Field(description="the same of the stores of infer")
