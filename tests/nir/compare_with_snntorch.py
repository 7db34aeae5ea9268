#!/usr/bin/env python3
"""Runs a network that staa exported to NIR in snnTorch, and compares its classes with staa's own.

    tests/nir/compare_with_snntorch.py MODEL.nir test_batch.bin [--count 1000]
                                       [--staa build/bin/staa] [--staa-run build/bin/staa-run]

The images are CIFAR-10's records. Needs the packages nir, nirtorch and snntorch. The exit code is 1 where a class
differs although snnTorch's two largest sums are further apart than rounding.
"""

import argparse
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import nir
import numpy as np
import snntorch.utils
import torch
from snntorch.import_nir import import_from_nir

RECORD = 1 + 3 * 32 * 32


def metadata_of(graph):
    """What staa wrote beside the graph: steps, and the mean and deviation of each channel."""
    metadata = graph.metadata
    return (int(metadata["steps"]), np.asarray(metadata["mean"], dtype=np.float32),
            np.asarray(metadata["stddev"], dtype=np.float32))


def sums_of(graph, images, steps):
    """The outputs of snnTorch's network, added up over the steps."""
    with contextlib.redirect_stdout(io.StringIO()):
        network = import_from_nir(graph)
    for module in network.modules():
        if isinstance(module, torch.nn.Flatten) and module.start_dim >= 0:
            module.start_dim += 1  # NIR counts dimensions without the batch
    network.eval()
    sums = []
    with torch.no_grad():
        for batch in images.split(100):
            snntorch.utils.reset(network)  # or membranes go on from the batch before
            total = 0
            for _ in range(steps):
                total = total + network(batch)[0]
            sums.append(total)
    return torch.cat(sums)


def classes_of_staa(options, records):
    with tempfile.TemporaryDirectory() as folder:
        model, some = pathlib.Path(folder) / "model.staa", pathlib.Path(folder) / "images.bin"
        some.write_bytes(records.tobytes())
        subprocess.run([options.staa, "import", options.model, "-o", model], check=True,
                       stdout=subprocess.DEVNULL)
        done = subprocess.run([options.staa_run, model, some, "--json"], check=True,
                              capture_output=True, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [row["class"] for row in rows if "class" in row]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("images", help="records of CIFAR-10, such as test_batch.bin")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--staa", default="build/bin/staa")
    parser.add_argument("--staa-run", default="build/bin/staa-run")
    options = parser.parse_args()
    graph = nir.read(options.model)
    steps, mean, stddev = metadata_of(graph)
    records = np.fromfile(options.images, dtype=np.uint8).reshape(-1, RECORD)[:options.count]
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255
    images = torch.from_numpy((pixels - mean[:, None, None]) / stddev[:, None, None])
    sums = sums_of(graph, images, steps)
    names = json.loads(graph.metadata["classes"])
    theirs = sums.argmax(1).numpy()
    ours = np.array([names.index(name) for name in classes_of_staa(options, records)])
    top = sums.topk(2, dim=1).values
    differ = np.flatnonzero(theirs != ours)
    apart = [int(i) for i in differ if (top[i, 0] - top[i, 1]).item() > 1e-3]
    print(f"{len(ours)} images: {len(differ)} classes differ; right: snnTorch "
          f"{(theirs == records[:, 0]).sum()}, staa {(ours == records[:, 0]).sum()}")
    if apart:
        sys.exit(f"classes differ clearly for images {apart[:20]}")


if __name__ == "__main__":
    main()
