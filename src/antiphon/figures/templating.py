"""Templates of the pages."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from antiphon.figures import wording
from antiphon.figures.pictures import data_uri

__all__ = ["environment"]


def environment() -> Environment:
    """Return the templates: whatever they show is escaped, except what they call ``safe``, our own SVG."""
    made = Environment(
        loader=PackageLoader("antiphon.figures"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {name: getattr(wording, name) for name in wording.__all__} | {"uri": data_uri}
    made.globals["plural"] = wording.plural
    return made
