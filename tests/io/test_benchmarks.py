"""Snakemake's benchmark files, as it writes them."""

from antiphon.io.jobs.benchmarks import read_benchmarks

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"
EXTENDED = HEADER + "\tjobid\trule_name\twildcards\tparams\tthreads\tcpu_usage\tresources\tinput_size_mb"
PARAMS = "{'settings': '{\"window_s\": 0.016}', 'version': 1}"
RESOURCES = "{'tmpdir': '/tmp', 'mem_mb': 3000, 'mem': '3 GB', 'disk_mb': 1000, 'runtime': 120, '_cores': 1}"


def test_benchmarks__say_rule_wildcards_and_what_was_asked_for(tmp_path):
    row = f"7.1\t0:00:07\t262.4\t1105\t177\t199\t2.0\t0.6\t33.2\t2.57\t0\tstft\t{{'batch': 'A1.2024-05-02'}}\t{PARAMS}"
    (tmp_path / "stft").mkdir()
    (tmp_path / "stft" / "A1.tsv").write_text(f"{EXTENDED}\n{row}\t2\t234\t{RESOURCES}\t{{}}\n", encoding="utf-8")
    (job,) = read_benchmarks(tmp_path)
    assert (job.rule, job.wildcards, job.threads) == ("stft", {"batch": "A1.2024-05-02"}, 2)
    assert (job.wall_s, job.core_s, job.memory_mb) == (7.1, 2.57, 262.4)
    assert (job.requested_mb, job.requested_min) == (3000, 120)


def test_benchmarks__of_a_job_too_short_to_look_at_know_no_memory(tmp_path):
    row = "0.1\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\t0\tingest\t{}\t{}\t1\tNA\t{}\t{}"
    (tmp_path / "ingest.tsv").write_text(f"{EXTENDED}\n{row}\n", encoding="utf-8")
    (job,) = read_benchmarks(tmp_path)
    assert (job.core_s, job.memory_mb, job.requested_mb) == (0.0, None, None)


def test_benchmarks__that_name_no_rule_are_passed_over(tmp_path):
    (tmp_path / "ingest.tsv").write_text(f"{HEADER}\n" + "\t".join(["1"] * 10) + "\n", encoding="utf-8")
    assert not list(read_benchmarks(tmp_path))
    assert not list(read_benchmarks(tmp_path / "none"))
