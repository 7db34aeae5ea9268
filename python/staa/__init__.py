"""Spiking neurons with spatial-temporal attention (STAA-SNN) for PyTorch, on staa's fused operators.

    import staa
    neuron = staa.nn.StaaLif(channels=64, steps=4)
    spikes = neuron(torch.randn(4, 8, 64, 32, 32))    # [T, B, C, H, W] -> the same shape, 0 or 1
    network = staa.load("runs/quickstart")            # a network that the program has trained
    staa.accelerate(model)                            # a model of SpikingJelly, snnTorch or Norse

Importing the package loads libstaa_ops.so, which registers torch.ops.staa.*.
"""

from staa import _fake, _library

_library.load()
_fake.register()

from staa import nn  # noqa: E402  (needs the operators)
from staa import peers  # noqa: E402
from staa.peers import accelerate, over_time, restore  # noqa: E402
from staa.nn import load  # noqa: E402
from staa.safetensors import load_file  # noqa: E402

__all__ = ["accelerate", "load", "load_file", "nn", "over_time", "peers", "restore"]
