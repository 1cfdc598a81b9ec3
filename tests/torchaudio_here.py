"""torchaudio for comparison; its compiled part is made for CUDA and does not load beside a CPU build of torch."""

import importlib
import sys


def torchaudio():
    """Return torchaudio, without its compiled part where that does not load: what tests use is plain torch."""
    try:
        return importlib.import_module("torchaudio")
    except OSError:
        sys.modules["torchaudio._extension.utils"]._load_lib = lambda lib: False
        return importlib.import_module("torchaudio")
