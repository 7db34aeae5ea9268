"""The networks of the paper. Weights carry the names of the C++ program's safetensors files."""

import math
import os

import torch
from torch import nn
from torch.nn import functional

from staa import recipe, safetensors
from staa.nn import fusing
from staa.nn.neurons import AdaptiveLif, Lif, StaaLif, takes_terms

NEURONS = {"lif": Lif, "adaptive_lif": AdaptiveLif, "staa_lif": StaaLif}


def _average_pool2(x):
    return fusing.over_steps(x, lambda y: functional.avg_pool2d(y, 2, ceil_mode=True))


def _neuron(kind, channels, steps, options):
    if kind not in NEURONS:
        raise ValueError(f"neuron: expected one of {', '.join(NEURONS)}, found {kind!r}")
    sizes = (channels, steps) if kind == "staa_lif" else (channels,)
    return NEURONS[kind](*sizes, **options)


class ConvNorm(nn.Module):
    """A convolution without bias and its BatchNorm, which the neurons behind it apply.

    Where its input is spikes, only the spikes are worked on. What is put in the place of `conv` or
    `norm`, or hooked to them, is called as it is.
    """

    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        nn.init.normal_(self.conv.weight, 0, math.sqrt(2 / (kernel * kernel * outputs)))
        self.conv.to(memory_format=torch.channels_last)

    def current(self, x):
        """The convolution of x, not normalised."""
        conv = self.conv
        if not fusing.is_plain_convolution(conv):
            return fusing.over_steps(x, conv)
        return fusing.over_steps(x, lambda y: torch.ops.staa.spike_conv2d(
            y, conv.weight, stride=conv.stride[0], padding=conv.padding[0]))

    def forward(self, x):
        return fusing.over_steps(self.current(x), self.norm)


class ConvNeuron(ConvNorm):
    """A convolution, its BatchNorm and the neurons behind them."""

    def __init__(self, inputs, outputs, kernel, stride, steps, neuron, options):
        super().__init__(inputs, outputs, kernel, stride)
        self.steps = steps
        self.neuron = _neuron(neuron, outputs, steps, options)

    def forward(self, x, residual=None, residual_norm=None):
        steps = self.steps if x.shape[0] == 1 else x.shape[0]
        terms = (self.current(x), residual, self.norm, residual_norm, steps)
        return self.neuron(*terms) if takes_terms(self.neuron) else self.neuron(fusing.compose(*terms))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, pooled, steps, neuron, options):
        super().__init__()
        self.conv1 = ConvNeuron(inputs, outputs, 3, stride, steps, neuron, options)
        self.conv2 = ConvNeuron(outputs, outputs, 3, 1, steps, neuron, options)
        self.pooled = pooled and stride != 1
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = ConvNorm(inputs, outputs, 1, 1 if self.pooled else stride)

    def forward(self, x):
        spikes = self.conv1(x)
        if self.shortcut is None:
            return self.conv2(spikes, x)
        residual = _average_pool2(x) if self.pooled else x
        if not fusing.is_plain(self.shortcut, ConvNorm):
            return self.conv2(spikes, self.shortcut(residual))
        return self.conv2(spikes, self.shortcut.current(residual), self.shortcut.norm)


