"""Layers of spiking neurons: [T, B, C, H, W] currents -> spikes (0 or 1) of the same shape."""

import math

import torch
from torch import nn


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

        `norm` and `residual_norm` are BatchNorm2d modules whose scale and shift are applied while
        the neurons read. A sequence of T = 1 is repeated over `steps` time steps without a copy.
        """
        if x.dim() != 5 or (self.channels is not None and x.shape[2] != self.channels):
            wanted = "C" if self.channels is None else self.channels
            raise ValueError(f"expected [T, B, {wanted}, H, W], found {list(x.shape)}")
        extra = {"residual": residual, "steps": steps, **self.options}
        if norm is not None:
            extra.update(_norm_arguments(norm))
            extra["norm"] = _norm_tensors(norm)
        if residual_norm is not None:
            extra.setdefault("training", residual_norm.training)
            extra["residual_norm"] = _norm_tensors(residual_norm)
        return self._fire(x, max(x.shape[0], steps), extra)

    def extra_repr(self):
        return ", ".join(f"{key}={value}" for key, value in self.options.items())


def _norm_tensors(norm):
    if norm.training:
        norm.num_batches_tracked.add_(1)
    return [norm.weight, norm.bias, norm.running_mean, norm.running_var]


def _norm_arguments(norm):
    return {"training": norm.training, "momentum": norm.momentum, "eps": norm.eps}


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
    """Weights of a GC block (Eq. 7-9) over C channels, reduced to max(1, C // reduction)."""

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

    def tensors(self):
        return [tensor for layer in (self.key, self.query, self.norm, self.value)
                for tensor in (layer.weight, layer.bias)]


class StepAttention(nn.Module):
    """Weights of an SA block (Eq. 12) over C channels, reduced to max(4, C // reduction)."""

    def __init__(self, channels, reduction=16):
        super().__init__()
        reduced = max(4, channels // reduction)
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.expand = nn.Conv2d(reduced, channels, 1)

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
