"""A network that is written for one time step, called once for a whole sequence."""

import contextlib
import functools
import importlib
import sys
import typing

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

_PEERS = ("spikingjelly", "snntorch", "norse")


def by_step(call, steps, x, *args, **kwargs):
    """What `call` returns for the time steps of x [steps * B, ...], one after the other: a tensor or
    a tuple of tensors, joined in the same way."""
    if steps == 1:
        return call(x, *args, **kwargs)
    results = [call(part, *args, **kwargs) for part in x.chunk(steps)]
    if isinstance(results[0], tuple):
        return tuple(torch.cat(parts) for parts in zip(*results))
    return torch.cat(results)


def _kind_of(module):
    """How a module goes through a sequence: "fused" for neurons that take all steps in one call,
    "by step" for other modules with a state, None for those that treat each image alone."""
    for package in _PEERS:
        if package in sys.modules:
            kind = importlib.import_module(f"staa.peers.of_{package}").in_sequence(module)
            if kind is not None:
                return kind
    return None


@contextlib.contextmanager
def _prepared(network, steps, norms_by_step):
    """The modules of a network, made ready for inputs [steps * B, ...] and then as they were."""
    changed = []

    def put(module, name, value):
        changed.append((module, name, vars(module).get(name)))
        vars(module)[name] = value

    try:
        for name, module in network.named_modules():
            try:
                kind = _kind_of(module)
            except ValueError as error:
                raise ValueError(f"{name or type(module).__name__}: {error}") from None
            if kind is None and norms_by_step and isinstance(module, _BatchNorm) and (
                    module.training or module.running_mean is None):
                kind = "by step"
            if kind == "fused":
                put(module, "_staa_steps", steps)
            elif kind == "by step":
                put(module, "forward", functools.partial(by_step, module.forward, steps))
        yield
    finally:
        for module, name, before in reversed(changed):
            if before is None:
                del vars(module)[name]
            else:
                vars(module)[name] = before


def over_time(network: nn.Module, x: torch.Tensor, *, statistics: str = "step") -> typing.Any:
    """`torch.stack([network(x_t) for x_t in x])` for x [T, B, ...], several times as fast, for a
    network that accelerate() has worked on: its layers are called once, with [T * B, ...], and its
    neurons go through the T steps by themselves. A network that returns a tuple gives a tuple.

    The network must be written for one time step and keep its neurons' state itself: snnTorch's
    `init_hidden=True`, or SpikingJelly's step mode "s". States go on from what the last call has left,
    and are left as T calls leave them. Other stateful layers of these packages and BatchNorm in
    training are called step by step inside. Hooks see all steps at once.

    `statistics`: "step" normalises every time step with its own mean and variance in training, as T
    calls do; "sequence" takes them over all T steps, as SpikingJelly and staa do in their own
    networks. That is faster, and better statistics, but not what T calls compute.

    Raises ValueError naming the layer that cannot be called so.
    """
    if statistics not in ("step", "sequence"):
        raise ValueError(f"statistics: expected 'step' or 'sequence', found {statistics!r}")
    if x.dim() < 2 or x.shape[0] < 1:
        raise ValueError(f"x: expected [T, B, ...] with T of at least 1, found {list(x.shape)}")
    steps, batch = x.shape[:2]
    with _prepared(network, steps, statistics == "step"):
        y = network(x.flatten(0, 1))

    def with_time(part):
        if part.dim() < 1 or part.shape[0] != steps * batch:
            raise ValueError(f"the network's output: expected {steps * batch} rows for {steps} steps "
                             f"of {batch} samples, found {list(part.shape)}")
        return part.unflatten(0, (steps, batch))

    return tuple(map(with_time, y)) if isinstance(y, tuple) else with_time(y)
