"""The networks of the paper. Weights carry the names of the C++ program's safetensors files."""

import dataclasses
import math
import os

import torch
from torch import nn
from torch.nn import functional

from staa import recipe, safetensors
from staa.nn import fusing
from staa.nn.options import checked, model_table
from staa.nn.neurons import AdaptiveLif, Lif, StaaLif, takes_terms


def _checked(self):
    for name in self.__dataclass_fields__:
        object.__setattr__(self, name, checked(model_table()[name], getattr(self, name)))


# Options of networks, as in a recipe's table [model], apart from their width and time steps.
ModelOptions = dataclasses.make_dataclass(
    "ModelOptions",
    [(name, object, entry["default"]) for name, entry in model_table().items()
     if name not in ("width", "steps")],
    frozen=True, namespace={"__post_init__": _checked, "__module__": __name__})
ModelOptions.__doc__ = "Options of networks, as in a recipe's table [model]:\n" + "\n".join(
    f"    {name}: {model_table()[name]['help']}"
    for name in ModelOptions.__dataclass_fields__)


NEURONS = {"lif": Lif, "adaptive_lif": AdaptiveLif, "staa_lif": StaaLif}


def _average_pool2(x):
    return fusing.over_steps(x, lambda y: functional.avg_pool2d(y, 2, ceil_mode=True))


def _max_pool2(x):
    return fusing.over_steps(x, lambda y: functional.max_pool2d(y, 2))


def _bring_to(earlier, like):
    """An earlier current in the shape of another: averages of 2x2 where that has half the extent, its
    channels repeated or left out."""
    height, width = like.shape[3:]
    # At an odd extent the windows round as those of the other: down behind a pool, up behind a stride.
    if earlier.shape[3] == 2 * height + 1:
        earlier = earlier[:, :, :, :-1]
    if earlier.shape[4] == 2 * width + 1:
        earlier = earlier[..., :-1]
    if earlier.shape[3:] != like.shape[3:]:
        earlier = _average_pool2(earlier)
    times = -(-like.shape[2] // earlier.shape[2])
    if times > 1:
        earlier = torch.cat([earlier] * times, 2)
    return earlier[:, :, :like.shape[2]]


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

    def __init__(self, inputs, outputs, kernel, stride, model=ModelOptions(), gain=1.0,
                 max_pool=False):
        super().__init__()
        self.max_pool = max_pool
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, momentum=model.norm_momentum)
        nn.init.normal_(self.conv.weight, 0, math.sqrt(2 / (kernel * kernel * outputs)))
        if model.start == "identity":
            nn.init.dirac_(self.conv.weight.data[: min(inputs, outputs)])
        nn.init.constant_(self.norm.weight, gain)
        self.joint_share = 1 / math.sqrt(1 + gain * gain)  # keeps the variance where currents join
        self.conv.to(memory_format=torch.channels_last)

    def current(self, x):
        """The convolution of x, and its maximum over 2x2 windows where there is one; not
        normalised."""
        conv = self.conv
        if fusing.is_plain_convolution(conv):
            y = fusing.over_steps(x, lambda images: torch.ops.staa.spike_conv2d(
                images, conv.weight, stride=conv.stride[0], padding=conv.padding[0]))
        else:
            y = fusing.over_steps(x, conv)
        return _max_pool2(y) if self.max_pool else y

    def forward(self, x):
        return fusing.over_steps(self.current(x), self.norm)


