"""The command line: a mistake is one line and exit status 2, a bug keeps its traceback."""

import errno
from pathlib import Path

import pytest

from antiphon import __main__ as command_line
from antiphon.errors import AntiphonError


def stage(*, record: Path, names: list[str], count: int = 3, note: str | None = None) -> None:
    """Do something.

    Parameters
    ----------
    record
        The file, 100 % of it.
    names, count
        Several things
        said at once.
    note
        Optional.
    """
    if note == "mistake":
        raise AntiphonError("x.csv: no time zone; add the column utc_offset")
    if note == "full":
        raise OSError(errno.ENOSPC, "No space left on device", "results/x.zarr")
    if note == "bug":
        raise ZeroDivisionError
    print(record.name, names, count, note)


@pytest.fixture(autouse=True)
def only_this_stage(monkeypatch):
    monkeypatch.setattr(command_line, "COMMANDS", {"stage": (__name__, "stage", "do something")})
    monkeypatch.setattr(command_line.importlib, "import_module", lambda name: __import__("sys").modules[__name__])


def test_main__calls_a_stage_by_name(capsys):
    assert command_line.main(["stage", "--record", "a/b.json", "--names", "x", "y", "--count", "5"]) == 0
    assert capsys.readouterr().out == "b.json ['x', 'y'] 5 None\n"


def test_main__takes_help_from_the_docstring(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["stage", "--help"])
    shown = capsys.readouterr().out
    assert "The file, 100 % of it." in shown
    assert shown.count("Several things said at once.") == 2


def test_main__turns_a_mistake_into_one_line(capsys):
    assert command_line.main(["stage", "--record", "r", "--names", "--note", "mistake"]) == 2
    assert capsys.readouterr().err == "antiphon stage: x.csv: no time zone; add the column utc_offset\n"


def test_main__names_the_disk_that_is_full(capsys):
    assert command_line.main(["stage", "--record", "r", "--names", "--note", "full"]) == 2
    assert capsys.readouterr().err == "antiphon stage: results/x.zarr: no space left; make room and run again\n"


def test_main__lets_a_bug_through():
    with pytest.raises(ZeroDivisionError):
        command_line.main(["stage", "--record", "r", "--names", "--note", "bug"])


def test_main__names_the_commands_when_none_fits(capsys):
    assert command_line.main(["stag"]) == 2
    assert "'stag' is no command" in capsys.readouterr().err
    assert command_line.main([]) == 2
    assert command_line.main(["--help"]) == 0
