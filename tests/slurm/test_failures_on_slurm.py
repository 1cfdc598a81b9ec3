"""What goes wrong on a cluster, on a real one: the season ends complete or says what is missing; nothing is wrong."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from slurm_season import SlurmSeason, accounted, environment, slurm_words, until

from conftest import write_recording

pytestmark = pytest.mark.slurm_lab

MODEL = ("models/small/card.json", "models/small/generator.safetensors", "models/small/history.csv")
TRAINED = ("--", "results/models/small/card.json")


@pytest.fixture(scope="module")
def undisturbed(lab, tmp_path_factory) -> SlurmSeason:
    """A season that nothing befell."""
    made = SlurmSeason.write(tmp_path_factory.mktemp("undisturbed"))
    made.run()
    assert made.complete()
    return made


@pytest.fixture
def season(undisturbed, tmp_path) -> Iterator[SlurmSeason]:
    """A copy of the undisturbed season."""
    copied = undisturbed.copy(tmp_path)
    yield copied
    copied.end()


def learned(season: SlurmSeason) -> bool:
    """Return whether the training has put a state away."""
    return (season.results / "models" / "small" / "training.part").exists()


def log_of(season: SlurmSeason, path: str) -> str:
    return (season.results / "tiny" / "logs" / path).read_text(encoding="utf-8")


def tree_of(pid: int) -> list[int]:
    """Return a process and what it started, itself first."""
    children = [child for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]
    return [pid, *(one for child in children for one in tree_of(int(child)))]


def kill_tree(pid: int) -> None:
    """Kill a process and what it started."""
    for one in tree_of(pid):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def daemon(lab: Path, name: str) -> int:
    """Return the process of one of the lab's daemons."""
    return int((lab / "run" / f"{name}.pid").read_text())


def state_of(node: str) -> str:
    return slurm_words("sinfo", "-h", "-N", "-n", node, "-o", "%T")[0][0]


def steps_of(job: str) -> list[int]:
    """Return the processes that watch over a job's steps."""
    found = subprocess.run(["pgrep", "-f", rf"^slurmstepd: \[{job}\."], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def stage_of(job: str) -> list[int]:
    """Return the processes of `antiphon STAGE` among those of a job."""
    every = [pid for step in steps_of(job) for pid in tree_of(step)]
    words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:2] for pid in every}
    return [pid for pid in every if any(word.endswith(b"/antiphon") for word in words[pid])]


def test_scancel__job_is_submitted_again_and_training_goes_on(undisturbed, season):
    season.forget(*MODEL, "tiny/report")
    run = season.start()
    job = run.job_of("train")
    until("a state of the training", lambda: learned(season))
    subprocess.run(["scancel", job], check=True)
    assert run.ended() == 0, run.shown
    assert re.search(rf"SLURM-job '{job}' failed, SLURM status is: 'CANCELLED'", run.shown)
    assert re.search(r"results/tiny/logs/train/small\.log", run.shown)  # the log is named where the failure is
    assert run.submitted().count("train") == 2
    assert int(re.search(r"from step (\d+)", log_of(season, "train/small.log"))[1]) > 0
    assert season.bytes() == undisturbed.bytes()
    assert season.complete()


def test_time_limit__training_is_submitted_with_more_and_ends_bit_for_bit(undisturbed, season):
    season.forget(*MODEL)
    run = season.start("--retries", "9", "--set-resources", "train:runtime=attempt", *TRAINED)
    job = run.job_of("train")
    until("a state of the training", lambda: learned(season))
    stopped = stage_of(job)  # as on a machine so busy that the training does not get on
    assert stopped
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    assert run.ended() == 0, run.shown
    assert re.search(rf"SLURM-job '{job}' failed, SLURM status is: 'TIMEOUT'", run.shown)
    first, second, *more = accounted(season.folder)
    assert (first["TimelimitRaw"], first["State"]) == ("1", "TIMEOUT")
    assert second["TimelimitRaw"] == "2"
    assert [second, *more][-1]["State"] == "COMPLETED"
    assert int(re.search(r"from step (\d+)", log_of(season, "train/small.log"))[1]) > 0
    assert season.bytes() == undisturbed.bytes()


def test_out_of_memory__is_submitted_with_more(undisturbed, season):
    season.forget("tiny/infer/small/A1*", "tiny/tables", "tiny/report")
    run = season.start("--set-resources", "infer:mem_mb=500*attempt")
    assert run.ended() == 0, run.shown
    first, second, *more = (job for job in accounted(season.folder) if job["rule"] == "infer")
    assert first["ReqMem"] == "500M"
    assert first["State"].startswith(("OUT_OF_MEMORY", "CANCELLED", "FAILED"))
    assert second["ReqMem"] == "1000M"
    assert [second, *more][-1]["State"] == "COMPLETED"
    assert season.bytes() == undisturbed.bytes()
    assert season.complete()


