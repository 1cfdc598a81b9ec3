"""What is written twice stays equal: environments, versions, links."""

import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

import antiphon
from antiphon.io.sound.reasons import MEANINGS


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_conda_environment__has_the_ranges_of_pyproject(root, project):
    environment = yaml.safe_load((root / "envs" / "antiphon.yaml").read_text(encoding="utf-8"))
    (from_pip,) = (one["pip"] for one in environment["dependencies"] if isinstance(one, dict))
    assert from_pip == project["dependencies"]
    assert f"python {project['requires-python']}" in environment["dependencies"]


def test_post_deploy__installs_this_checkout_into_the_environment(root, tmp_path):
    """No conda runs here: the environment's Python is one that only says what it was asked for."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    (tmp_path / "bin" / "python").chmod(0o755)

    def deployed(folder):
        environment = {"CONDA_PREFIX": str(tmp_path), "PATH": "/usr/bin:/bin"}
        command = ["bash", root / "envs" / "antiphon.post-deploy.sh"]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    assert deployed(root).stdout == f"-m pip install --no-deps --editable {root}\n"
    elsewhere = deployed(tmp_path)
    assert elsewhere.returncode == 1
    assert "start snakemake in the checkout" in elsewhere.stderr


def test_constraints__pin_every_dependency_without_a_build_tag(root, project):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9a-z.!]+", line) for line in lines)
    pinned = {name.lower().replace("_", "-"): version for name, version in (line.split("==") for line in lines)}
    every = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    for requirement in every:
        needed = Requirement(requirement)
        assert needed.specifier.contains(pinned[needed.name.lower()]), requirement


def test_version__stands_once(root, project):
    assert project["version"] == antiphon.__version__
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == antiphon.__version__
    assert antiphon.__version__ in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_profile_slurm__is_found_by_its_name(root):
    """Snakemake looks for ``--profile slurm`` in the working directory."""
    assert (root / "slurm").is_symlink()
    assert (root / "slurm" / "config.yaml").read_text() == (root / "profiles" / "slurm" / "config.yaml").read_text()


def test_settings_readme__explains_every_reason(root):
    text = (root / "config" / "README.md").read_text(encoding="utf-8")
    missing = [reason for reason, meaning in MEANINGS.items() if f"| `{reason.value}` | {meaning} |" not in text]
    assert not missing


def test_apptainer_definition__copies_what_is_there_and_installs_the_pinned(root):
    """No Apptainer runs here: what can be checked without it is."""
    text = (root / "envs" / "antiphon.def").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^%(\w+)\n((?:(?: {4}.*)?\n)*)", text, flags=re.MULTILINE))
    assert set(sections) == {"files", "post", "environment", "runscript", "test", "labels"}
    copied = [line.split() for line in sections["files"].splitlines() if line.strip()]
    assert all((root / source).exists() and target == f"/opt/antiphon/{source}" for source, target in copied)
    assert "--constraint /opt/antiphon/constraints.txt /opt/antiphon\n" in sections["post"]
    version = re.search(r"^From: python:([\d.]+)-", text, flags=re.MULTILINE)[1]
    assert version in ("3.11", "3.12", "3.13")


def test_catalogue_metadata__names_what_the_workflow_catalogue_reads(root):
    """Keys of https://snakemake.github.io/snakemake-workflow-catalog; it also wants these two files."""
    usage = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    deployment = usage["software-stack-deployment"]
    assert set(deployment) == {"conda", "apptainer", "apptainer+conda", "report"}
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (root / "workflow" / "rules").glob("*.smk"))
    assert deployment["report"] == bool(re.search(r"\breport\(", rules))
    assert deployment["conda"] == ("conda:" in rules)
    assert (root / "Snakefile").exists() and (root / "config" / "README.md").exists()
