"""Copy a season's tables and page to S3; what stands there and is as new stays. docs/hpc.md says how to call it."""

from pathlib import Path

FOLDER = Path(config["folder"])
FILES = [
    str(path.relative_to(FOLDER))
    for part in ("tables", "report")
    for path in sorted((FOLDER / part).rglob("*"))
    if path.is_file()
]


localrules:
    all,
    publish,


rule all:
    """Everything that R, pandas or a browser opens."""
    input:
        storage.s3(expand(f"{config['to']}/{{file}}", file=FILES)),


rule publish:
    """One file."""
    input:
        str(FOLDER / "{file}"),
    output:
        storage.s3(f"{config['to']}/{{file}}"),
    shell:
        "cp {input:q} {output:q}"
