"""Training and inference of one ResNet-20 written for SpikingJelly, for snnTorch and in plain PyTorch,
each before and after staa.accelerate() (and within staa.over_time() where it is called once per time
step), beside staa's own, timed in turn in one process.

    PYTHONPATH=python:build/lib python3 bench/peers.py [--widths 0.25,1] [--rounds 5] [--json]

Every network has the layers of staa's resnet20 and LIF neurons V = H/2 + X with a hard, detached
reset and the arctan surrogate. Packages that are absent are named and left out.
"""

import argparse
import importlib
import json
import os
import platform
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "python"))

import plain  # the reference implementation of the tests

import staa  # noqa: E402

STEPS = 4


class PlainLif(nn.Module):
    """All time steps of a LIF neuron in plain PyTorch."""

    def forward(self, x):
        h = torch.zeros_like(x[0])
        spikes = []
        for x_t in x:
            v = h / 2 + x_t
            s = plain.Spike.apply(v - 1.0, 1.0)
            h = v * (1 - s.detach())
            spikes.append(s)
        return torch.stack(spikes)


class Multi(nn.Module):
    """Applies a layer for images to all time steps at once, [T, B, ...]."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        y = self.layer(x.flatten(0, 1))
        return y.view(x.shape[0], x.shape[1], *y.shape[1:])


class Block(nn.Module):
    def __init__(self, make, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Sequential(make.conv(inputs, outputs, 3, stride), make.norm(outputs),
                                   make.neuron())
        self.conv2, self.norm2 = make.conv(outputs, outputs, 3, 1), make.norm(outputs)
        self.neuron2 = make.neuron()
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(*([make.pool()] if stride != 1 else []),
                                          make.conv(inputs, outputs, 1, 1), make.norm(outputs))

    def forward(self, x):
        y = self.norm2(self.conv2(self.first(x)))
        return self.neuron2(y + (x if self.shortcut is None else self.shortcut(x)))


class Network(nn.Module):
    """A resnet20 with the layers of `make`. If these work step by step, it is called once per time
    step, or by staa.over_time() if `statistics` is given."""

    def __init__(self, make, width, statistics=None):
        super().__init__()
        self.make, self.statistics = make, statistics
        channels = [max(1, int(c * width + 0.5)) for c in (64, 128, 256, 512)]
        stem, inputs = [], 3
        for _ in range(3):
            stem += [make.conv(inputs, channels[0], 3, 1), make.norm(channels[0]), make.neuron()]
            inputs = channels[0]
        blocks = []
        for stage, outputs in enumerate(channels):
            for index in range(2):
                blocks.append(Block(make, inputs, outputs, 2 if stage > 0 and index == 0 else 1))
                inputs = outputs
        self.body = nn.Sequential(*stem, make.pool(), *blocks)
        self.head = nn.Linear(inputs, 100)

    def forward(self, images):
        self.make.reset(self)
        if self.make.step_by_step and self.statistics is None:
            return sum(self.head(self.body(images).mean((2, 3))) for _ in range(STEPS)) / STEPS
        x = images.unsqueeze(0).repeat(STEPS, 1, 1, 1, 1)
        if self.make.step_by_step:
            y = staa.over_time(self.body, x, statistics=self.statistics)
            return self.head(y.mean((3, 4))).mean(0)
        return self.head(self.body(x).mean((3, 4))).mean(0)


class Plain:
    """Layers of plain PyTorch."""

    step_by_step = False

    def conv(self, inputs, outputs, kernel, stride):
        return Multi(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False))

    def norm(self, channels):
        return Multi(nn.BatchNorm2d(channels))

    def pool(self):
        return Multi(nn.AvgPool2d(2, ceil_mode=True))

    def neuron(self):
        return PlainLif()

    def reset(self, network):
        pass


class SpikingJelly(Plain):
    """Layers of SpikingJelly in step mode 'm'."""

    def __init__(self):
        names = ("functional", "layer", "neuron", "surrogate")
        self.functional, self.layer, self._neuron, self.surrogate = (
            importlib.import_module(f"spikingjelly.activation_based.{name}") for name in names)

    def conv(self, inputs, outputs, kernel, stride):
        return self.layer.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False,
                                 step_mode="m")

    def norm(self, channels):
        return self.layer.BatchNorm2d(channels, step_mode="m")

    def pool(self):
        return self.layer.AvgPool2d(2, ceil_mode=True, step_mode="m")

    def neuron(self):
        return self._neuron.LIFNode(tau=2.0, decay_input=False, detach_reset=True, step_mode="m",
                                    surrogate_function=self.surrogate.ATan())

    def reset(self, network):
        self.functional.reset_net(network)


class SnnTorch(Plain):
    """Layers of snnTorch, called once per time step."""

    step_by_step = True

    def __init__(self):
        self.snn = importlib.import_module("snntorch")

    def conv(self, inputs, outputs, kernel, stride):
        return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)

    def norm(self, channels):
        return nn.BatchNorm2d(channels)

    def pool(self):
        return nn.AvgPool2d(2, ceil_mode=True)

    def neuron(self):
        return self.snn.Leaky(beta=0.5, init_hidden=True, reset_mechanism="zero")

    def reset(self, network):
        for module in network.modules():
            if isinstance(module, self.snn.Leaky):
                module.mem = module.mem.detach().new_zeros(0)


def own(width):
    """staa's own resnet20; its output is averaged over the time steps."""
    network = staa.nn.resnet20(width=width, classes=100, neuron="lif", surrogate="arctan",
                               decay_input=False, detach_reset=True)

    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, images):
            return self.network(images).mean(0)

    return Mean()


