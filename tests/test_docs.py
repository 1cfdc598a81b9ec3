"""The pages under docs/ say what the code does, and make a site without a warning that needs no network."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys

import pytest

from antiphon.__main__ import COMMANDS
from antiphon.io.settings import read_settings
from antiphon.io.sound.name_patterns import PATTERNS
from conftest import documented_blocks, pages


def pattern_table() -> str:
    """Return the table of name patterns of docs/recorders.md."""
    rows = [
        f"| {pattern.name} | `{name}` | {f'`{meant}`' if meant else 'no time'} |"
        for pattern in PATTERNS
        for name, meant in pattern.examples.items()
    ]
    return "\n".join(["| pattern | name | start |", "| --- | --- | --- |", *rows])


def command_table() -> str:
    """Return the table of commands of docs/api.md."""
    return "\n".join(
        ["| command | does |", "| --- | --- |", *(f"| `{name}` | {what} |" for name, (_, _, what) in COMMANDS.items())]
    )


@pytest.mark.parametrize(
    ("page", "mark", "table"), [("recorders", "patterns", pattern_table), ("api", "commands", command_table)]
)
def test_page__has_the_table_of_the_code(root, page, mark, table):
    text = (root / "docs" / f"{page}.md").read_text(encoding="utf-8")
    shown = text.split(f"<!-- {mark} -->\n")[1].split(f"\n<!-- /{mark} -->")[0]
    assert shown == table(), f"put this between the marks of docs/{page}.md:\n{table()}"


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The site as `make docs` builds it: a warning, a dead link or a page that no list names is an error."""
    folder = tmp_path_factory.mktemp("site")
    (command,) = re.findall(r"^\t\$\(BIN\)/sphinx-build (-W .*) build/docs$", (root / "Makefile").read_text(), re.M)
    words = [sys.executable, "-m", "sphinx", *command.split(), "-d", str(folder / "trees"), str(folder / "html")]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_site__has_every_page(root, site):
    pages = {path.stem for path in (root / "docs").glob("*.md")}
    assert pages <= {path.stem for path in (site / "docs").glob("*.html")}
    assert "docs/index.html" in (site / "index.html").read_text()


def test_site__needs_no_network(site):
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)=\"(https?:)?//[^\"]*\"", page.read_text()
        )
        assert not loaded, page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import\s)['\"]?(?:https?:)?//", sheet.read_text()), sheet


def test_site__shows_signatures_and_parameters(site):
    text = (site / "docs" / "api.html").read_text(encoding="utf-8")
    for name in (
        "antiphon.open_season",
        "antiphon.signal.masking.source_masks",
        "antiphon.stats.calendar.effort.Effort",
    ):
        assert f'id="{name}"' in text


PYTHON = [
    (page, line, text) for page in pages() for line, language, text in documented_blocks(page) if language == "python"
]


@pytest.mark.parametrize(("page", "line", "text"), PYTHON, ids=lambda value: getattr(value, "name", None))
def test_python__compiles_and_imports_what_is_there(page, line, text):
    tree = ast.parse(text, f"{page.name}:{line}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                assert importlib.util.find_spec(alias.name), alias.name
        elif isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "antiphon":
            assert getattr(importlib.import_module("antiphon"), node.attr)


SETTINGS = [
    (page, line, text) for page in pages() for line, language, text in documented_blocks(page) if language == "yaml"
]


@pytest.mark.parametrize(("page", "line", "text"), SETTINGS, ids=lambda value: getattr(value, "name", None))
def test_settings__are_ones_that_config_yaml_takes(root, tmp_path, page, line, text):
    (tmp_path / "shown.yaml").write_text(text, encoding="utf-8")
    # The recipe has the sections that are null in config.yaml and that pieces of settings may take for granted.
    read_settings([root / "config" / "config.yaml", root / "config" / "accuracy.yaml", tmp_path / "shown.yaml"])
