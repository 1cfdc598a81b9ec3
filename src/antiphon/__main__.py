"""The command line: ``antiphon STAGE --named --arguments``.

A stage's signature is its command line: each keyword of its ``run`` function becomes an option, its docstring becomes
the help. A stage is imported only when it is called, so that ``antiphon --help`` and a stage that needs no network
library stay fast.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import inspect
import os
import re
import sys
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any

from antiphon import __version__
from antiphon.errors import AntiphonError

__all__ = ["COMMANDS", "main", "parser_for"]

# Threads that spin while they wait make a network ten times slower as soon as anything else runs on their cores. It is
# read when PyTorch is loaded, which every stage does later than this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

COMMANDS: dict[str, tuple[str, str, str]] = {
    "ingest": ("antiphon.stages.ingest", "run", "list the recordings, good and bad"),
    "stft": ("antiphon.stages.stft", "run", "turn sound into spectrograms"),
    "pair": ("antiphon.stages.pair", "run", "make examples to learn from"),
    "train": ("antiphon.stages.train", "run", "learn to separate"),
    "evaluate": ("antiphon.stages.evaluate", "run", "say how well"),
    "infer": ("antiphon.stages.infer", "run", "separate a season"),
    "tabulate": ("antiphon.stages.tabulate", "run", "turn sources into numbers"),
    "sites": ("antiphon.stages.tabulate", "sites", "add up deployments: detection histories, hours of the day, sites"),
    "report": ("antiphon.stages.report", "run", "turn numbers into a page"),
    "separate": ("antiphon.stages.separate", "run", "give sources back as sound"),
    "synthesize": ("antiphon.stages.synthesize", "run", "learn vocalisations and make new ones"),
    "classify": ("antiphon.classifying.command", "run", "tell classes of clips apart; needs no model"),
    "figures": ("antiphon.reporting.pictures", "run", "write every figure of a season as SVG, PDF and CSV"),
    "check": ("antiphon.cluster.check", "run", "say what a job sees here: environment, audio, disks, GPU"),
    "plan": ("antiphon.cluster.plan", "run", "say what a season costs, and what is done"),
    "export": ("antiphon.exports.command", "run", "write events as Raven, Audacity or BirdNET lists, or Camtrap DP"),
    "inject": (
        "antiphon.injection.command",
        "run",
        "put known sounds into recordings and see which are found",
    ),
    "drop": ("antiphon.cluster.drop", "run", "list the cells of stores that can be made again, and drop them"),
    "verdicts": ("antiphon.stages.ingest", "verdicts", "stop where decoding found too many bad recordings"),
    "draft": ("antiphon.stages.ingest", "draft", "draft deployments.csv from a folder tree"),
    "schema": ("antiphon.schema", "write", "write the JSON schema and the key table of the settings"),
    "demo-write": ("antiphon.demo", "write", "make the small season of `make demo`"),
    "demo-clips": ("antiphon.demo", "write_clips", "make the clips of `make demo-voices`"),
    "demo-summary": ("antiphon.demo", "summary", "hold the demo's results against the truth, and draw them"),
}
"""Each command: module, function, one line of help."""


def parser_for(name: str, function: Callable[..., None]) -> argparse.ArgumentParser:
    """Return the argument parser of one command, made from the signature and docstring of ``function``."""
    text = inspect.getdoc(function) or ""
    parser = argparse.ArgumentParser(f"antiphon {name}", description=text.split("\n\n")[0], allow_abbrev=False)
    hints = typing.get_type_hints(function)
    for key, parameter in inspect.signature(function).parameters.items():
        required = parameter.default is inspect.Parameter.empty
        parser.add_argument(
            f"--{key.rstrip('_').replace('_', '-')}",
            dest=key,
            required=required,
            default=None if required else parameter.default,
            help=_parameter_help(text, key),
            **_kind(hints[key]),
        )
    return parser


def _kind(hint: Any) -> dict[str, Any]:
    """Return argparse's view of a type: Path, str, int, float, bool, a list of one of them, or one of them or None."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    if typing.get_origin(hint) is list:
        return {"type": typing.get_args(hint)[0], "nargs": "*"}
    if hint is bool:
        return {"action": argparse.BooleanOptionalAction}
    return {"type": hint}


def _parameter_help(docstring: str, key: str) -> str:
    """Return what a numpy-style docstring says of the parameter ``key``."""
    found = re.search(rf"^(?:\w+, )*{key}(?:, \w+)*\n((?:    .+\n?)+)", docstring, flags=re.MULTILINE)
    return re.sub(r"\s+", " ", found[1]).strip().replace("%", "%%") if found else ""


def _overview() -> str:
    lines = "\n".join(f"  {name:<14}{line}" for name, (_, _, line) in COMMANDS.items())
    return f"usage: antiphon COMMAND [--help]\n\ncommands:\n{lines}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, or 2 for a mistake that the user can mend."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        print(_overview(), end="")
        return 0 if given else 2
    if given[0] in ("-V", "--version"):
        print(f"antiphon {__version__}")
        return 0
    name, *rest = given
    if name not in COMMANDS:
        print(f"antiphon: '{name}' is no command\n{_overview()}", file=sys.stderr, end="")
        return 2
    module, function, _ = COMMANDS[name]
    try:
        run = getattr(importlib.import_module(module), function)
        run(**vars(parser_for(name, run).parse_args(rest)))
    except AntiphonError as error:
        print(f"antiphon {name}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = error.filename or "a disk that it writes to"
        print(f"antiphon {name}: {where}: no space left; make room and run again", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
