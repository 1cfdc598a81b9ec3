"""``snakemake synthesize``: beside the road, made once, made again when clips come."""

import numpy as np
import soundfile

from test_workflow import Workflow


def write_clip(path, hz):
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(2000) / 8000
    soundfile.write(path, 0.5 * np.hanning(len(t)) * np.sin(2 * np.pi * hz * t), 8000)


def test_synthesize__is_a_rule_of_its_own(tmp_path):
    workflow = Workflow(tmp_path)
    for number in range(3):
        write_clip(tmp_path / "clips" / "bird" / f"{number}.wav", 1000 + 100 * number)
    (tmp_path / "deployments.csv").write_text(
        "deployment,site,latitude,longitude,folder,recorder,utc_offset,filename_time,channel\n"
        "A1,a,47.5,8.5,A1,made,+02:00,utc,first\n"
    )
    (tmp_path / "audio" / "A1").mkdir(parents=True)
    small = {"audio_root": "clips", "sample_rate_hz": 8000, "duration_s": 0.25, "network": "dense", "epochs": 1}
    workflow.settings(synthesize={**small, "batch_size": 2, "samples": 1, "generate": 2, "folds": 3})
    assert workflow.jobs("synthesize") == {"synthesize"}
    voices = tmp_path / "results" / "synthesize" / "voices"
    assert (voices / "index.html").exists() and (voices / "card.json").exists()
    assert "Nothing to be done" in workflow.snakemake("-n", "synthesize")
    write_clip(tmp_path / "clips" / "bird" / "new.wav", 1500)
    assert "synthesize" in workflow.snakemake("-n", "synthesize").split("Job stats:")[1]
