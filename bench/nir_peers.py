#!/usr/bin/env python3
"""Times Norse or snnTorch on a network in NIR and N-MNIST recordings, beside staa-run.

    bench/nir_peers.py MODEL.nir RECORDING.bs2... --labels FILE [--package norse|snntorch]
                       [--steps 300] [--batch N] [--staa-run build/bin/staa-run] [--json]

Recordings become frames [steps, 2, 34, 34] of 1 ms, as `staa-run --frame-time 1ms` makes them, before the
clock starts; for staa-run, reading and framing count too. Times are the user time of one process with one
thread. A label is the class of the recording in the same place, one per line. Needs the packages nir, nirtorch
and norse or snntorch.
"""

import argparse
import contextlib
import io
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np
import torch


def frames_of(path, steps):
    """An event has five bytes: x, y, 1 bit of polarity and 23 bits of time in microseconds."""
    data = np.fromfile(path, dtype=np.uint8)
    if data.size % 5:
        sys.exit(f"{path}: expected events of 5 bytes, found {data.size} bytes")
    events = data.reshape(-1, 5).astype(np.int64)
    times = (events[:, 2] & 0x7F) << 16 | events[:, 3] << 8 | events[:, 4]
    # In N-MNIST a y of 240 marks an overflow of the 23 bits; these recordings are too short for one.
    step = (times - times[0]) // 1000
    inside = step < steps
    frames = np.zeros((steps, 2, 34, 34), dtype=np.float32)
    np.add.at(frames, (step[inside], events[inside, 2] >> 7, events[inside, 1], events[inside, 0]), 1)
    return frames


def network_of(package, path):
    """A function of one step: (frames [B, 2, 34, 34], state) -> (outputs [B, K], state)."""
    import nir

    graph = nir.read(str(path))
    with contextlib.redirect_stdout(io.StringIO()):
        if package == "norse":
            from norse.torch.utils import import_nir
            network = import_nir.from_nir(graph)
        else:
            from snntorch.import_nir import import_from_nir
            network = import_from_nir(graph)
    for module in network.modules():
        if isinstance(module, torch.nn.Flatten) and module.start_dim >= 0:
            module.start_dim += 1  # NIR does not count the batch dimension
    return network


def classify(network, frames):
    """frames [T, B, 2, 34, 34] -> classes [B]."""
    total, state = 0, None
    with torch.no_grad():
        for frame in frames:
            out = network(frame, state)
            out, state = out if isinstance(out, tuple) else (out, state)
            total = total + out
    return total.argmax(1)


def user_time():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def measure_package(options, labels):
    network = network_of(options.package, options.model)
    frames = np.stack([frames_of(path, options.steps) for path in options.recordings], axis=1)
    frames = torch.from_numpy(frames)
    classify(network, frames[:10, :1])  # excludes one-time costs
    before, classes = user_time(), []
    for first in range(0, frames.shape[1], options.batch):
        classes.append(classify(network, frames[:, first:first + options.batch]))
    seconds = user_time() - before
    return {"program": options.package, "batch": options.batch,
            "right": int((torch.cat(classes).numpy() == labels).sum()), "seconds": seconds}


def measure_staa(options, labels):
    staa = pathlib.Path(options.staa_run).with_name("staa")
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.staa"
        subprocess.run([staa, "import", options.model, "-o", model], check=True,
                       stdout=subprocess.DEVNULL)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        done = subprocess.run([options.staa_run, model, *options.recordings, "--frame-time", "1ms",
                               "--steps", str(options.steps), "--json"],
                              check=True, capture_output=True, text=True)
        seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    classes = np.array([int(row["class"]) for row in rows])
    return {"program": "staa-run", "batch": 1, "right": int((classes == labels).sum()),
            "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a NIR file whose input is [2, 34, 34]")
    parser.add_argument("recordings", nargs="+", help="recordings of N-MNIST")
    parser.add_argument("--labels", required=True, help="a text file, one class per recording")
    parser.add_argument("--package", choices=("norse", "snntorch"), default="norse")
    parser.add_argument("--steps", type=int, default=300, help="of 1 ms (%(default)s)")
    parser.add_argument("--batch", type=int, default=1, help="recordings at a time (%(default)s)")
    parser.add_argument("--staa-run", default="build/bin/staa-run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    labels = np.loadtxt(options.labels, dtype=np.int64, ndmin=1)
    if len(labels) != len(options.recordings):
        sys.exit(f"{options.labels}: expected {len(options.recordings)} classes, found {len(labels)}")
    for row in (measure_staa(options, labels), measure_package(options, labels)):
        row["recordings_per_second"] = len(labels) / row["seconds"]
        print(json.dumps(row) if options.json else
              f"{row['program']:10} batch {row['batch']:3}  {row['right']} of {len(labels)} right  "
              f"{row['recordings_per_second']:.1f} recordings per second of user time")


if __name__ == "__main__":
    main()
