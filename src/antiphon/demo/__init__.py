"""The demo: a small season by formula whose truth is known, and a look at how near the workflow came to it."""

from antiphon.demo.clips import write_clips
from antiphon.demo.season import write
from antiphon.demo.summary import summary

__all__ = ["summary", "write", "write_clips"]
