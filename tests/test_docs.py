"""The pages under docs/ say what the code does."""

from antiphon.io.sound.name_patterns import PATTERNS


def pattern_table() -> str:
    """Return the table of name patterns of docs/recorders.md."""
    rows = [
        f"| {pattern.name} | `{name}` | {f'`{meant}`' if meant else 'no time'} |"
        for pattern in PATTERNS
        for name, meant in pattern.examples.items()
    ]
    return "\n".join(["| pattern | name | start |", "| --- | --- | --- |", *rows])


def test_recorders_page__has_every_pattern_with_its_examples(root):
    text = (root / "docs" / "recorders.md").read_text(encoding="utf-8")
    shown = text.split("<!-- patterns -->\n")[1].split("\n<!-- /patterns -->")[0]
    assert shown == pattern_table(), f"put this between the marks of docs/recorders.md:\n{pattern_table()}"
