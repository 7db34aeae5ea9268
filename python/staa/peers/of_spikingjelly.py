"""Neurons and convolutions of SpikingJelly."""

import torch
from spikingjelly.activation_based import base, layer, neuron

from staa.peers import fire
from staa.peers.convolutions import _SpikeConvolution
from staa.peers.sequence import by_step, count_call, sequence_of


class Conv2d(_SpikeConvolution, layer.Conv2d):
    _staa_original = layer.Conv2d


class _Fused:
    """Both step modes as one fused call, from the membrane `v` that the last call has left.

    Membranes are shifted by v_reset, after which every neuron rests at 0 and is reset to it.
    """

    def _coefficients(self):
        """Decay and gain."""
        raise NotImplementedError

    def multi_step_forward(self, x_seq, *args, **kwargs):
        return self._fire(x_seq, None, args, kwargs)

    def _staa_fire(self, x, norm):
        """The neurons behind a BatchNorm2d: they apply it while they read. None where they cannot."""
        multi = self.step_mode == "m"
        if getattr(norm, "step_mode", "s") != self.step_mode or x.dim() != (5 if multi else 4):
            return None
        x = x if multi else sequence_of(self, x)
        if self.store_v_seq or not self._continues(x) or not fire.takes_norm(x, norm):
            return None
        count_call(self)
        spikes = self._fire(x, norm)
        return spikes if multi else spikes.flatten(0, 1)

    def _continues(self, x_seq):
        """Whether the state is one that this sequence can go on from."""
        v = self.v
        return not isinstance(v, torch.Tensor) or (v.shape == x_seq.shape[1:]
                                                   and v.dtype == x_seq.dtype)

    def _fire(self, x_seq, norm, args=(), kwargs={}):
        rest = 0.0 if self.v_reset is None else self.v_reset
        v = self.v
        if (args or kwargs or self.store_v_seq or not self._continues(x_seq)
                or not fire.takes(x_seq)):
            return super().multi_step_forward(x_seq, *args, **kwargs)
        if not isinstance(v, torch.Tensor):
            v = None if v == rest else torch.full_like(x_seq[0], v).detach()
        if v is not None and rest != 0:
            v = v - rest
        decay, gain = self._coefficients()
        spikes, v = fire.fire(
            x_seq, decay, gain, v, norm, threshold=self.v_threshold - rest,
            subtract=self.v_threshold if self.v_reset is None else None,
            detach_reset=self.detach_reset, **self._staa_surrogate)
        self.v = v if rest == 0 else v + rest
        return spikes

    def single_step_forward(self, x, *args, **kwargs):
        x_seq = sequence_of(self, x)
        if (args or kwargs or self.store_v_seq or not self._continues(x_seq)
                or not fire.takes(x_seq)):
            return by_step(vars(self).get("_staa_sequence"), super().single_step_forward, x, *args,
                           **kwargs)
        count_call(self)
        return self.multi_step_forward(x_seq).flatten(0, 1)


class LIFNode(_Fused, neuron.LIFNode):
    _staa_original = neuron.LIFNode

    def _coefficients(self):
        return 1 - 1 / self.tau, 1 / self.tau if self.decay_input else 1.0


class IFNode(_Fused, neuron.IFNode):
    _staa_original = neuron.IFNode

    def _coefficients(self):
        return 1.0, 1.0


class ParametricLIFNode(_Fused, neuron.ParametricLIFNode):
    _staa_original = neuron.ParametricLIFNode

    def _coefficients(self):
        leak = self.w.sigmoid()
        return 1 - leak, leak if self.decay_input else 1.0


_KINDS = {neuron.LIFNode: LIFNode, neuron.IFNode: IFNode,
          neuron.ParametricLIFNode: ParametricLIFNode}


def consider(module):
    """As convolutions.consider(), of neurons."""
    if not isinstance(module, neuron.BaseNode):
        return None
    kind = _KINDS.get(type(module))
    if kind is None:
        return "not one of LIFNode, IFNode and ParametricLIFNode themselves"
    if module.store_v_seq:
        return "store_v_seq keeps the membranes of all steps"
    if getattr(module, "backend", "torch") != "torch":
        return f"its backend is {module.backend}"
    if getattr(module, "_neuron_precision", None) is not None:
        return "a precision of its own is set"
    rest = 0.0 if module.v_reset is None else module.v_reset
    if module.v_threshold <= rest:
        return "its threshold is not above its reset"
    surrogate = fire.surrogate_of(module.surrogate_function)
    if surrogate is None:
        return f"its surrogate {type(module.surrogate_function).__name__} is none of staa's"
    return kind, {"_staa_surrogate": surrogate}


def in_sequence(module):
    """The kind that sequence._kind_of() returns, of neurons and of other layers with a state."""
    if getattr(module, "step_mode", "s") == "m":
        raise ValueError("step mode 'm' takes whole sequences by itself: call the network on them")
    if not isinstance(module, base.MemoryModule):
        return None
    return "fused" if type(module) in _KINDS.values() and not module.store_v_seq else "by step"
