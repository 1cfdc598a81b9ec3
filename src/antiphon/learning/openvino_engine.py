"""OpenVINO, which applies generators on processors two to four times as fast as torch.

Every strip is computed by one thread alone, in the same order of sums whatever its neighbours and however many threads
there are: results are the same to the last bit.
"""

from __future__ import annotations

import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch

from antiphon.learning.bytewise import Bytewise
from antiphon.learning.engines import Seen

__all__ = ["OpenVinoEngine"]

_REQUESTS_PER_THREAD = 2
_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16"}


class OpenVinoEngine:
    """A generator compiled for this processor, once for each length of strip.

    Parameters
    ----------
    bytewise
        The generator, on the processor, with float32 weights.
    dtype
        How exactly it computes: float32 or bfloat16.
    workers
        Threads, each with strips of its own.
    bins
        Frequency bins of a strip.
    """

    batch = 1

    def __init__(self, bytewise: Bytewise, dtype: torch.dtype, *, workers: int, bins: int) -> None:
        self.multiple = bytewise.generator.multiple
        self._model = _converted(bytewise, bins)
        self._core = _openvino().Core()
        self._requests = _REQUESTS_PER_THREAD * workers
        self._settings = {
            "INFERENCE_NUM_THREADS": workers,
            "NUM_STREAMS": workers,
            "INFERENCE_PRECISION_HINT": _HINTS[dtype],
            # Jobs that share a machine must not all sit on its first cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._idle: dict[int, deque[Any]] = {}

    def each(self, batches: Iterable[Seen]) -> Iterator[tuple[Seen, np.ndarray]]:
        """See :meth:`antiphon.learning.engines.Engine.each`."""
        under_way: deque[tuple[Seen, Any]] = deque()
        for seen in batches:
            if len(under_way) == self._requests:
                yield self._finished(*under_way.popleft())
            request = self._ready(seen.codes.shape).popleft()
            request.start_async([seen.codes, seen.floor, seen.background], share_inputs=True)
            under_way.append((seen, request))
        while under_way:
            yield self._finished(*under_way.popleft())

    def _ready(self, shape: tuple[int, ...]) -> deque[Any]:
        """Return the idle requests for strips of this shape, compiled when first asked for."""
        _, frames, bins = shape
        if frames not in self._idle:
            model = self._model.clone()
            model.reshape({0: [1, frames, bins], 1: [1, bins], 2: [1, bins]})
            compiled = self._core.compile_model(model, "CPU", self._settings)
            self._idle[frames] = deque(compiled.create_infer_request() for _ in range(self._requests))
        return self._idle[frames]

    def _finished(self, seen: Seen, request: Any) -> tuple[Seen, np.ndarray]:
        """Wait for a strip; return it and a copy of its codes, for the request is used again."""
        request.wait()
        codes = request.get_output_tensor(0).data.copy()
        self._idle[seen.codes.shape[1]].append(request)
        return seen, codes


def _openvino() -> Any:
    """Import OpenVINO without the package that writes to the home folder and the network how often it is used."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _converted(bytewise: Bytewise, bins: int) -> Any:
    """Return the generator as OpenVINO's graph, for strips of any length."""
    strip = torch.zeros((1, 2 * bytewise.generator.multiple, bins), dtype=torch.uint8)
    with warnings.catch_warnings(), torch.no_grad():
        # Tracing warns of what it makes a constant (the number of sources), and of torch.jit's future.
        warnings.simplefilter("ignore")
        return _openvino().convert_model(bytewise.eval(), example_input=(strip, strip[:, 0], strip[:, 0]))
