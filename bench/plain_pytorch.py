"""A training step of ResNet-20 with STAA written plainly in PyTorch, beside the same network on staa's
operators, timed in turn in one process.

    PYTHONPATH=python:build/lib /usr/bin/python3 bench/plain_pytorch.py [--width 0.25] [--rounds 5]
"""

import argparse
import os
import statistics
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "python"))

import plain  # the reference implementation of the tests

import staa  # noqa: E402
from staa.nn import networks  # noqa: E402


class PlainStaaLif(staa.nn.StaaLif):
    """The neuron in plain PyTorch: BatchNorm and the sum first, then step by step."""

    def forward(self, x, residual=None, norm=None, residual_norm=None, steps=0):
        x = plain.norm(x, norm)
        if residual is not None:
            x = x + (plain.norm(residual, residual_norm) if residual_norm is not None else residual)
        if x.shape[0] == 1:
            x = x.expand(steps, *x.shape[1:])
        return plain.staa_lif(x, self)


def make(neuron, width):
    torch.manual_seed(1)
    kept = networks.StaaLif
    networks.StaaLif = neuron
    try:
        return staa.nn.resnet20(width=width, classes=100, surrogate="arctan", tsrd=0)
    finally:
        networks.StaaLif = kept


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    images = torch.randn(options.batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 100, (options.batch,))

    def stepper(network):
        optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)

        def step():
            optimizer.zero_grad()
            functional.cross_entropy(network(images).mean(0), labels).backward()
            optimizer.step()

        return step

    steps = [stepper(make(neuron, options.width)) for neuron in (PlainStaaLif, staa.nn.StaaLif)]
    times = [[], []]
    for number in range(options.rounds + 1):
        for step, taken in zip(steps, times):
            start = time.perf_counter()
            step()
            if number > 0:
                taken.append(time.perf_counter() - start)
    plainly, fused = (options.batch / statistics.median(taken) for taken in times)
    print(f"width {options.width}: plain PyTorch {plainly:.1f} images/s, "
          f"on staa's operators {fused:.1f}, ratio {fused / plainly:.2f}")


if __name__ == "__main__":
    main()
