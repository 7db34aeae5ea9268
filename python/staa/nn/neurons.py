"""Layers of spiking neurons: currents [T, B, C, H, W] or [T, B, C] -> spikes (0 or 1) of the same
shape."""

import inspect
import math
import typing

import torch
from torch import nn

from staa.nn import fusing, options


class _Neuron(nn.Module):
    """What all neurons take: staa.nn.options.describe() lists the options."""

    _aggregator = False

    def __init__(self, channels, given):
        super().__init__()
        if channels is not None and channels < 1:
            raise ValueError(f"channels: expected at least 1, found {channels}")
        self.channels = channels
        self.options = options.resolve(type(self).__name__, self._aggregator, given)

    def forward(self, x: torch.Tensor, residual: typing.Optional[torch.Tensor] = None,
                norm: typing.Optional[nn.Module] = None,
                residual_norm: typing.Optional[nn.Module] = None, steps: int = 0) -> torch.Tensor:
        """Spikes of x [T, B, C, H, W], plus `residual` of that shape where it is given. Layers without
        pixels take x [T, B, C] alone.

        `norm` and `residual_norm` are modules such as BatchNorm2d. The scale and shift of a plain
        BatchNorm2d are applied while the neurons read; any other module is called. A sequence of
        T = 1 is repeated over `steps` time steps without a copy.
        """
        if x.dim() == 3 and residual is None and norm is None:
            return self.forward(x[..., None, None], steps=steps).flatten(2)
        if x.dim() != 5 or (self.channels is not None and x.shape[2] != self.channels):
            wanted = "C" if self.channels is None else self.channels
            raise ValueError(
                f"expected [T, B, {wanted}, H, W] or [T, B, {wanted}], found {list(x.shape)}")
        if not self._is_plain():
            return self._fire_plainly(fusing.compose(x, residual, norm, residual_norm, steps))
        norms = fusing.Norms(x, residual, norm, residual_norm)
        longest = max(x.shape[0], steps, 0 if residual is None else residual.shape[0])
        return self._fire(norms.x, longest, {"residual": norms.residual, "steps": steps,
                                             **options.for_call(self.options),
                                             **norms.arguments})

    def _is_plain(self):
        """Whether the fused operator computes this layer's modules."""
        return True

    def _spike(self, v):
        """S = V >= threshold with the surrogate gradient: a LIF of one step and no leak."""
        if self.options["activation"] == "relu":
            return torch.relu(v)
        threshold = self.options["threshold"]
        offset = 0.0 if threshold > 0 else threshold - 1  # a reset lies below the threshold
        return torch.ops.staa.lif(
            (v - offset if offset else v).unsqueeze(0), tau=1.0, reset=offset,
            **{key: self.options[key] for key in ("threshold", "surrogate", "surrogate_width",
                                                  "surrogate_scale")},
        )[0]

    def extra_repr(self):
        return ", ".join(f"{key}={value}" for key, value in self.options.items())


def takes_terms(neuron):
    """Whether a module can be called with all that _Neuron.forward() takes. Any other module in a
    neuron's place is called with their sum."""
    if not isinstance(neuron, _Neuron):
        return False
    if type(neuron).forward is _Neuron.forward and "forward" not in neuron.__dict__:
        return True
    try:
        inspect.signature(neuron.forward).bind(*range(5))
        return True
    except TypeError:
        return False


@options.documented(aggregator=False)
class Lif(_Neuron):
    """Leaky integrate-and-fire (Eq. 1-3). No parameters."""

    def __init__(self, channels=None, **given):
        super().__init__(channels, given)

    def _fire(self, x, steps, extra):
        return torch.ops.staa.lif(x, **extra)


@options.documented(aggregator=False)
class AdaptiveLif(_Neuron):
    """LIF with learnable decay M and gain N per channel (Eq. 6)."""

    def __init__(self, channels, **given):
        super().__init__(channels, given)
        tau = self.options["tau"]
        gain = 1 / tau if self.options["decay_input"] else 1.0
        self.decay = nn.Parameter(torch.full((channels,), 1 - 1 / tau))
        self.gain = nn.Parameter(torch.full((channels,), gain))

    def _fire(self, x, steps, extra):
        return torch.ops.staa.adaptive_lif(x, self.decay, self.gain, **extra)


