"""Slurm's accounting, in the lines that sacct writes."""

from datetime import datetime
from pathlib import Path

import pytest

from antiphon.io.jobs.accounting import jobs_in, read_accounting

SBATCH = "sbatch --parsable --output /w/.snakemake/%j.log --export=ALL --comment {} -A pam -p cpu --wrap=python | x"
LINES = [
    "1|COMPLETED|19|120|3000M|1||00:08.500|/w|" + SBATCH.format("rule_stft_wildcards_A1.2024-05-02"),
    "1.batch|COMPLETED|19|||1|175108K|00:01.500||",
    "1.0|COMPLETED|15|||1|2.5G|00:07.000||srun -n1",
    "2|OUT_OF_MEMORY|3661|1440|8Gn|4||1-01:01:01|/w|" + SBATCH.format("'rule_tabulate_effort_wildcards_A1'"),
    "3|CANCELLED by 0|0|60|2000M|1||00:00:00|/w|" + SBATCH.format("rule_ingest"),
    "4|RUNNING|5|60|2000M|1||00:00:00|/w|" + SBATCH.format("rule_ingest"),
    "5|COMPLETED|5|60|2000M|1||00:00:00|/elsewhere|" + SBATCH.format("rule_ingest"),
    "6|COMPLETED|5|60|2000M|1||00:00:00|/w|sbatch job.sh",
]


def test_accounting__says_what_jobs_asked_for_and_held():
    first, second, third = jobs_in(LINES, Path("/w"))
    assert (first.rule, first.state, first.wall_s, first.core_s) == ("stft", "COMPLETED", 19, 8.5)
    assert first.memory_mb == pytest.approx(175108 / 1024 + 2560)
    assert (first.requested_mb, first.requested_min) == (3000, 120)
    assert (second.rule, second.threads, second.requested_mb) == ("tabulate_effort", 4, 8192)
    assert second.core_s == 86400 + 3661
    assert second.memory_mb is None
    assert (third.rule, third.state) == ("ingest", "CANCELLED")


def test_accounting__is_nothing_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_accounting(tmp_path, datetime(2024, 1, 1)) == []


def test_accounting__that_does_not_answer_is_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "sacct").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "sacct").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert read_accounting(tmp_path, datetime(2024, 1, 1)) == []
    assert "sacct does not answer" in capsys.readouterr().err