def variants(width, missing):
    """Returns {name: network}."""
    made = {}

    def make(factory):
        torch.manual_seed(1)
        return factory()

    for name, kind in (("plain", Plain), ("SpikingJelly", SpikingJelly), ("snnTorch", SnnTorch)):
        try:
            layers = kind()
        except ImportError as error:
            missing[name] = str(error)
            continue
        made[name] = make(lambda: Network(layers, width))
        if name != "plain":
            again = make(lambda: Network(layers, width))
            made[f"{name} + accelerate"] = staa.accelerate(again, quiet=True)
        if layers.step_by_step:
            for statistics in ("step", "sequence"):
                again = make(lambda: Network(layers, width, statistics))
                made[f"{name} + over_time, {statistics}"] = staa.accelerate(again, quiet=True)
    if hasattr(torch, "compile"):
        made["plain + compile"] = torch.compile(make(lambda: Network(Plain(), width)))
    else:
        missing["plain + compile"] = f"PyTorch {torch.__version__} has no torch.compile"
    made["staa"] = make(lambda: own(width))
    return made


def measure(networks, batch, rounds):
    """Returns {name: {"training": images/s, "inference": images/s}}: medians of alternating rounds."""
    images = torch.randn(batch, 3, 32, 32)
    labels = torch.randint(0, 100, (batch,))
    times = {name: {"training": [], "inference": []} for name in networks}
    optimizers = {name: torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
                  for name, network in networks.items()}

    def train(name):
        optimizers[name].zero_grad()
        functional.cross_entropy(networks[name](images), labels).backward()
        optimizers[name].step()

    def infer(name):
        with torch.no_grad():
            networks[name](images)

    for number in range(rounds + 2):
        for name, network in networks.items():
            for what, run in (("training", train), ("inference", infer)):
                network.train(what == "training")
                start = time.perf_counter()
                run(name)
                if number > 1:
                    times[name][what].append(time.perf_counter() - start)
    return {name: {what: batch / statistics.median(taken) for what, taken in of.items()}
            for name, of in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", default="0.25,1")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    missing, results = {}, []
    for width in map(float, options.widths.split(",")):
        found = measure(variants(width, missing), options.batch, options.rounds)
        results += [{"width": width, "network": name, **speed} for name, speed in found.items()]
    about = {"torch": torch.__version__, "machine": platform.machine(), "threads": options.threads,
             "batch": options.batch, "steps": STEPS, "load": os.getloadavg()[0]}
    if options.json:
        print(json.dumps({**about, "missing": missing, "results": results}, indent=2))
        return
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    for name, why in missing.items():
        print(f"left out: {name}: {why}")
    print(f"{'width':>5}  {'network':34} {'training':>9} {'inference':>10}  images/s")
    for row in results:
        print(f"{row['width']:5g}  {row['network']:34} {row['training']:9.1f} "
              f"{row['inference']:10.1f}")


if __name__ == "__main__":
    main()
