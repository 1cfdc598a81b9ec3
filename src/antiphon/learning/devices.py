"""Where and how exactly networks compute."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

__all__ = ["choose_device", "choose_dtype", "choose_int8", "placed"]

Network = TypeVar("Network", bound=nn.Module)


def choose_device(name: str, of_node: int | None = None) -> torch.device:
    """Return the device called ``auto``, ``cpu`` or ``cuda``; ``auto`` takes a GPU if there is one.

    Parameters
    ----------
    name
        What is asked for.
    of_node
        Number of this process among several on a node, each of which gets a GPU of its own; None: it is alone.

    Raises
    ------
    ValueError
        If ``cuda`` is asked for and there is none, or the name is another.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device '{name}' is none of auto, cpu, cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device 'cuda' is asked for, but torch finds no GPU here; set machine.device to auto or cpu")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    if of_node is None:
        return torch.device("cuda")
    if of_node >= torch.cuda.device_count():
        raise ValueError(f"{of_node + 1} processes, but {torch.cuda.device_count()} GPUs; set machine.train_processes")
    torch.cuda.set_device(of_node)
    return torch.device("cuda", of_node)


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the arithmetic called ``auto``, ``float32``, ``bfloat16`` or ``int8``.

    Parameters
    ----------
    name
        ``auto`` takes bfloat16 where the device computes it natively: elsewhere it is slower than float32. So does
        ``int8``, which :func:`choose_int8` speaks of: a generator learns in floating point all the same.
    device
        Where the network computes.

    Raises
    ------
    ValueError
        If the name is another.
    """
    if name not in ("auto", "float32", "bfloat16", "int8"):
        raise ValueError(f"precision '{name}' is none of auto, float32, bfloat16, int8")
    if name == "float32" or (name != "bfloat16" and not _computes_bfloat16(device)):
        return torch.float32
    return torch.bfloat16


def choose_int8(name: str, device: torch.device, *, known: bool, harmless: bool) -> bool:
    """Return whether a generator is applied in eight bits.

    Parameters
    ----------
    name
        What is asked for; ``auto`` takes eight bits where they are harmless and the processor multiplies them fast.
    device
        Where the generator computes.
    known
        Whether it is known how the generator is brought to eight bits.
    harmless
        Whether its scores were seen to stand it.

    Raises
    ------
    ValueError
        If ``int8`` is asked for and cannot be had.
    """
    if name == "int8" and device.type != "cpu":
        raise ValueError("precision 'int8' is for processors; set machine.precision to auto")
    if name == "int8" and not known:
        raise ValueError(
            "the model's card has no input_ranges for int8; train it again, or set machine.precision to auto"
        )
    return name == "int8" or (name == "auto" and harmless and device.type == "cpu" and _multiplies_bytes())


def placed(network: Network, device: torch.device, dtype: torch.dtype) -> Network:
    """Move a network to a device and lay its kernels out channels last, which convolutions are fastest with."""
    network.to(device=device, dtype=dtype)
    for one in network.parameters():
        if one.ndim == 4:
            one.data = one.data.contiguous(memory_format=torch.channels_last)
    return network


def _computes_bfloat16(device: torch.device) -> bool:
    """Return whether the device has instructions for bfloat16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def _multiplies_bytes() -> bool:
    """Return whether this processor has instructions for products of bytes."""
    able = torch.cpu.get_capabilities()
    return any(able.get(name) for name in ("avx512_vnni", "avx_vnni", "amx_int8"))