class Head(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.linear = nn.Linear(inputs, classes)
        nn.init.normal_(self.linear.weight, 0, 1 / inputs)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        return self.linear(x.mean((3, 4)))


class Network(nn.Module):
    """x: still images [B, C, H, W], shown at every step, or T frames [T, B, C, H, W]; gives the
    logits of every step, [T, B, classes]. The prediction is their mean over T."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, x):
        if x.dim() == 4:
            x = x.unsqueeze(0)
        if x.dim() != 5 or x.shape[0] not in (1, self.steps):
            raise ValueError(f"expected [B, C, H, W] or [{self.steps}, B, C, H, W], "
                             f"found {list(x.shape)}")
        return self.head(self._features(x))

    def load_weights(self, path, check=True):
        """Reads a safetensors file of the C++ program: every tensor of this network, and no other
        weights. Returns the network.

        ValueError where the recipe in the file contradicts the network's neurons or time steps, of
        which the tensors do not tell: with another threshold or surrogate the same weights are
        another network. `check=False` takes them all the same.
        """
        stored, metadata = safetensors.read(path)
        described = recipe.parse(path, metadata) if check else None
        if described is not None:
            recipe.check(path, described, self, NEURONS)
        tensors = {name: tensor for name, tensor in stored.items()
                   if not name.startswith(("optimizer/", "random/"))}
        self.load_state_dict(tensors)
        return self


class ResNet(Network):
    def __init__(self, layout, steps, width, in_channels, classes, neuron, options):
        super().__init__(steps)
        self.pool = layout["pool"]
        channels = in_channels
        self.stem = nn.ModuleList()
        for out in layout["stem"]:
            out = _scaled(out, width)
            self.stem.append(ConvNeuron(channels, out, layout["kernel"], layout["stride"], steps,
                                        neuron, options))
            channels = out
        self.stages = nn.ModuleList()
        for stage, (out, count) in enumerate(zip(layout["channels"], layout["blocks"])):
            blocks = nn.ModuleList()
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(BasicBlock(channels, _scaled(out, width), stride, layout["pooled"],
                                         steps, neuron, options))
                channels = _scaled(out, width)
            self.stages.append(blocks)
        self.head = Head(channels, classes)

    def _features(self, x):
        for layer in self.stem:
            x = layer(x)
        if self.pool == "average2":
            x = _average_pool2(x)
        elif self.pool == "average3":
            x = fusing.over_steps(x, lambda y: functional.avg_pool2d(y, 3, 2, 1))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return x


class Vgg13(Network):
    def __init__(self, steps, width, in_channels, classes, neuron, options):
        super().__init__(steps)
        channels = in_channels
        self.features = nn.ModuleList()
        for out in (64, 64, 128, 128, 256, 256, 512, 512, 512, 512):
            out = _scaled(out, width)
            self.features.append(ConvNeuron(channels, out, 3, 1, steps, neuron, options))
            channels = out
        self.head = Head(channels, classes)

    def _features(self, x):
        for index, layer in enumerate(self.features):
            if index > 0 and index % 2 == 0:
                x = _average_pool2(x)
            x = layer(x)
        return x


def _scaled(channels, width):
    return max(1, math.floor(channels * width + 0.5))


def _imagenet(blocks):
    return {"stem": (64,), "kernel": 7, "stride": 2, "pool": "average3",
            "channels": (64, 128, 256, 512), "blocks": blocks, "pooled": False}


_RESNETS = {
    "resnet18": _imagenet((2, 2, 2, 2)),
    "resnet34": _imagenet((3, 4, 6, 3)),
    "resnet19": {"stem": (128,), "kernel": 3, "stride": 1, "pool": None,
                 "channels": (128, 256, 512), "blocks": (3, 3, 2), "pooled": False},
    "resnet20": {"stem": (64, 64, 64), "kernel": 3, "stride": 1, "pool": "average2",
                 "channels": (64, 128, 256, 512), "blocks": (2, 2, 2, 2), "pooled": True},
}


def network(name, classes=10, steps=4, width=1.0, in_channels=3, neuron="staa_lif", **options):
    """A network by name; `options` go to its neurons (staa.nn.StaaLif, Lif or AdaptiveLif)."""
    if name == "vgg13":
        made = Vgg13(steps, width, in_channels, classes, neuron, options)
    elif name in _RESNETS:
        made = ResNet(_RESNETS[name], steps, width, in_channels, classes, neuron, options)
    else:
        raise ValueError(f"network: expected one of vgg13, {', '.join(_RESNETS)}, found {name!r}")
    made.name = name
    return made


def load(path, which="best"):
    """The trained network of a run's folder, or of one of its safetensors files, in evaluation.

    Everything comes from the file: the recipe in its metadata, the input and the weights. `which`
    names the weights of a folder, "best" or "last". What the network was trained to read stands in
    its attribute `input`: steps, channels, height, width, classes, and the mean and standard
    deviation of each channel by which images in [0, 1] are normalised.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        if which not in ("best", "last"):
            raise ValueError(f"which: expected best or last, found {which!r}")
        path = os.path.join(path, f"{which}.safetensors")
        if not os.path.isfile(path):
            raise FileNotFoundError(f"{path}: not there: not the folder of a run that has got that "
                                    "far")
    _, metadata = safetensors.read(path)
    described = recipe.parse(path, metadata)
    if described is None:
        raise ValueError(f"{path}: not a file of staa's program: '{recipe.RECIPE}' is missing in "
                         "its metadata; build the network and call load_weights()")
    given = recipe.parse_input(path, metadata)
    made = network(**recipe.network_arguments(path, described, given, NEURONS))
    made.load_weights(path)
    made.input = given
    return made.eval()


def vgg13(**options):
    return network("vgg13", **options)


def resnet18(**options):
    return network("resnet18", **options)


def resnet19(**options):
    return network("resnet19", **options)


def resnet20(**options):
    return network("resnet20", **options)


def resnet34(**options):
    return network("resnet34", **options)