class ConvNeuron(ConvNorm):
    """A convolution, its BatchNorm and the neurons behind them."""

    def __init__(self, inputs, outputs, kernel, stride, steps, neuron, options, **layer):
        super().__init__(inputs, outputs, kernel, stride, **layer)
        self.steps = steps
        self.neuron = _neuron(neuron, outputs, steps, options)

    def forward(self, x, residual=None, residual_norm=None, earlier=None, passes_on=False):
        """The spikes; with `passes_on`, for shortcuts of the current, also the whole current
        [T, B, C, H, W], to which an earlier one is added behind BatchNorm: real values, which
        convolutions never see."""
        if passes_on:
            return self._with_current(x, earlier)
        steps = self.steps if x.shape[0] == 1 else x.shape[0]
        terms = (self.current(x), residual, self.norm, residual_norm, steps)
        return self.neuron(*terms) if takes_terms(self.neuron) else self.neuron(fusing.compose(*terms))

    def _with_current(self, x, earlier):
        current = ConvNorm.forward(self, x)
        if earlier is not None:
            current = (current + _bring_to(earlier, current)) * self.joint_share
        steps = self.steps if current.shape[0] == 1 else current.shape[0]
        if takes_terms(self.neuron):
            return self.neuron(current, steps=steps), current
        return self.neuron(current.expand(steps, *current.shape[1:])), current


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, pooled, steps, neuron, options,
                 model=ModelOptions()):
        super().__init__()
        self.conv1 = ConvNeuron(inputs, outputs, 3, stride, steps, neuron, options, model=model)
        self.conv2 = ConvNeuron(outputs, outputs, 3, 1, steps, neuron, options, model=model,
                                gain=model.residual_gain)
        self.pooled = pooled and stride != 1
        self.shortcut = None
        if model.shortcut == "none" and (stride != 1 or inputs != outputs):
            self.shortcut = ConvNorm(inputs, outputs, 1, 1 if self.pooled else stride, model)

    def forward(self, x, earlier=None, passes_on=False):
        """With `passes_on`, for shortcuts of the current: `earlier` is the one behind x, and the one of
        the last neurons is returned, too."""
        spikes = self.conv1(x)
        if passes_on:
            return self.conv2(spikes, earlier=earlier, passes_on=True)
        if self.shortcut is None:
            return self.conv2(spikes, x)
        residual = _average_pool2(x) if self.pooled else x
        if not fusing.is_plain(self.shortcut, ConvNorm):
            return self.conv2(spikes, self.shortcut(residual))
        return self.conv2(spikes, self.shortcut.current(residual), self.shortcut.norm)


def _fire(layer, x, current, shortcuts):
    """A layer or block of a chain, with the current that is passed along if there are shortcuts of it."""
    return layer(x, earlier=current, passes_on=True) if shortcuts else (layer(x), None)


class Head(nn.Module):
    def __init__(self, inputs, classes, scale=1.0):
        super().__init__()
        self.scale = scale
        self.linear = nn.Linear(inputs, classes)
        nn.init.normal_(self.linear.weight, 0, 1 / inputs)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        return self.linear(x.mean((3, 4))) * self.scale


class Network(nn.Module):
    """x: still images [B, C, H, W] or [1, B, C, H, W], shown at every step, or T frames
    [T, B, C, H, W]; gives the logits of every step, [T, B, classes]. The prediction is their mean over T."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, x):
        if x.dim() == 4:
            x = x.unsqueeze(0)
        if x.dim() != 5 or x.shape[0] not in (1, self.steps):
            raise ValueError(f"expected [B, C, H, W], [1, B, C, H, W] or "
                             f"[{self.steps}, B, C, H, W], "
                             f"found {list(x.shape)}")
        return self.head(self._features(x))

    def load_weights(self, path, check=True):
        """Reads a safetensors file of the C++ program: every tensor of this network, and no other
        weights. Returns the network.

        ValueError where the recipe in the file contradicts the network in what the tensors do not
        tell: time steps, neurons, shortcuts, pooling. With another threshold or surrogate the same
        weights are another network. `check=False` takes them all the same.
        """
        stored, metadata = safetensors.read(path)
        described = recipe.parse(path, metadata) if check else None
        if described is not None:
            recipe.check(path, described, self, NEURONS)
        tensors = {name: tensor for name, tensor in stored.items()
                   if not name.startswith(("optimizer/", "random/", "average/"))}
        # Averaged weights are what a run that keeps them is judged by.
        tensors.update({name[len("average/"):]: tensor for name, tensor in stored.items()
                        if name.startswith("average/")})
        self.load_state_dict(tensors)
        return self


class ResNet(Network):
    def __init__(self, layout, steps, width, in_channels, classes, neuron, options,
                 model=ModelOptions()):
        super().__init__(steps)
        self.shortcuts = model.shortcut == "current"
        self.pool = layout["pool"]
        channels = in_channels
        self.stem = nn.ModuleList()
        for out in layout["stem"]:
            out = _scaled(out, width)
            self.stem.append(ConvNeuron(channels, out, layout["kernel"], layout["stride"], steps,
                                        neuron, options, model=model))
            channels = out
        self.stages = nn.ModuleList()
        for stage, (out, count) in enumerate(zip(layout["channels"], layout["blocks"])):
            blocks = nn.ModuleList()
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(BasicBlock(channels, _scaled(out, width), stride, layout["pooled"],
                                         steps, neuron, options, model))
                channels = _scaled(out, width)
            self.stages.append(blocks)
        self.head = Head(channels, classes, model.head_scale)

    def _features(self, x):
        for layer in self.stem[:-1]:
            x = layer(x)
        x, current = _fire(self.stem[-1], x, None, self.shortcuts)
        if self.pool == "average2":
            x = _average_pool2(x)
        elif self.pool == "average3":
            x = fusing.over_steps(x, lambda y: functional.avg_pool2d(y, 3, 2, 1))
        for stage in self.stages:
            for block in stage:
                x, current = _fire(block, x, current, self.shortcuts)
        return x


class Vgg13(Network):
    def __init__(self, steps, width, in_channels, classes, neuron, options, model=ModelOptions()):
        super().__init__(steps)
        self.shortcuts = model.shortcut == "current"
        self.pool = _max_pool2 if model.pooling == "max" else _average_pool2
        channels = in_channels
        self.features = nn.ModuleList()
        for out in (64, 64, 128, 128, 256, 256, 512, 512, 512, 512):
            out = _scaled(out, width)
            self.features.append(ConvNeuron(channels, out, 3, 1, steps, neuron, options,
                                            model=model))
            channels = out
        self.head = Head(channels, classes, model.head_scale)

    def _features(self, x):
        current = None
        for index, layer in enumerate(self.features):
            if index > 0 and index % 2 == 0:
                x = self.pool(x)
            x, current = _fire(layer, x, current, self.shortcuts)
        return x


class Whitening(nn.Module):
    """A frozen stem: 2x2 patches along their principal axes and against them, then ReLU. The
    filters are fitted by the program, or by fit()."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("weight", torch.zeros(8 * channels, channels, 2, 2))

    @torch.no_grad()
    def fit(self, images):
        """Takes the filters from the patches of images [N, C, H, W]."""
        patches = functional.unfold(images, 2).transpose(1, 2).flatten(0, 1).double()
        variances, axes = torch.linalg.eigh(patches.t() @ patches / len(patches))
        filters = (axes / torch.sqrt(variances + 5e-4)).t().reshape(-1, *self.weight.shape[1:])
        self.weight.copy_(torch.cat([filters, -filters]))

    @torch.no_grad()
    def forward(self, x):
        return fusing.over_steps(x, lambda y: torch.relu(functional.conv2d(y, self.weight)))


