"""A network that is written for one time step, called once for a whole sequence."""

import contextlib
import dataclasses
import functools
import importlib
import sys
import typing

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

_PACKAGES = ("spikingjelly", "snntorch", "norse")


def loaded_packages():
    """staa's modules on the other packages, of those that are loaded."""
    return [importlib.import_module(f"staa.peers.of_{package}")
            for package in _PACKAGES if package in sys.modules]


@dataclasses.dataclass
class Sequence:
    """What a module with a state must know while over_time() runs: its inputs are [steps * B, ...],
    with the time steps one after the other, and it may be called once."""

    name: str
    steps: int
    batch: int
    called: bool = False

    def check(self, x):
        if x.dim() < 1 or x.shape[0] == 0 or x.shape[0] % (self.steps * self.batch) != 0:
            raise ValueError(f"{self.name}: expected rows for {self.steps} steps of {self.batch} "
                             f"samples, found {list(x.shape)}")

    def count_call(self):
        if self.called:
            raise ValueError(f"{self.name}: it is called twice per time step; over_time() cannot "
                             "keep the order of its states")
        self.called = True


def sequence_of(module, x):
    """The input of neurons that are called once per time step as [T, B, ...], without a copy: T is 1,
    or more while over_time() calls them."""
    sequence = vars(module).get("_staa_sequence")
    if sequence is None:
        return x.unsqueeze(0)
    sequence.check(x)
    return x.unflatten(0, (sequence.steps, x.shape[0] // sequence.steps))


def count_call(module):
    """To be called by neurons whenever they have changed their state."""
    sequence = vars(module).get("_staa_sequence")
    if sequence is not None:
        sequence.count_call()


def by_step(sequence, call, x, *args, **kwargs):
    """What `call` returns for the time steps of x [T * B, ...], one after the other: a tensor or a
    tuple of tensors, joined in the same way. Further tensors of as many rows are divided as well.
    Without a `sequence` it is one plain call."""
    if sequence is None:
        return call(x, *args, **kwargs)
    sequence.check(x)
    sequence.count_call()

    def part(value, step):
        whole = isinstance(value, torch.Tensor) and value.dim() > 0 and len(value) == len(x)
        return value.chunk(sequence.steps)[step] if whole else value

    results = [call(part(x, step), *(part(value, step) for value in args),
                    **{key: part(value, step) for key, value in kwargs.items()})
               for step in range(sequence.steps)]
    if isinstance(results[0], tuple):
        return tuple(torch.cat(parts) for parts in zip(*results))
    return torch.cat(results)


def _kind_of(module, norms_by_step):
    """How a module goes through a sequence: "fused" for neurons that take all steps in one call,
    "by step" for other modules with a state, None for those that treat each image alone."""
    for package in loaded_packages():
        kind = package.in_sequence(module)
        if kind is not None:
            return kind
    normalises = isinstance(module, _BatchNorm) and (
        module.training or module.running_mean is None)
    return "by step" if norms_by_step and normalises else None


def _prepare(module, name, sequence, norms_by_step, seen, put):
    """Prepares a module and what lies below it; a module that goes by step takes its own along."""
    if module in seen:
        return
    seen.add(module)
    if "_staa_sequence" in vars(module):
        raise ValueError("over_time() is called within over_time()")
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        raise ValueError(f"{name}: call over_time() on the module inside {type(module).__name__}")
    try:
        kind = _kind_of(module, norms_by_step)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    own = dataclasses.replace(sequence, name=name)
    if kind == "by step":
        put(module, "forward", functools.partial(by_step, own, module.forward))
        return
    if kind == "fused":
        put(module, "_staa_sequence", own)
    for child_name, child in module.named_children():
        below = child_name if sequence.name == name else f"{name}.{child_name}"
        _prepare(child, below, sequence, norms_by_step, seen, put)


@contextlib.contextmanager
def _prepared(network, steps, batch, norms_by_step):
    """The modules of a network, made ready for inputs [steps * B, ...] and then as they were."""
    changed = []

    def put(module, name, value):
        changed.append((module, name, vars(module).get(name)))
        vars(module)[name] = value

    try:
        whole = Sequence(type(network).__name__, steps, batch)
        _prepare(network, whole.name, whole, norms_by_step, set(), put)
        yield
    finally:
        for module, name, before in reversed(changed):
            if before is None:
                del vars(module)[name]
            else:
                vars(module)[name] = before


def over_time(network: nn.Module, x: torch.Tensor, *, statistics: str = "step") -> typing.Any:
    """`torch.stack([network(x_t) for x_t in x])` for x [T, B, ...], in one call, for a network that
    accelerate() has worked on: its layers are called once, with [T * B, ...], and its neurons go
    through the T steps by themselves. A network that returns a tuple gives a tuple.

    The network must be written for one time step, keep the batch as its first dimension and call
    each layer that has a state once. Its neurons must keep their state themselves: snnTorch's
    `init_hidden=True`, or SpikingJelly's step mode "s". States go on from what the last call has left,
    and are left as T calls leave them. Other stateful layers of these packages and BatchNorm in
    training are called step by step inside. What the network's own code keeps from one step to the
    next is not seen. Hooks see all steps at once, and activations cannot be checkpointed.

    `statistics`: "step" normalises every time step with its own mean and variance in training, as T
    calls do; "sequence" takes them over all T steps, as SpikingJelly and staa do in their own
    networks. That is faster, but not what T calls compute.

    Raises ValueError naming the layer that cannot take a sequence.
    """
    if statistics not in ("step", "sequence"):
        raise ValueError(f"statistics: expected 'step' or 'sequence', found {statistics!r}")
    if x.dim() < 2 or x.shape[0] < 1 or x.shape[1] < 1:
        raise ValueError(f"x: expected [T, B, ...] of at least 1 each, found {list(x.shape)}")
    steps, batch = x.shape[:2]
    with _prepared(network, steps, batch, statistics == "step"):
        y = network(x.flatten(0, 1))

    def with_time(part):
        if not isinstance(part, torch.Tensor):
            raise ValueError("the network's output: expected a tensor or a tuple of tensors, found "
                             f"{type(part).__name__}")
        if part.dim() < 1 or part.shape[0] != steps * batch:
            raise ValueError(f"the network's output: expected {steps * batch} rows for {steps} steps "
                             f"of {batch} samples, found {list(part.shape)}")
        return part.unflatten(0, (steps, batch))

    return tuple(map(with_time, y)) if isinstance(y, tuple) else with_time(y)