class GlobalContext(nn.Module):
    """A GC block (Eq. 7-10) over C channels, reduced to max(1, C // reduction)."""

    def __init__(self, channels, reduction=4, zero_start=True):
        super().__init__()
        reduced = max(1, channels // reduction)
        self.key = nn.Conv2d(channels, 1, 1)
        self.query = nn.Conv2d(channels, reduced, 1)
        self.norm = nn.LayerNorm(reduced)
        self.value = nn.Conv2d(reduced, channels, 1)
        if zero_start:
            nn.init.zeros_(self.value.weight)
            nn.init.zeros_(self.value.bias)

    def forward(self, x):
        """[B, C, H, W] -> the same shape."""
        context = (torch.sigmoid(self.key(x)) * x).sum((2, 3), keepdim=True)
        hidden = torch.relu(self.norm(self.query(context).flatten(1)))
        return x + self.value(hidden[:, :, None, None])

    def is_plain(self):
        """Whether the fused operator computes this block."""
        return (fusing.is_plain(self, GlobalContext)
                and all(fusing.is_pointwise(layer) for layer in (self.key, self.query, self.value))
                and fusing.is_plain_layer_norm(self.norm))

    def tensors(self):
        return [tensor for layer in (self.key, self.query, self.norm, self.value)
                for tensor in (layer.weight, layer.bias)]


class StepAttention(nn.Module):
    """An SA block (Eq. 12) over C channels, reduced to max(4, C // reduction)."""

    def __init__(self, channels, reduction=16):
        super().__init__()
        reduced = max(4, channels // reduction)
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.expand = nn.Conv2d(reduced, channels, 1)

    def forward(self, u, inner=2.0, outer=1.0):
        """[B, C, H, W] -> the same shape; `inner` scales what the block reads, `outer` its gate."""
        pooled = inner * u.mean((2, 3), keepdim=True)
        return outer * torch.sigmoid(self.expand(torch.relu(self.reduce(pooled)))) * u

    def is_plain(self):
        """Whether the fused operator computes this block."""
        return (fusing.is_plain(self, StepAttention)
                and fusing.is_pointwise(self.reduce) and fusing.is_pointwise(self.expand))

    def tensors(self):
        return [self.reduce.weight, self.reduce.bias, self.expand.weight, self.expand.bias]


def sinusoidal_encoding(steps, channels):
    """Fixed position encoding [T, C] of the Transformer."""
    position = torch.arange(steps, dtype=torch.float64).unsqueeze(1)
    pairs = torch.arange(channels, dtype=torch.float64) // 2
    angle = position * torch.exp(-math.log(10000.0) * 2 * pairs / channels)
    even = torch.arange(channels) % 2 == 0
    return torch.where(even, torch.sin(angle), torch.cos(angle)).float()


@options.documented(aggregator=True)
class StaaLif(_Neuron):
    """LIF with the spatial-temporal attention aggregator (Eq. 7-14) for sequences of up to `steps`.

    Parameters: pe, gc1.*, gc2.*, sa.*; a block that is off has none.
    """

    _aggregator = True

    def __init__(self, channels, steps, **given):
        super().__init__(channels, given)
        if steps < 1:
            raise ValueError(f"steps: expected at least 1, found {steps}")
        o = self.options
        if o["sa_gain"] == "outside" and o["sa_alpha"] <= 0:
            raise ValueError(f"sa_alpha: expected more than 0 with sa_gain = 'outside', "
                             f"found {o['sa_alpha']}")
        if o["pe"]:
            learned = o["pe_kind"] == "learned"
            table = torch.zeros(steps, channels) if learned else sinusoidal_encoding(steps, channels)
            if o["pe_placement"] == "both":
                table = torch.stack([table, table])
            if learned:
                self.pe = nn.Parameter(table)
            else:
                self.register_buffer("pe", table)
        else:
            self.pe = None
        context = (channels, o["gc_reduction"], o["gc_zero_start"])
        self.gc1 = GlobalContext(*context) if o["gc"] else None
        self.gc2 = GlobalContext(*context) if o["gc"] else None
        self.sa = StepAttention(channels, o["sa_reduction"]) if o["sa"] else None

    @property
    def tsrd(self):
        """beta: probability that a time step t >= 1 is dropped in training."""
        return self.options["tsrd"]

    @tsrd.setter
    def tsrd(self, value):
        self.options["tsrd"] = options.checked(options.table()["tsrd"], value)

    def _alpha(self):
        """Where alpha of Eq. 12 stands: on the pooled input and on the sigmoid."""
        alpha = self.options["sa_alpha"]
        return (alpha, 1.0) if self.options["sa_gain"] == "inside" else (1.0, alpha)

    def draw_dropped(self, steps):
        """TSRD's draws, a tensor [T]: True where a step is dropped, never at t = 0. None where none
        can be, as in evaluation."""
        if not self.training or self.tsrd <= 0 or steps < 2:
            return None
        later = torch.rand(steps - 1, dtype=torch.float64) < self.tsrd
        return torch.cat([torch.zeros(1, dtype=torch.bool), later])

    def _fire(self, x, steps, extra):
        if self.pe is not None and steps > self.pe.shape[-2]:
            raise ValueError(f"the position encoding holds {self.pe.shape[-2]} time steps, "
                             f"the input has {steps}")
        blocks = [[] if block is None else block.tensors() for block in (self.gc1, self.gc2, self.sa)]
        return torch.ops.staa.staa_lif(x, self.pe, *blocks, self.draw_dropped(steps), **extra)

    def _is_plain(self):
        if torch.jit.is_tracing() and self.training and self.tsrd > 0:
            raise ValueError("a trace would keep one draw of dropped time steps for good: call "
                             "eval() before torch.jit.trace(), or set tsrd=0")
        return all(block is None or getattr(block, "is_plain", bool)()
                   for block in (self.gc1, self.gc2, self.sa))

    def _fire_plainly(self, x):
        """The equations one by one, for blocks that must be called."""
        o = self.options
        relu = o["activation"] == "relu"
        placement = o["pe_placement"]
        if self.pe is not None and x.shape[0] > self.pe.shape[-2]:
            raise ValueError(f"the position encoding holds {self.pe.shape[-2]} time steps, "
                             f"the input has {x.shape[0]}")

        def encode(values, placements, table, t):
            if self.pe is None or placement not in placements:
                return values
            rows = self.pe[table] if placement == "both" else self.pe
            return values + rows[t][:, None, None]  # Eq. 11

        def aggregate(x_t, h, t):
            x_t, h = encode(x_t, ("spatial", "both"), 0, t), encode(h, ("temporal", "both"), 1, t)
            u = ((x_t if self.gc1 is None else self.gc1(x_t))
                 + (h if self.gc2 is None else self.gc2(h)))  # Eq. 13
            u = encode(u, ("post",), 0, t)
            if self.sa is None:
                return u * (self._alpha()[1] / 2)
            alpha = self._alpha() if isinstance(self.sa, StepAttention) else ()
            return self.sa(u, *alpha)  # Eq. 14

        h = torch.zeros_like(x[0])
        spikes = []
        draws = self.draw_dropped(x.shape[0])
        for t, dropped in enumerate([False] * x.shape[0] if draws is None else draws.tolist()):
            if not dropped:
                v = aggregate(x[t], h, t)
            elif o["tsrd_fallback"] == "lif":
                gain = 1 / o["tau"] if o["decay_input"] else 1.0
                v = h - (h - o["reset"]) / o["tau"] + gain * x[t]
            else:
                v = x[t] + h
            s = self._spike(v)
            spikes.append(s)
            if relu:
                continue  # nothing is carried
            reset = s.detach() if o["detach_reset"] else s
            h = v * (1 - reset) + o["reset"] * reset  # Eq. 3
        return torch.stack(spikes)
