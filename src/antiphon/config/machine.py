"""Section ``machine``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from antiphon.config.section import Section

__all__ = ["Machine"]


class Machine(Section):
    """What this machine offers; changing it re-runs nothing."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        description="auto: a GPU if there is one; cuda: stop where there is none"
    )
    precision: Literal["auto", "float32", "bfloat16", "int8"] = Field(
        description="arithmetic of the generator; int8: infer on a processor; auto: infer takes int8 where the "
        "processor is fast at it and the model's scores stand it, else bfloat16 where it is native, else float32"
    )
    stft_device: Literal["cpu", "cuda"] = Field(
        description="where stft transforms; a GPU gains little, because decoding and compressing stay on the processor"
    )
    workers: int = Field(ge=1, description="processes or threads of a stage that can use several")
    train_processes: int = Field(
        ge=1, description="processes of a node that train one model together, one a GPU; must divide train.batch_size"
    )
    infer_batch: int = Field(ge=0, description="strips that a GPU sees at a time; 0: as many as its memory holds")
    reduce_on: Literal["local", "slurm"] = Field(
        description="where a season's tables are added up: threads of one job, or jobs of dask-jobqueue"
    )
