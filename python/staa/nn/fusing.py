"""Which modules the fused operators may stand for.

The operators read a module's tensors and never call it. That is right only for a module that is
exactly what the operators compute: of PyTorch's own class, with options that they know, and without
hooks, by which pruning, weight normalisation and counters of operations work. Every other module is
called as it is.
"""

from torch import nn
from torch.nn.modules import module as _module

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_GLOBAL_HOOKS = tuple("_global" + name for name in _HOOKS)


def is_plain(module, kind):
    """Whether calling `module` does what `kind` does and nothing else."""
    return (type(module) is kind
            and "forward" not in module.__dict__
            and not any(getattr(module, name, None) for name in _HOOKS)
            and not any(getattr(_module, name, None) for name in _GLOBAL_HOOKS))


def is_plain_convolution(module):
    """Whether spike_conv2d() computes this layer."""
    return is_plain(module, nn.Conv2d) and module.bias is None and is_plain_geometry(module)


def is_plain_geometry(module):
    """Whether a Conv2d's options are among those of spike_conv2d(), but for its bias."""
    return (module.groups == 1
            and module.padding_mode == "zeros"
            and module.dilation == (1, 1)
            and module.stride[0] == module.stride[1]
            and not isinstance(module.padding, str)
            and module.padding[0] == module.padding[1])


def is_pointwise(module):
    """Whether this is a convolution of single pixels with a bias."""
    return (is_plain(module, nn.Conv2d)
            and module.bias is not None
            and module.groups == 1
            and module.kernel_size == (1, 1)
            and module.stride == (1, 1)
            and module.padding in ((0, 0), "valid", "same"))


def is_plain_batch_norm(module):
    """Whether the neurons can apply this BatchNorm while they read."""
    return is_plain(module, nn.BatchNorm2d) and has_all_of_batch_norm(module)


def has_all_of_batch_norm(module):
    """Whether a BatchNorm2d has parameters and running statistics."""
    return (module.weight is not None
            and module.bias is not None
            and module.running_mean is not None
            and module.running_var is not None)


def is_plain_layer_norm(module):
    """Whether this is the LayerNorm of a context block."""
    return (is_plain(module, nn.LayerNorm)
            and module.eps == 1e-5
            and module.weight is not None
            and module.bias is not None)


def over_steps(x, f):
    """f, which takes images [N, C, H, W], on all steps of a sequence [T, B, C, H, W] at once."""
    y = f(x.flatten(0, 1))
    return y.view(x.shape[0], x.shape[1], *y.shape[1:])


def norm_numbers(module):
    """What an operator is told of how a BatchNorm2d runs."""
    numbers = {"training": module.training, "eps": module.eps}
    if module.training:
        momentum = module.momentum
        if momentum is None:  # the mean over all batches, this one with them
            momentum = 1 / (int(module.num_batches_tracked) + 1)
        numbers["momentum"] = momentum
    return numbers


def norm_tensors(module, key="norm"):
    """The tensors of a BatchNorm2d as an operator takes them, for x or for "residual_norm". In
    training the operator writes the running statistics, and the batch is counted here."""
    tensors = [module.weight, module.bias]
    running = {"running_mean": module.running_mean, "running_var": module.running_var}
    if not module.training:
        return {key: tensors + list(running.values())}
    if module.num_batches_tracked is not None:
        module.num_batches_tracked.add_(1)
    prefix = "" if key == "norm" else "residual_"
    return {key: tensors, **{prefix + name: tensor for name, tensor in running.items()}}


class Norms:
    """The BatchNorms of a current and of its residual for one call of an operator.

    An operator has one set of numbers (training or not, momentum, eps) for both. What does not fit
    into it is applied here, by calling the module: `x` and `residual` are then normalised already.
    """

    def __init__(self, x, residual, norm, residual_norm):
        if residual is None and residual_norm is not None:
            raise ValueError("residual_norm: expected a residual to normalise, found none")
        self.x, self.residual = x, residual
        self.arguments = {}
        for key, module in (("norm", norm), ("residual_norm", residual_norm)):
            if module is not None and not self._hand_over(key, module):
                self._apply(key, module)

    def _hand_over(self, key, module):
        if not is_plain_batch_norm(module):
            return False
        numbers = norm_numbers(module)
        if any(self.arguments.get(name, value) != value for name, value in numbers.items()):
            return False
        self.arguments.update(numbers)
        self.arguments.update(norm_tensors(module, key))
        return True

    def _apply(self, key, module):
        if key == "norm":
            self.x = over_steps(self.x, module)
        else:
            self.residual = over_steps(self.residual, module)


def compose(x, residual, norm, residual_norm, steps):
    """What drives neurons, as one tensor [T, B, C, H, W]: for neurons that are called plainly."""
    if norm is not None:
        x = over_steps(x, norm)
    if residual is not None:
        if residual_norm is not None:
            residual = over_steps(residual, residual_norm)
        # While a trace is made, extents are tensors.
        wanted, found = [int(n) for n in x.shape], [int(n) for n in residual.shape]
        if found[1:] != wanted[1:] or len({wanted[0], found[0]} - {1}) > 1:
            raise ValueError(f"residual: expected [1 or {wanted[0]}, "
                             f"{', '.join(map(str, wanted[1:]))}], found {found}")
        x = x + residual
    steps = steps or x.shape[0]
    if x.shape[0] not in (1, steps):
        raise ValueError(f"steps: expected {x.shape[0]} as the input has, found {steps}")
    return x.expand(steps, *x.shape[1:])
