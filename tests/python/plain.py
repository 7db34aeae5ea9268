"""The neurons in plain PyTorch, step by step from the equations: the reference for staa's own."""

import torch
from torch.nn import functional


class Spike(torch.autograd.Function):
    """S = V >= 0, with the arctan surrogate dS/dV = 1 / a / (1 + (pi V / a)^2)."""

    @staticmethod
    def forward(ctx, v, width):
        ctx.save_for_backward(v)
        ctx.width = width
        return (v >= 0).to(v.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (v,) = ctx.saved_tensors
        return gradient / ctx.width / (1 + (torch.pi * v / ctx.width) ** 2), None


def run(x, membrane, threshold=1.0, reset=0.0, width=1.0):
    h = torch.zeros_like(x[0])
    spikes = []
    for t in range(x.shape[0]):
        v = membrane(x[t], h, t)
        s = Spike.apply(v - threshold, width)
        h = v * (1 - s) + reset * s
        spikes.append(s)
    return torch.stack(spikes)


def lif(x, tau=2.0):
    return run(x, lambda x_t, h, t: h + (x_t - h) / tau)


def global_context(block, x):
    attention = torch.sigmoid(block.key(x))
    context = (attention * x).sum((2, 3), keepdim=True)
    query = block.query(context).flatten(1)
    hidden = torch.relu(block.norm(query))[:, :, None, None]
    return x + block.value(hidden)


def staa_lif(x, layer):
    def membrane(x_t, h, t):
        u = global_context(layer.gc1, x_t + layer.pe[t][:, None, None])
        u = u + global_context(layer.gc2, h)
        mean = u.mean((2, 3), keepdim=True) * layer.options["sa_alpha"]
        return torch.sigmoid(layer.sa.expand(torch.relu(layer.sa.reduce(mean)))) * u

    return run(x, membrane)


def norm(x, module):
    """A BatchNorm2d over [T, B, C, H, W]."""
    y = functional.batch_norm(x.flatten(0, 1), module.running_mean, module.running_var,
                              module.weight, module.bias, module.training, module.momentum,
                              module.eps)
    return y.view(x.shape)
