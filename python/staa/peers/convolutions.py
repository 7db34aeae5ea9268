"""Convolutions that work on spikes alone where their input is spikes and few of them fire."""

import sys

import torch
from torch import nn

from staa.nn import fusing


class _SpikeConvolution:
    """Overrides what nn.Conv2d and its subclasses call for the convolution itself."""

    def _conv_forward(self, input, weight, bias):
        if input.dim() != 4 or not fusing.is_plain_geometry(self):
            return super()._conv_forward(input, weight, bias)
        y = torch.ops.staa.spike_conv2d(input, weight, stride=self.stride[0],
                                        padding=self.padding[0])
        return y if bias is None else y + bias.to(y.dtype)[:, None, None]


class Conv2d(_SpikeConvolution, nn.Conv2d):
    _staa_original = nn.Conv2d


_KINDS = {nn.Conv2d: Conv2d}


def _kinds():
    layer = sys.modules.get("spikingjelly.activation_based.layer")
    if layer is not None and layer.Conv2d not in _KINDS:
        from staa.peers import of_spikingjelly

        _KINDS[layer.Conv2d] = of_spikingjelly.Conv2d
    return _KINDS


def consider(module):
    """(class, attributes) for a convolution that is replaced, why not for another one, None for any
    other module."""
    if not isinstance(module, nn.Conv2d):
        return None
    kind = _kinds().get(type(module))
    if kind is None:
        return "a subclass of Conv2d, which may compute something else"
    if not fusing.is_plain_geometry(module):
        return "groups, dilation, padding modes or sides of different strides are not staa's"
    if module.kernel_size[0] != module.kernel_size[1] or module.kernel_size[0] > 3:
        return "its kernel is larger than 3x3"
    return kind, {}
