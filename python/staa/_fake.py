"""What PyTorch 2 needs to look ahead: the shapes, types and layouts of the operators' outputs.

With them torch.compile(fullgraph=True) and torch.export take every operator as one node. Earlier
versions of PyTorch have no such registry; there the operators run as they are.
"""

import torch


def _channels_last(x, shape, dtype=None):
    """An empty tensor of x's kind; sequences [T, B, C, H, W] are channels-last inside a step."""
    dtype = dtype or x.dtype
    if len(shape) == 4:
        return torch.empty(shape, dtype=dtype, device=x.device, memory_format=torch.channels_last)
    steps, batch, channels, height, width = shape
    flat = (steps * batch, channels, height, width)
    return _channels_last(x, flat, dtype).view(shape)


def _spikes(x, *_, residual=None, steps=0, **__):
    if x.dim() != 5:
        raise RuntimeError(f"x: expected [T, B, C, H, W], found {list(x.shape)}")
    longest = x.shape[0] if residual is None else max(x.shape[0], residual.shape[0])
    steps = steps or longest
    return _channels_last(x, (steps, *x.shape[1:]))


def _spikes_and_membrane(x, *given, **named):
    half = x.dtype in (torch.bfloat16, torch.float16)
    membrane = _channels_last(x, tuple(x.shape[1:]), torch.float32 if half else x.dtype)
    return _spikes(x, *given, **named), membrane


def _convolved(x, weight, *, stride=1, padding=1):
    height, width = ((size + 2 * padding - kernel) // stride + 1
                     for size, kernel in zip(x.shape[2:], weight.shape[2:]))
    return _channels_last(x, (x.shape[0], weight.shape[0], height, width))


_SEQUENCES = ("x", "residual", "membrane")


def _gradients_of(operator):
    """The fake of an operator's backward pass: a gradient for each tensor among the arguments."""
    names = [argument.name for argument in operator.default._schema.arguments][2:]

    def fake(gradients, wanted, *given, **named):
        values = dict(zip(names, given))
        values.update(named)
        tensors = [(name, tensor) for name in names
                   for value in [values.get(name)] if value is not None
                   for tensor in (value if isinstance(value, (list, tuple)) else [value])
                   if isinstance(tensor, torch.Tensor)]
        return [
            torch.empty(0, dtype=tensor.dtype, device=tensor.device) if not wants
            else _channels_last(tensor, tuple(tensor.shape)) if name in _SEQUENCES
            else torch.empty(tuple(tensor.shape), dtype=tensor.dtype, device=tensor.device)
            for wants, (name, tensor) in zip(wanted, tensors)
        ]

    return fake


def register():
    """Whether this PyTorch has a registry of fakes, which then has those of the operators."""
    if not hasattr(torch.library, "register_fake"):  # before PyTorch 2.4
        return False
    fakes = {"lif": _spikes, "adaptive_lif": _spikes, "staa_lif": _spikes,
             "lif_with_state": _spikes_and_membrane, "spike_conv2d": _convolved}
    for name, fake in fakes.items():
        operator = getattr(torch.ops.staa, name)
        for overload in operator.overloads():
            whole = name if overload == "default" else f"{name}.{overload}"
            torch.library.register_fake(f"staa::{whole}", fake)
        backward = getattr(torch.ops.staa, f"{name}_backward")
        torch.library.register_fake(f"staa::{name}_backward", _gradients_of(backward))
    return True
