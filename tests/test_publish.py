"""Results on S3 through Snakemake's storage plugin, against a local S3 server (docs/hpc.md, "Disks")."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pandas as pd
import pytest

from conftest import ROOT


@pytest.fixture
def client(s3_url):
    """A client of a local S3 server that holds an empty bucket."""
    made = boto3.client("s3", endpoint_url=s3_url, aws_access_key_id="a", aws_secret_access_key="b", region_name="x")
    made.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "x"})
    return made


def write_results(season: Path) -> None:
    """Write two tables and a page, and a store that is not to be published."""
    for deployment in ("001", "A1"):
        path = season / "tables" / "occupancy" / "birds" / f"{deployment}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"deployment": [deployment], "active_s": [1.5]}).to_parquet(path)
    for path in ("report/index.html", "stft/A1.2024-05-01.zarr/zarr.json"):
        (season / path).parent.mkdir(parents=True, exist_ok=True)
        (season / path).write_text(path, encoding="utf-8")


def publish(folder: Path, url: str) -> str:
    """Call Snakemake as docs/hpc.md says."""
    command = ["snakemake", "--snakefile", ROOT / "workflow" / "publish.smk", "--cores", "2", "--nocolor"]
    command += ["--config", "folder=results/spring", "to=s3://bucket/spring"]
    command += ["--storage-s3-endpoint-url", url, "--storage-s3-access-key", "a", "--storage-s3-secret-key", "b"]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_publish__copies_tables_and_page_and_then_what_is_new_only(tmp_path, s3_url, client):
    season = tmp_path / "results" / "spring"
    write_results(season)
    publish(tmp_path, s3_url)
    stored = {one["Key"]: one for one in client.list_objects_v2(Bucket="bucket")["Contents"]}
    assert set(stored) == {
        "spring/report/index.html",
        "spring/tables/occupancy/birds/001.parquet",
        "spring/tables/occupancy/birds/A1.parquet",
    }
    for key in stored:
        body = client.get_object(Bucket="bucket", Key=key)["Body"].read()
        assert body == (tmp_path / "results" / key).read_bytes()
    (season / "report" / "index.html").write_text("another", encoding="utf-8")
    assert "rule publish" in publish(tmp_path, s3_url)
    now = {one["Key"]: one for one in client.list_objects_v2(Bucket="bucket")["Contents"]}
    assert {key for key in now if now[key]["ETag"] != stored[key]["ETag"]} == {"spring/report/index.html"}
