"""Templates of the pages."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

from antiphon.figures import wording
from antiphon.figures.pictures import data_uri

__all__ = ["environment", "text_of"]

_VENDOR = PackageLoader("antiphon.figures", "vendor")


def text_of(name: str) -> str:
    """Return a file of ``templates/`` or ``vendor/`` as it stands."""
    made = environment()
    assert made.loader
    return made.loader.get_source(made, name)[0]


def environment() -> Environment:
    """Return the templates: whatever they show is escaped, except what they call ``safe``, our own SVG."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("antiphon.figures"), PrefixLoader({"vendor": _VENDOR})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {name: getattr(wording, name) for name in wording.__all__} | {"uri": data_uri}
    made.globals["plural"] = wording.plural
    return made
