"""Snakemake's profiles, as people write them."""

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.jobs.profiles import read_profile


def written(folder, text):
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return folder


def test_profile__of_this_checkout_sends_train_and_infer_to_gpus(root):
    slurm = read_profile(root / "profiles" / "slurm")
    assert (slurm.jobs, slurm.has_queue, slurm.cores) == (100, True, float("inf"))
    assert {rule for rule, gpus in slurm.gpus.items() if gpus} == {"train", "infer", "synthesize", "check_gpu"}
    local = read_profile(root / "profiles" / "local")
    assert not local.has_queue
    assert local.cores >= 1


def test_profile__bounds_all_gpus_together(tmp_path):
    profile = read_profile(written(tmp_path, "executor: slurm\njobs: 9\nresources: [gpu=4]\n"))
    assert profile.gpus_at_a_time == 4
    assert profile.jobs == 9


def test_profile__with_resources_as_a_mapping(tmp_path):
    text = "executor: slurm\ndefault-resources: {gpu: 1}\nset-resources: {stft: {gpu: 0}, infer: {mem_mb: 5}}\n"
    assert read_profile(written(tmp_path, text)).gpus == {"stft": 0, "infer": 1}


def test_profile__that_is_none_or_wrong_is_one_line(tmp_path):
    with pytest.raises(AntiphonError, match="no profile"):
        read_profile(tmp_path)
    with pytest.raises(AntiphonError, match="must be numbers"):
        read_profile(written(tmp_path, "executor: slurm\njobs: many\n"))
    with pytest.raises(AntiphonError, match="not valid YAML"):
        read_profile(written(tmp_path, "a: [\n"))
    with pytest.raises(AntiphonError, match="not a mapping"):
        read_profile(written(tmp_path, "- a\n"))
