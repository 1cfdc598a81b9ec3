"""Every command in README, docs and the settings' README is one that exists: its words go through its own parser.

Commands that take a cluster, a network or hours are only parsed; those of docs/first_season.md are run
(test_first_season.py).
"""

import contextlib
import importlib
import io
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator

import pytest
from snakemake.cli import get_argument_parser

from antiphon.__main__ import COMMANDS, parser_for
from conftest import ROOT, documented_blocks, pages

OURS = ("antiphon", "snakemake", "make", "python", "python3")
FOREIGN = {
    ".",
    "apptainer",
    "cat",
    "cd",
    "cp",
    "export",
    "git",
    "printf",
    "rm",
    "sacctmgr",
    "sed",
    "sinfo",
    "${EDITOR:-nano}",
}
RULES = set(re.findall(r"^ *(?:rule|checkpoint) (\w+):", "\n".join(p.read_text() for p in ROOT.glob("**/*.smk")), re.M))
TARGETS = set(re.findall(r"^([a-z-]+%?):", (ROOT / "Makefile").read_text(), re.M))
VARIABLES = set(re.findall(r"^([A-Z]+) \??= ", (ROOT / "Makefile").read_text(), re.M))
USERS_OWN = ("my", "first", "profiles/mine")


def words_of(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of a shell text, without here-documents, redirections and variables before it."""
    text = re.sub(r"(<<'(\w+)'\n).*?\n\2(\n|$)", r"\1", text, flags=re.DOTALL).replace("\\\n", " ")
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        command: list[str] = []
        for word in [*lexer, ";"]:
            if word in ("&&", "||", ";", "|"):
                yield command
                command = []
            elif word == "…":  # something of yours, an option's value perhaps
                command = command[: -1 if command[-1].startswith("--") else None]
            elif command or not re.match(r"[A-Z_]+=", word):
                command.append(word)


def fault_of(words: list[str]) -> str | None:
    """Return what is wrong with a command, or None."""
    program, *rest = words
    known = {
        "antiphon": fault_of_ours,
        "snakemake": fault_of_snakemake,
        "make": fault_of_make,
        "python": fault_of_python,
        "python3": fault_of_python,
        "pip": fault_of_pip,
    }
    if program in known:
        return known[program](rest)
    if program.startswith("config/"):
        return None if (ROOT / program).stat().st_mode & 0o100 else f"{program} is no program"
    return None if program in FOREIGN else f"{program}: nobody has looked whether this is installed everywhere"


def fault_of_make(words: list[str]) -> str | None:
    known = (*TARGETS, *VARIABLES)
    named = [one.split("=", 1)[0] for one in words]
    unknown = [one for one in named if one not in known and not ("bench-%" in TARGETS and one.startswith("bench-"))]
    return f"neither target nor variable of the Makefile: {unknown}" if unknown else None


def refused(parser, words: list[str]) -> str | None:
    """Return what an argument parser says against words."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.parse_args(words)
    except SystemExit as end:
        return None if end.code == 0 else said.getvalue().strip().splitlines()[-1]
    return None


def fault_of_ours(words: list[str]) -> str | None:
    name, *rest = words
    if name not in COMMANDS:
        return None if name in ("COMMAND", "STAGE") else f"antiphon {name}: no such command"
    module, function, _ = COMMANDS[name]
    if not rest:  # a command that is only named
        return None
    return refused(parser_for(name, getattr(importlib.import_module(module), function)), rest)


def fault_of_snakemake(words: list[str]) -> str | None:
    words = [word for word in words if not re.match(r"--(storage-s3|slurm-array)-", word)]  # of plugins
    parser = get_argument_parser()
    if fault := refused(parser, words):
        return fault
    given = parser.parse_args(words)
    for profile in given.profile or []:
        if not (ROOT / profile / "config.yaml").exists() and profile not in USERS_OWN:
            return f"no profile {profile}"
    for path in [*(given.configfile or []), *([given.snakefile] if given.snakefile else [])]:
        if not (ROOT / path).exists() and str(path).removesuffix(".yaml") not in USERS_OWN:
            return f"no file {path}"
    unknown = [name for name in given.forcerun or [] if name not in RULES]
    unknown += [name for name in given.targets if name not in RULES and "/" not in name]
    return f"no rule or file: {unknown}" if unknown else None


def fault_of_python(words: list[str]) -> str | None:
    if words[:2] == ["-m", "venv"]:
        return None
    flag, module, *rest = words
    source = ROOT / (module.replace(".", "/") + ".py")
    if flag != "-m" or not source.exists():
        return f"no module {module}"
    text = source.read_text(encoding="utf-8")
    unknown = [word for word in rest if word.startswith("--") and f'"{word}"' not in text]
    return f"{module} has no {unknown}" if unknown else None


def fault_of_pip(words: list[str]) -> str | None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {one for word in words for found in re.findall(r"\[([\w,]+)\]", word) for one in found.split(",")}
    return f"no extra {named - set(extras)}" if named - set(extras) else None


BLOCKS = [
    (page, number, text)
    for page in pages()
    for number, language, text in documented_blocks(page)
    if language in ("sh", "bash")
]
NAMED = [
    (page, number, code)
    for page in pages()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
    for code in re.findall(r"`([^`]+)`", line)
    if code.split()[0] in OURS and " " in code
]


@pytest.mark.parametrize(("page", "line", "text"), BLOCKS, ids=lambda value: getattr(value, "name", None))
def test_block__is_shell_whose_commands_exist(page, line, text):
    checked = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    assert not checked.stderr
    for words in filter(None, words_of(text)):
        assert fault_of(words) is None, f"{page.name}:{line}: {shlex.join(words)}: {fault_of(words)}"


@pytest.mark.parametrize(("page", "line", "text"), NAMED, ids=lambda value: getattr(value, "name", None))
def test_command_within_a_line__exists(page, line, text):
    for words in filter(None, words_of(text)):
        assert fault_of(words) is None, f"{page.name}:{line}: {text}: {fault_of(words)}"


@pytest.mark.parametrize(
    "wrong",
    [
        "antiphon plot",
        "antiphon draft --audio /data",
        "snakemake --profle slurm",
        "snakemake --profile nowhere -n",
        "snakemake -R ingests",
        "snakemake --configfile my.yaml check nothing",
        "make demos",
        "python -m benchmarks.nothing",
        "python -m benchmarks.accuracy --wrong",
        "pip install 'antiphon[nothing]'",
        "curl example.org",
    ],
)
def test_fault__is_found(wrong):
    (words,) = filter(None, words_of(wrong))
    assert fault_of(words)
