"""Models of other packages on staa's operators: accelerate() and restore().

Modules stay where and what they are: an accelerated one gets a subclass of its own class, so that
parameters, buffers, hooks, state_dict, optimizers and the other package's functions on it (resetting
its state, say) go on as before.
"""

import typing

from torch import nn

from staa.peers import chains, convolutions
from staa.peers.report import Report
from staa.peers.sequence import loaded_packages, over_time  # noqa: F401  (part of the interface)

def _considerations():
    """The functions that know a package's modules, of the packages that are loaded."""
    return [convolutions.consider, *(package.consider for package in loaded_packages())]


def accelerate(model: nn.Module, *, quiet: bool = False) -> nn.Module:
    """Replaces, in place, what staa does the same but faster, and returns the model.

    Neurons of SpikingJelly (LIFNode, IFNode, ParametricLIFNode), snnTorch (Leaky) and Norse
    (LIFBoxCell) become fused calls that carry the state they had, plain convolutions work on the
    spikes alone where few of their inputs fire, and in a Sequential neurons apply the BatchNorm2d
    before them while they read. Spikes are the same wherever a membrane is not within
    rounding of the threshold; gradients are the same but for rounding. Surrogates are read when
    this is called: call it again after changing one. restore() undoes it.

    Unless `quiet`, prints what was replaced, and what was left and why. staa.peers.report(model)
    gives that as an object.
    """
    restore(model)
    found = Report()
    for name, module in model.named_modules():
        for consider in _considerations():
            outcome = consider(module)
            if outcome is None:
                continue
            if isinstance(outcome, str):
                found.left.append((name, type(module).__name__, outcome))
            else:
                found.replaced.append((name, type(module).__name__))
                kind, attributes = outcome
                vars(module).update(attributes)
                module.__class__ = kind
            break
    for name, module in model.named_modules():  # now that the neurons are known
        if chains.has_pairs(module):
            found.chains.append(name)
            module.__class__ = chains.Sequential
    vars(model)["_staa_report"] = found
    if not quiet:
        print(found)
    return model


def restore(model: nn.Module) -> nn.Module:
    """Gives every module that accelerate() has replaced its own class back; returns the model."""
    for module in model.modules():
        original = getattr(type(module), "_staa_original", None)
        if original is not None:
            module.__class__ = original
        for name in [name for name in vars(module) if name.startswith("_staa_")]:
            del vars(module)[name]
    return model


def report(model: nn.Module) -> typing.Optional[Report]:
    """What accelerate() did to a model; None for a model that it has not seen."""
    return vars(model).get("_staa_report")