def test_node_down_and_back__job_runs_again(lab, undisturbed, season):
    season.forget(*MODEL)
    run = season.start(*TRAINED)
    job = run.job_of("train")
    until("a state of the training", lambda: learned(season))
    kill_tree(daemon(lab, "slurmd-g1"))
    for step in steps_of(job):
        kill_tree(step)
    try:
        until("the node is down", lambda: state_of("g1").startswith("down"))
    finally:
        subprocess.run(["slurmd", "-N", "g1"], check=True)
    assert run.ended() == 0, run.shown
    assert int(re.search(r"from step (\d+)", log_of(season, "train/small.log"))[1]) > 0
    assert season.bytes() == undisturbed.bytes()


def test_controller_restarted__nothing_is_lost(lab, undisturbed, season):
    season.forget(*MODEL)
    run = season.start(*TRAINED)
    run.job_of("train")
    until("a state of the training", lambda: learned(season))
    old = daemon(lab, "slurmctld")
    os.kill(old, signal.SIGTERM)
    try:
        until("the controller is gone", lambda: not Path(f"/proc/{old}").exists())
        until("Snakemake asked in vain", lambda: "Falling back to 'sacct'" in run.shown)
    finally:
        subprocess.run(["slurmctld"], check=True)
    assert run.ended() == 0, run.shown
    assert run.submitted().count("train") == 1
    assert season.bytes() == undisturbed.bytes()


def test_snakemake_killed__starts_again_beside_the_orphan(undisturbed, season):
    season.forget(*MODEL)
    run = season.start(*TRAINED)
    orphan = run.job_of("train")
    until("a state of the training", lambda: learned(season))
    held = stage_of(orphan)
    assert held
    for process in held:  # the orphan lives for as long as the test wants
        os.kill(process, signal.SIGSTOP)
    run.process.kill()
    run.process.wait()
    locked = season.start(*TRAINED)
    assert locked.ended() != 0
    assert "--unlock" in locked.shown
    subprocess.run(
        ["snakemake", "--configfile", "settings.yaml", "--unlock"],
        cwd=season.folder, env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    again = season.run(*TRAINED)
    assert slurm_words("squeue", "-h", "-j", orphan, "-o", "%T") == [["RUNNING"]]
    assert again.submitted() == ["train"]
    assert season.bytes() == undisturbed.bytes()
    for process in held:
        os.kill(process, signal.SIGCONT)
    until("the orphan is at its end", lambda: [orphan] not in slurm_words("squeue", "-h", "-t", "R", "-o", "%i"))
    assert season.bytes() == undisturbed.bytes()


def test_snakemake_interrupted__cancels_its_jobs(undisturbed, season):
    season.forget(*MODEL)
    run = season.start(*TRAINED)
    job = run.job_of("train")
    run.process.send_signal(signal.SIGINT)
    assert run.ended() != 0
    until("the job is gone", lambda: [job] not in slurm_words("squeue", "-h", "-o", "%i"))
    season.run(*TRAINED)
    assert season.bytes() == undisturbed.bytes()


def test_full_disk__is_named_and_the_second_run_does_what_is_left(undisturbed, season):
    season.forget("tiny/infer", "tiny/tables", "tiny/report")
    small = season.results / "tiny" / "infer"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", small], check=False)
    if mounted.returncode:
        pytest.skip("cannot mount a small disk here")
    try:
        run = season.start("--retries", "0")
        assert run.ended() != 0
        assert re.search(r"antiphon infer: .*: the disk is full; free some space and run again", run.shown), run.shown
        assert re.search(r"results/tiny/logs/infer/small/A1\S*\.log", run.shown)
        assert "Traceback" not in log_of(season, "infer/small/A1.2024-05-02.log")
        assert not (season.results / "tiny" / "report").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        again = season.run()
        assert not {"ingest", "stft", "pair", "train"}.intersection(again.submitted())
        assert season.bytes() == undisturbed.bytes()
        assert season.complete()
    finally:
        subprocess.run(["umount", small], check=True)


def test_corrupt_recording__is_a_row_and_its_season_complete(undisturbed, season):
    audio = season.folder / "audio" / "A1"
    write_recording(audio / "REC_20240503_063000.wav", 48000, seed=7)
    cut_off = audio / "REC_20240503_063000.wav"
    cut_off.write_bytes(cut_off.read_bytes()[:30_000])
    (audio / "REC_20240503_073000.wav").write_bytes(b"\0" * 5000)
    run = season.run()
    assert run.submitted().count("stft") == 1
    assert not {"pair", "train", "evaluate"}.intersection(run.submitted())
    rows = pd.read_parquet(season.results / "tiny" / "tables" / "recordings").set_index("path").reason
    assert rows["A1/REC_20240503_063000.wav"] == "truncated"
    assert rows["A1/REC_20240503_073000.wav"]
    assert rows.notna().sum() == 2
    before, now = undisturbed.bytes(), season.bytes()
    changed = {path for path in before if now[path] != before[path]}
    assert not [path for path in changed if "20190522" in path]
    for path in audio.glob("REC_20240503_0[67]3000.wav"):
        path.unlink()
    season.run()
    assert season.bytes() == before
