"""Several processes that train one model: each plays on its share of every batch, and all move alike.

Started by torch's own launcher (``torchrun --standalone --nproc-per-node 2 -m antiphon train …``); without it a crew
has one member. Gradients of the generator are averaged by DistributedDataParallel (Li et al. 2020, arXiv:2006.15704)
while they are computed, those of the critic, whose gradients may themselves be differentiated, afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from antiphon.learning.tiles import Batch

__all__ = ["Crew", "crew"]


@dataclass(frozen=True)
class Crew:
    """The processes, and which of them this one is.

    Attributes
    ----------
    rank, size
        Number of this process, from 0, and of all.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that speaks and writes."""
        return self.rank == 0

    def share(self, batch: Batch) -> Batch:
        """Return this process's part of a batch: every ``size``-th tile.

        Raises
        ------
        ValueError
            If the batch cannot be dealt out evenly.
        """
        if self.size == 1:
            return batch
        if len(batch.level) % self.size:
            raise ValueError(f"a batch of {len(batch.level)} tiles for {self.size} processes; set train.batch_size")
        given = {one.name: getattr(batch, one.name) for one in fields(batch)}
        return replace(batch, **{name: of[self.rank :: self.size] for name, of in given.items() if of is not None})

    def together(self, generator: nn.Module) -> nn.Module:
        """Return what is called in the generator's place so that its gradients are the mean of all processes."""
        return DistributedDataParallel(generator) if self.size > 1 else generator

    def average_gradients(self, player: nn.Module) -> None:
        """Set a player's gradients to their mean over all processes."""
        if self.size > 1:
            for one in player.parameters():
                if one.grad is not None:
                    dist.all_reduce(one.grad)
                    one.grad /= self.size

    def agree(self, player: nn.Module) -> None:
        """Give a player the state that it has in the leading process: statistics of normalisations may differ."""
        if self.size > 1:
            for value in player.state_dict().values():
                dist.broadcast(value, 0)


@contextmanager
def crew(rank: int, size: int, device: str) -> Iterator[Crew]:
    """Join the other processes for as long as the block lasts; one process alone joins nobody."""
    if size == 1:
        yield Crew()
        return
    on_gpus = device != "cpu" and torch.cuda.is_available()
    dist.init_process_group("nccl" if on_gpus else "gloo", rank=rank, world_size=size)
    try:
        yield Crew(rank, size)
    finally:
        dist.destroy_process_group()
