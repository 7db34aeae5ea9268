"""LIFBoxCell of Norse, which is called step by step."""

import torch
from norse.torch.functional.lif_box import LIFBoxFeedForwardState
from norse.torch.functional.reset import reset_value
from norse.torch.functional.threshold import threshold
from norse.torch.module.lif_box import LIFBoxCell as _Original
from norse.torch.module.snn import SNNCell

from staa.peers import fire


class LIFBoxCell(_Original):
    """A step as one fused call. Membranes are shifted by v_leak, after which they rest at 0."""

    _staa_original = _Original

    def forward(self, input_tensor, state=None):
        p = self.p
        if not fire.takes(input_tensor[None]) or input_tensor.is_sparse:
            return super().forward(input_tensor, state)
        leak, rate = p.v_leak.item(), float(self.dt * p.tau_mem_inv)
        v = None
        if state is not None:
            v = state.v.expand(input_tensor.shape).to(input_tensor.dtype)
            v = v if leak == 0 else v - leak
        spikes, v = fire.fire(
            input_tensor.unsqueeze(0), 1 - rate, rate, v, threshold=float(p.v_th) - leak,
            reset=float(p.v_reset) - leak, **self._staa_surrogate)
        return spikes.squeeze(0), LIFBoxFeedForwardState(v=v if leak == 0 else v + leak)


def consider(module):
    """As convolutions.consider(), of cells."""
    if not isinstance(module, SNNCell):
        return None
    if type(module) is not _Original:
        return "only LIFBoxCell has the one state that staa's neurons have"
    p = module.p
    numbers = (p.tau_mem_inv, p.v_leak, p.v_th, p.v_reset)
    if any(torch.as_tensor(number).numel() != 1 or getattr(number, "requires_grad", False)
           for number in numbers):
        return "its parameters are learned, or differ between neurons"
    if p.reset_method is not reset_value:
        return "its reset is not the one to a value"
    if float(p.v_th) <= float(p.v_reset):
        return "its threshold is not above its reset"
    surrogate = fire.surrogate_of(lambda x: threshold(x, p.method, p.alpha))
    if surrogate is None:
        return f"its surrogate '{p.method}' is none of staa's"
    return LIFBoxCell, {"_staa_surrogate": surrogate}


def in_sequence(module):
    """The kind that sequence._kind_of() returns, of cells."""
    if isinstance(module, SNNCell):
        raise ValueError("Norse's cells take their state as an argument; over_time() cannot keep it")
    return None
