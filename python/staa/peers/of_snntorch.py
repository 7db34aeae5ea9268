"""Leaky neurons of snnTorch, which are called step by step."""

import snntorch
import torch

from staa.peers import fire
from staa.peers.sequence import by_step, count_call, sequence_of


_Original = snntorch.Leaky


class Leaky(_Original):
    """A step as one fused call. Its state `mem` is the membrane before the reset, which snnTorch
    applies in the next step and always detaches."""

    _staa_original = _Original

    def forward(self, input_, mem=None):
        fired = self._fire(input_, mem)
        if fired is not None:
            return fired
        return by_step(vars(self).get("_staa_sequence"), super().forward, input_, mem)

    def _staa_fire(self, x, norm):
        """The neurons behind a BatchNorm2d: they apply it while they read. None where they cannot."""
        if x.dim() != 4 or not fire.takes_norm(sequence_of(self, x), norm):
            return None
        return self._fire(x, None, norm)

    def _fire(self, input_, mem, norm=None):
        if self.init_hidden and mem is not None:
            raise TypeError("`mem` should not be passed as an argument while `init_hidden=True`")
        x = sequence_of(self, input_)
        before = self.mem if mem is None else mem
        if before.shape != x.shape[1:]:
            before = None  # as snnTorch: it begins at 0
        if not fire.takes(x) or (before is not None and before.dtype != x.dtype):
            return None
        count_call(self)
        threshold, beta = self.threshold.item(), self.beta.clamp(0, 1)
        if not isinstance(self.beta, torch.nn.Parameter):
            beta = beta.item()
        subtract = {"subtract": lambda: threshold / beta, "zero": lambda: None,
                    "none": lambda: 0.0}[self.reset_mechanism]()
        spikes, self.mem = fire.fire(
            x, beta, 1.0, before, norm, threshold=threshold, subtract=subtract,
            before_reset=True, detach_reset=True, **self._staa_surrogate)
        spikes = spikes.flatten(0, 1)
        return spikes if self.init_hidden and not self.output else (spikes, self.mem)


def _why_not(module):
    if module.inhibition:
        return "inhibition lets one neuron fire at a time"
    if module.state_quant:
        return "its state is quantised"
    if not module.reset_delay:
        return "reset_delay=False resets within the step and differentiates that reset"
    if isinstance(module.threshold, torch.nn.Parameter) or module.threshold.numel() != 1:
        return "its threshold is learned, or differs between neurons"
    if module.beta.numel() != 1:
        return "beta differs between neurons"
    if isinstance(module.graded_spikes_factor, torch.nn.Parameter) or not (
            module.graded_spikes_factor == 1).all():
        return "its spikes are graded"
    subtracts = module.reset_mechanism == "subtract"
    if subtracts and isinstance(module.beta, torch.nn.Parameter):
        return "a learned beta with reset by subtraction: the gradient of beta differs"
    if subtracts and not module.beta.clamp(0, 1) > 0:
        return "beta is 0: nothing carries the reset into the next step"
    if module.reset_mechanism == "zero" and not module.threshold > 0:
        return "its threshold is not above 0"
    return None


def consider(module):
    """As convolutions.consider(), of neurons."""
    if not isinstance(module, snntorch.SpikingNeuron):
        return None
    if type(module) is not _Original:
        return "not Leaky itself"
    why = _why_not(module)
    if why is not None:
        return why
    surrogate = fire.surrogate_of(module.spike_grad)
    if surrogate is None:
        return "its spike_grad is none of staa's surrogates"
    return Leaky, {"_staa_surrogate": surrogate}


def in_sequence(module):
    """The kind that sequence._kind_of() returns, of neurons."""
    if not isinstance(module, snntorch.SpikingNeuron):
        return None
    if not module.init_hidden:
        raise ValueError("its state is an argument; over_time() needs init_hidden=True")
    # The membranes of all steps are asked for: the fused call returns the last one alone.
    return "fused" if type(module) is Leaky and not module.output else "by step"
