"""antiphon: from field recordings to tables of who sounds when.

The package is imported by the Snakefile in every cluster job, so it imports nothing heavy here.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
