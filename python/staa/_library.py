"""Finds and loads libstaa_ops.so, and checks that it fits the PyTorch that loads it."""

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
    here = os.path.dirname(os.path.abspath(__file__))
    yield os.path.join(here, NAME)
    for folder in sys.path:
        yield os.path.join(folder, NAME)
    yield os.path.join(here, "..", "..", "build", "lib", NAME)


def _built_with(path):
    """The version of LibTorch that a library was compiled against, from the file beside it that the
    build has written; None where there is none."""
    try:
        with open(path + ".torch", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def _series(version):
    """The part of a version within which LibTorch's binary interface stays the same."""
    return ".".join(version.split("+")[0].split(".")[:2])


def _mismatch(path, built):
    return (f"{path} was built against LibTorch {built}, but the PyTorch loaded here is "
            f"{torch.__version__}: install staa anew with this PyTorch "
            "(pip install --no-build-isolation .), or use one of the library's version")


def load():
    """Loads the operators' library and returns its path. ImportError in one sentence where there is
    none, or where it was built against another PyTorch than the one that is loaded."""
    tried = []
    for path in _candidates():
        if not os.path.isfile(path):
            tried.append(path)
            continue
        built = _built_with(path)
        if built is not None and _series(built) != _series(torch.__version__):
            raise ImportError(_mismatch(path, built))
        try:
            torch.ops.load_library(path)
        except OSError as error:
            raise ImportError(_mismatch(path, built or "another version") + f" ({error})") from error
        return path
    raise ImportError(
        f"{NAME} was not found; install staa with pip, or build it and put build/lib on PYTHONPATH, "
        "or set STAA_OPS_LIBRARY to its path. Looked for: " + ", ".join(tried)
    )