class Vgg7(Network):
    """Six convolutions in three groups, the first of each with a 2x2 maximum before BatchNorm."""

    def __init__(self, steps, width, in_channels, classes, neuron, options, model=ModelOptions()):
        super().__init__(steps)
        self.shortcuts = model.shortcut == "current"
        self.whitening = Whitening(in_channels) if model.whitening else None
        channels = 8 * in_channels if model.whitening else in_channels
        self.features = nn.ModuleList()
        for index, out in enumerate((64, 64, 256, 256, 256, 256)):
            out = _scaled(out, width)
            self.features.append(ConvNeuron(channels, out, 3, 1, steps, neuron, options,
                                            model=model, max_pool=index % 2 == 0))
            channels = out
        self.head = Head(channels, classes, model.head_scale)

    def _features(self, x):
        if self.whitening is not None:
            x = self.whitening(x)
        current = None
        for layer in self.features:
            x, current = _fire(layer, x, current, self.shortcuts)
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


_VGGS = {"vgg7": Vgg7, "vgg13": Vgg13}


def network(name: str, classes: int = 10, steps: int = 4, width: float = 1.0, in_channels: int = 3,
            neuron: str = "staa_lif", **options) -> Network:
    """A network by name. `options` are those of ModelOptions and of its neurons (staa.nn.StaaLif,
    Lif or AdaptiveLif)."""
    known = ModelOptions.__dataclass_fields__
    model = ModelOptions(**{key: options.pop(key) for key in known if key in options})
    for key in known:
        owner = model_table()[key]["network"]
        if owner and name != owner and getattr(model, key) != getattr(ModelOptions(), key):
            raise ValueError(f"{key}: is an option of {owner}, and the network is {name}")
    common = (steps, width, in_channels, classes, neuron, options, model)
    if name in _VGGS:
        made = _VGGS[name](*common)
    elif name in _RESNETS:
        made = ResNet(_RESNETS[name], *common)
    else:
        raise ValueError(f"network: expected one of {', '.join([*_VGGS, *_RESNETS])}, "
                         f"found {name!r}")
    made.name = name
    made.model = model
    return made


def load(path, which: str = "best") -> Network:
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


def vgg7(**options):
    return network("vgg7", **options)


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
