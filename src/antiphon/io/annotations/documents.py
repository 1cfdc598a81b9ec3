"""JSON of strangers: any bytes give a value or a plain error."""

from __future__ import annotations

import json
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import decoded

__all__ = ["parsed_json"]


def parsed_json(content: bytes, origin: str) -> Any:
    """Return the value of a JSON document.

    Raises
    ------
    AntiphonError
        If it is none.
    """
    try:
        return json.loads(decoded(content))
    except (ValueError, RecursionError) as error:
        raise AntiphonError(f"{origin}: not valid JSON ({str(error)[:80]}); export it again") from None
