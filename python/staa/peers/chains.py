"""BatchNorm and the neurons behind it in a Sequential: the neurons apply it while they read."""

import sys

from torch import nn

from staa.nn import fusing


def _is_norm(module):
    layer = sys.modules.get("spikingjelly.activation_based.layer")
    kinds = (nn.BatchNorm2d,) if layer is None else (nn.BatchNorm2d, layer.BatchNorm2d)
    return (any(fusing.is_plain(module, kind) for kind in kinds)
            and fusing.has_all_of_batch_norm(module))


def _pairs(modules):
    """Where a BatchNorm is followed by neurons that can take it over."""
    return {index for index, (norm, neuron) in enumerate(zip(modules, modules[1:]))
            if hasattr(neuron, "_staa_fire") and _is_norm(norm)
            and fusing.is_plain(neuron, type(neuron))}


class Sequential(nn.Sequential):
    """Calls its modules one after the other, apart from such pairs. Hooks on either module, and
    inputs that do not fit, make a pair two calls again."""

    _staa_original = nn.Sequential

    def forward(self, x):
        modules = list(self)
        pairs = _pairs(modules)
        index = 0
        while index < len(modules):
            fired = modules[index + 1]._staa_fire(x, modules[index]) if index in pairs else None
            if fired is not None:
                x = fired
                index += 2
                continue
            x = modules[index](x)
            index += 1
        return x


def has_pairs(module):
    """Whether this is a Sequential with such a pair, whose neurons have been replaced before."""
    return type(module) is nn.Sequential and bool(_pairs(list(module)))
