"""The house rules: imports run down only, rooms stay small, nothing heavy where the Snakefile looks."""

import ast
import subprocess
import sys

import pytest

from antiphon.__main__ import COMMANDS, parser_for

STAGES = ("ingest", "stft", "pair", "train", "evaluate", "infer", "tabulate", "report", "separate", "synthesize")
PURE = ("signal", "scenes", "networks", "learning", "baselines", "stats", "figures", "planning")
# room -> rooms it may import besides itself
MAY_IMPORT = {
    "errors": set(),
    "progress": set(),
    "config": {"errors"},
    "schema": {"config"},
    "signal": set(),
    "networks": set(),
    "scenes": {"signal"},
    "stats": set(),
    "figures": {"stats"},
    "planning": set(),
    "baselines": {"networks", "signal"},
    "learning": {"networks", "signal", "baselines", "stats"},
    "io": {"errors", "config", "signal", "planning", "progress"},
    "reporting": {"config", "figures", "io", "planning", "progress", "signal", "stats"},
    "pairing": {"errors", "config", "io", "scenes", "signal"},
    "tabulating": {"errors", "config", "progress", "io", "signal", "stats"},
    "classifying": {"errors", "config", "progress", "io", "pairing", *PURE},
    "stages": {"errors", "config", "progress", "io", "classifying", "pairing", "reporting", "tabulating", *PURE},
    "cluster": {"errors", "config", "progress", "io", "planning"},
    "injection": {"errors", "config", "progress", "io", *PURE},
    "exports": {"errors", "progress", "io"},
    "demo": {"errors", "config", "progress", "io", *PURE},
    "__main__": {"errors"},
}


def modules(root):
    return sorted((root / "src" / "antiphon").rglob("*.py"))


def room(root, path):
    parts = path.relative_to(root / "src" / "antiphon").with_suffix("").parts
    return parts[0]


def imported_rooms(path):
    """Yield the rooms of antiphon that a module imports anywhere in its text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "antiphon" else [f"antiphon.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("antiphon."):
                yield name.split(".")[1]


def test_imports__run_down_only(root):
    wrong = []
    for path in modules(root):
        here = room(root, path)
        if here in ("__init__",):
            continue
        allowed = MAY_IMPORT[here] | {here, "__version__"}
        if here == "stages":
            allowed -= {"stages"}
        wrong += [f"{path.relative_to(root)} imports {there}" for there in imported_rooms(path) if there not in allowed]
    assert not wrong, "\n".join(wrong)


def test_pure_rooms__know_no_disk(root):
    """No pure part opens a file, lists a folder or reads settings."""
    forbidden = {"pathlib", "os", "shutil", "tempfile", "zarr", "pyarrow", "soundfile", "yaml", "snakemake"}
    wrong = []
    for path in modules(root):
        if room(root, path) not in PURE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
                wrong.append(f"{path.relative_to(root)}:{node.lineno} opens a file")
            wrong += [f"{path.relative_to(root)} imports {n}" for n in names if n.split(".")[0] in forbidden]
    assert not wrong, "\n".join(wrong)


def test_rooms__stay_small(root):
    """Modules of at most 300 lines, functions of at most 60."""
    wrong = []
    for path in modules(root):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 300:
            wrong.append(f"{path.relative_to(root)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = node.end_lineno - node.lineno + 1
                if size > 60:
                    wrong.append(f"{path.relative_to(root)}:{node.lineno} {node.name}: {size} lines")
    assert not wrong, "\n".join(wrong)


def test_test_files__have_names_of_their_own(root):
    """Pytest imports them by name: of two alike, one would not run."""
    names = [path.name for path in (root / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_names__say_what_things_are(root):
    vague = {"utils", "util", "helpers", "helper", "misc", "manager", "common", "base"}
    assert not [path for path in modules(root) if path.stem in vague]


@pytest.mark.parametrize("stage", STAGES)
def test_stage__is_one_word_everywhere(root, stage):
    assert (root / "workflow" / "rules" / f"{stage}.smk").exists()
    assert stage in COMMANDS
    source = (root / "src" / "antiphon" / "stages" / f"{stage}.py").read_text(encoding="utf-8")
    assert "\nVERSION = " in source
    assert f"{stage}.smk" in (root / "Snakefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_command__has_help_for_every_option(command):
    import importlib

    module, function, _ = COMMANDS[command]
    parser = parser_for(command, getattr(importlib.import_module(module), function))
    silent = [action.dest for action in parser._actions if not action.help]
    assert not silent


def test_snakefile__imports_nothing_heavy():
    script = (
        "import sys, antiphon.config, antiphon.errors, antiphon.io.season.deployments, antiphon.io.examples.lists;"
        "print([m for m in ('torch', 'pandas', 'xarray', 'zarr', 'dask', 'numpy', 'scipy', 'pyarrow', 'matplotlib')"
        " if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
