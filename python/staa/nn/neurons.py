"""Layers of spiking neurons: [T, B, C, H, W] currents -> spikes (0 or 1) of the same shape."""

import inspect
import math

import torch
from torch import nn

from staa.nn import fusing


class _Neuron(nn.Module):
    """What all neurons take. tau in time steps; surrogate: rectangle, triangle, sigmoid or arctan."""

    def __init__(self, channels, tau, v_threshold, v_reset, surrogate, surrogate_width, detach_reset):
        super().__init__()
        if channels is not None and channels < 1:
            raise ValueError(f"channels: expected at least 1, found {channels}")
        self.channels = channels
        self.options = {
            "tau": float(tau),
            "v_threshold": float(v_threshold),
            "v_reset": float(v_reset),
            "surrogate": surrogate,
            "surrogate_width": float(surrogate_width),
            "detach_reset": bool(detach_reset),
        }

    def forward(self, x, residual=None, norm=None, residual_norm=None, steps=0):
        """Spikes of x [T, B, C, H, W], plus `residual` of that shape where it is given.

        `norm` and `residual_norm` are modules such as BatchNorm2d. The scale and shift of a plain
        BatchNorm2d are applied while the neurons read; any other module is called. A sequence of
        T = 1 is repeated over `steps` time steps without a copy.
        """
        if x.dim() != 5 or (self.channels is not None and x.shape[2] != self.channels):
            wanted = "C" if self.channels is None else self.channels
            raise ValueError(f"expected [T, B, {wanted}, H, W], found {list(x.shape)}")
        if not self._is_plain():
            return self._fire_plainly(fusing.compose(x, residual, norm, residual_norm, steps))
        norms = fusing.Norms(x, residual, norm, residual_norm)
        longest = max(x.shape[0], steps, 0 if residual is None else residual.shape[0])
        return self._fire(norms.x, longest, {"residual": norms.residual, "steps": steps,
                                             **self.options, **norms.arguments})

    def _is_plain(self):
        """Whether the fused operator computes this layer's modules."""
        return True

    def _spike(self, v):
        """S = V >= threshold with the surrogate gradient: a LIF of one step and no leak."""
        threshold = self.options["v_threshold"]
        offset = 0.0 if threshold > 0 else threshold - 1  # a reset lies below the threshold
        return torch.ops.staa.lif(
            (v - offset if offset else v).unsqueeze(0), tau=1.0, v_reset=offset,
            **{key: self.options[key] for key in ("v_threshold", "surrogate", "surrogate_width")},
        )[0]

    def extra_repr(self):
        return ", ".join(f"{key}={value}" for key, value in self.options.items())


def takes_terms(neuron):
    """Whether a module can be called with all that _Neuron.forward() takes. Any other module in a
    neuron's place is called with their sum."""
    if not isinstance(neuron, _Neuron):
        return False
    if type(neuron).forward is _Neuron.forward and "forward" not in vars(neuron):
        return True
    try:
        inspect.signature(neuron.forward).bind(*range(5))
        return True
    except TypeError:
        return False


class Lif(_Neuron):
    """Leaky integrate-and-fire (Eq. 1-3). No parameters."""

    def __init__(self, channels=None, tau=2.0, v_threshold=1.0, v_reset=0.0, surrogate="rectangle",
                 surrogate_width=1.0, detach_reset=False):
        super().__init__(channels, tau, v_threshold, v_reset, surrogate, surrogate_width,
                         detach_reset)

    def _fire(self, x, steps, extra):
        return torch.ops.staa.lif(x, **extra)


class AdaptiveLif(_Neuron):
    """LIF with learnable decay M and gain N, one a channel (Eq. 6)."""

    def __init__(self, channels, tau=2.0, v_threshold=1.0, v_reset=0.0, surrogate="rectangle",
                 surrogate_width=1.0, detach_reset=False):
        super().__init__(channels, tau, v_threshold, v_reset, surrogate, surrogate_width,
                         detach_reset)
        self.decay = nn.Parameter(torch.full((channels,), 1 - 1 / tau))
        self.gain = nn.Parameter(torch.full((channels,), 1 / tau))

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

    def forward(self, u, alpha=2.0):
        """[B, C, H, W] -> the same shape."""
        pooled = alpha * u.mean((2, 3), keepdim=True)
        return torch.sigmoid(self.expand(torch.relu(self.reduce(pooled)))) * u

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


