"""Neuron layers and networks; parameters carry the names of the C++ modules."""

from staa.nn.networks import (ModelOptions, Network, Whitening, load, network, resnet18, resnet19,
                              resnet20, resnet34, vgg7, vgg13)
from staa.nn import options
from staa.nn.neurons import AdaptiveLif, GlobalContext, Lif, StaaLif, StepAttention

__all__ = [
    "AdaptiveLif",
    "GlobalContext",
    "Lif",
    "ModelOptions",
    "Network",
    "StaaLif",
    "StepAttention",
    "Whitening",
    "load",
    "network",
    "options",
    "resnet18",
    "resnet19",
    "resnet20",
    "resnet34",
    "vgg13",
    "vgg7",
]
