"""A fused call for neurons of other packages, and which of staa's surrogates theirs is."""

import math

import torch

from staa.nn import fusing

# Of a shape: its derivative at width a, and where, at width 1, it is half as high as its peak.
_SHAPES = {
    "arctan": (lambda x, a: 1 / a / (1 + (math.pi * x / a) ** 2), 1 / math.pi),
    "sigmoid": (lambda x, a: torch.sigmoid(4 * x / a) * torch.sigmoid(-4 * x / a) * 4 / a,
                math.log(3 + 2 * math.sqrt(2)) / 4),
    "triangle": (lambda x, a: (1 - x.abs() / a).clamp(min=0) / a, 0.5),
    "rectangle": (lambda x, a: (x.abs() < a / 2).to(x.dtype) / a, 0.5),
    "fast_sigmoid": (lambda x, a: 1 / a / (1 + 2 * x.abs() / a) ** 2, (math.sqrt(2) - 1) / 2),
}


def _probe(function, x):
    """A surrogate function's values and derivative at x."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        y = function(x)
        return y.detach(), torch.autograd.grad(y.sum(), x)[0]


def surrogate_of(function):
    """The options `surrogate`, `surrogate_width` and `surrogate_scale` that make up a surrogate
    function, found by calling it; None where none of staa's shapes does."""
    for dtype in (torch.float64, torch.float32):  # some functions take float alone
        try:
            return _recognise(function, dtype)
        except (RuntimeError, TypeError, ValueError):
            continue
    return None


def _half_width(function, peak, dtype):
    """The smallest x > 0 at which the derivative is below half its peak; None where there is none."""
    low, high = 1e-6, 1e6
    for _ in range(4):
        x = torch.logspace(math.log10(low), math.log10(high), 400, dtype=dtype)
        below = (_probe(function, x)[1] < peak / 2).nonzero()
        if len(below) == 0 or below[0] == 0:
            return None
        first = below[0].item()
        low, high = x[first - 1].item(), x[first].item()
    return (low + high) / 2


def _recognise(function, dtype):
    near = 1e-12 if dtype == torch.float64 else 1e-7
    _, peak = _probe(function, torch.tensor([near, -near], dtype=dtype))
    if not (peak > 0).all() or not torch.isfinite(peak).all():
        return None
    peak = peak.mean().item()
    half = _half_width(function, peak, dtype)
    if half is None:
        return None
    x = half * (torch.arange(-60, 60, dtype=dtype) + 0.5) / 10.1
    fired, slope = _probe(function, x)
    if not torch.equal(fired, (x > 0).to(fired.dtype)):
        return None
    for shape, (formula, half_of_one) in _SHAPES.items():
        width = half / half_of_one
        scale = peak * width
        if abs(scale - 1) < 1e-5:
            width, scale = 1 / peak, 1.0
        if torch.allclose(slope, scale * formula(x, width), rtol=1e-4, atol=1e-5 * peak):
            return {"surrogate": shape, "surrogate_width": width, "surrogate_scale": scale}
    return None


def takes(x):
    """Whether the operators take a sequence [T, N, ...]."""
    return x.dtype in (torch.float32, torch.float64) and x.dim() >= 2 and x.numel() > 0


def _is_channels_last(x):
    return x.dim() == 5 and x[0].is_contiguous(memory_format=torch.channels_last)


def _to_layer(x):
    """A sequence [T, N, ...] or a membrane [1, N, ...] as [T, N, C, H, W] whose memory the kernels
    read in place. Neurons that are all alike do not mind what is called a channel: of tensors that
    are not channels-last it is what lies densest in memory."""
    if _is_channels_last(x):
        return x
    if x.dim() == 2:
        return x[:, None, :, None, None]
    flat = x.flatten(3) if x.dim() > 3 else x[..., None, :]  # [T, N, C, rest]
    return flat.transpose(2, 3).unsqueeze(-1)


def _from_layer(y, like):
    """The inverse, of the shape of `like` but for T."""
    shape = (y.shape[0], *like.shape[1:])
    if _is_channels_last(like):
        return y
    if like.dim() == 2:
        return y.reshape(shape)
    return y.squeeze(-1).transpose(2, 3).reshape(shape)


def takes_norm(x, norm):
    """Whether the neurons that x drives can apply a BatchNorm while they read."""
    return takes(x) and _is_channels_last(x) and x.shape[2] == norm.num_features


def fire(x, decay, gain, membrane=None, norm=None, **options):
    """Spikes of x [T, N, ...] and the last membrane [N, ...]: staa::lif_with_state with one decay and
    one gain, numbers or tensors of one element, for all neurons. `norm`: a BatchNorm2d to be applied
    to x first, for which takes_norm() holds."""
    if norm is not None:
        options.update(fusing.norm_numbers(norm), **fusing.norm_tensors(norm))
    layer = _to_layer(x)
    channels = layer.shape[2]

    def of_channels(value):
        if isinstance(value, torch.Tensor):
            return value.reshape(1).to(x.dtype).expand(channels)
        return torch.full((channels,), value, dtype=x.dtype, device=x.device)

    if membrane is not None:
        # Laid out as the input is, whatever it was.
        if _is_channels_last(x):
            membrane = membrane.contiguous(memory_format=torch.channels_last)
        else:
            membrane = _to_layer(membrane.contiguous().unsqueeze(0)).squeeze(0)
    spikes, last = torch.ops.staa.lif_with_state(
        layer, of_channels(decay), of_channels(gain), membrane, **options)
    return _from_layer(spikes, x), _from_layer(last.unsqueeze(0), x).squeeze(0)
