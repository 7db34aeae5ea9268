"""Finds and loads libstaa_ops.so."""

import os
import sys

import torch

NAME = "libstaa_ops.so"


def _candidates():
    """$STAA_OPS_LIBRARY, the folders of sys.path, and the build folder beside the sources."""
    named = os.environ.get("STAA_OPS_LIBRARY")
    if named:
        yield named
        return
    for folder in sys.path:
        yield os.path.join(folder, NAME)
    here = os.path.dirname(os.path.abspath(__file__))
    yield os.path.join(here, NAME)
    yield os.path.join(here, "..", "..", "build", "lib", NAME)


def load():
    tried = []
    for path in _candidates():
        if os.path.isfile(path):
            torch.ops.load_library(path)
            return
        tried.append(path)
    raise ImportError(
        f"{NAME} was not found; build staa and put build/lib on PYTHONPATH, or set "
        "STAA_OPS_LIBRARY to its path. Looked for: " + ", ".join(tried)
    )
