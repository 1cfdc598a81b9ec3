"""Which sources of a model a label speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["LabelMap"]


@dataclass(frozen=True)
class LabelMap:
    """Labels that people write, classes, and the sources of a model that unite classes.

    Attributes
    ----------
    sources
        Classes that each source unites, in order.
    classes
        Classes of a label in lower case; ``*`` stands for every label that has no entry. A label without an entry is
        its own class.
    """

    sources: Mapping[str, tuple[str, ...]]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def classes_of(self, label: str) -> tuple[str, ...]:
        """Return the classes of a label; none if nothing is known of it."""
        plain = label.strip().casefold()
        if plain in self.classes:
            return self.classes[plain]
        own = [name for names in self.sources.values() for name in names if name.casefold() == plain]
        return tuple(own[:1]) or self.classes.get("*", ())

    def sources_of(self, label: str) -> tuple[int, ...]:
        """Return the indices of the sources that a label speaks of."""
        classes = set(self.classes_of(label))
        return tuple(index for index, names in enumerate(self.sources.values()) if classes & set(names))

    def whole_sources(self, classes: Iterable[str]) -> tuple[int, ...]:
        """Return the indices of the sources of which all classes are among ``classes`` (``all``: every source)."""
        given = set(classes)
        return tuple(
            index for index, names in enumerate(self.sources.values()) if "all" in given or set(names) <= given
        )
