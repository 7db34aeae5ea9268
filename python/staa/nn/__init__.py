"""Neuron layers and networks; parameters carry the names of the C++ modules."""

from staa.nn.networks import Network, load, network, resnet18, resnet19, resnet20, resnet34, vgg13
from staa.nn.neurons import AdaptiveLif, GlobalContext, Lif, StaaLif, StepAttention

__all__ = [
    "AdaptiveLif",
    "GlobalContext",
    "Lif",
    "Network",
    "StaaLif",
    "StepAttention",
    "load",
    "network",
    "resnet18",
    "resnet19",
    "resnet20",
    "resnet34",
    "vgg13",
]