class StaaLif(_Neuron):
    """LIF with the spatial-temporal attention aggregator (Eq. 7-14).

    reduction: r of GC; sa_reduction: that of SA; alpha: Eq. 12; tsrd: probability that a step
    t >= 1 is dropped in training. Parameters: pe, gc1.*, gc2.*, sa.*; a block that is off has none.
    """

    def __init__(self, channels, steps, reduction=4, sa_reduction=16, alpha=2.0, tsrd=0.1,
                 v_threshold=1.0, surrogate="rectangle", surrogate_width=1.0, detach_reset=False,
                 tau=2.0, v_reset=0.0, gc=True, pe=True, sa=True, pe_placement="spatial",
                 pe_kind="learned", gc_zero_start=True, tsrd_fallback="sum"):
        super().__init__(channels, tau, v_threshold, v_reset, surrogate, surrogate_width,
                         detach_reset)
        if steps < 1:
            raise ValueError(f"steps: expected at least 1, found {steps}")
        if not 0 <= tsrd <= 1:
            raise ValueError(f"tsrd: expected a probability from 0 to 1, found {tsrd}")
        if pe_kind not in ("learned", "sinusoidal"):
            raise ValueError(f"pe_kind: expected learned or sinusoidal, found {pe_kind!r}")
        self.tsrd = tsrd
        self.options.update(pe_placement=pe_placement, sa_alpha=float(alpha),
                            tsrd_fallback=tsrd_fallback)
        if pe:
            learned = pe_kind == "learned"
            table = torch.zeros(steps, channels) if learned else sinusoidal_encoding(steps, channels)
            if pe_placement == "both":
                table = torch.stack([table, table])
            if learned:
                self.pe = nn.Parameter(table)
            else:
                self.register_buffer("pe", table)
        else:
            self.pe = None
        self.gc1 = GlobalContext(channels, reduction, gc_zero_start) if gc else None
        self.gc2 = GlobalContext(channels, reduction, gc_zero_start) if gc else None
        self.sa = StepAttention(channels, sa_reduction) if sa else None

    def draw_dropped(self, steps):
        """TSRD's draws: True where a step is dropped; never at t = 0 nor in evaluation."""
        if not self.training or self.tsrd <= 0 or steps < 2:
            return [False] * steps
        return [False] + (torch.rand(steps - 1, dtype=torch.float64) < self.tsrd).tolist()

    def _fire(self, x, steps, extra):
        if self.pe is not None and steps > self.pe.shape[-2]:
            raise ValueError(f"the position encoding holds {self.pe.shape[-2]} time steps, "
                             f"the input has {steps}")
        blocks = [[] if block is None else block.tensors() for block in (self.gc1, self.gc2, self.sa)]
        return torch.ops.staa.staa_lif(x, self.pe, *blocks, self.draw_dropped(steps), **extra)

    def _is_plain(self):
        if torch.jit.is_tracing():  # which knows no list of truth values, such as the fused draws
            if self.training and self.tsrd > 0:
                raise ValueError("a trace would keep one draw of dropped time steps for good: call "
                                 "eval() before torch.jit.trace(), or set tsrd=0")
            return False
        return all(block is None or getattr(block, "is_plain", bool)()
                   for block in (self.gc1, self.gc2, self.sa))

    def _fire_plainly(self, x):
        """The equations one by one, for blocks that must be called."""
        options = self.options
        placement = options["pe_placement"]
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
                return u / 2
            alpha = (options["sa_alpha"],) if isinstance(self.sa, StepAttention) else ()
            return self.sa(u, *alpha)  # Eq. 14

        h = torch.zeros_like(x[0])
        spikes = []
        for t, dropped in enumerate(self.draw_dropped(x.shape[0])):
            if not dropped:
                v = aggregate(x[t], h, t)
            elif options["tsrd_fallback"] == "lif":
                v = h + (x[t] - (h - options["v_reset"])) / options["tau"]
            else:
                v = x[t] + h
            s = self._spike(v)
            spikes.append(s)
            reset = s.detach() if options["detach_reset"] else s
            h = v * (1 - reset) + options["v_reset"] * reset  # Eq. 3
        return torch.stack(spikes)
