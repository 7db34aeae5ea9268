"""Uses staa's modules with PyTorch's tools. Tests of tools that this PyTorch lacks are skipped."""

import copy
import importlib
import os
import pickle
import shutil
import tempfile
import unittest
import warnings

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import staa

HAS_FAKES = hasattr(torch.library, "register_fake")
needs_fakes = unittest.skipUnless(HAS_FAKES, "PyTorch before 2.4 has no register_fake")


def network(**options):
    torch.manual_seed(1)
    return staa.nn.resnet20(width=0.0625, classes=4, steps=2, surrogate="arctan", **options)


class Small(nn.Module):
    """Two convolutions with BatchNorm and neurons, the second with a residual; compiles quickly."""

    def __init__(self, neuron="staa_lif", **options):
        super().__init__()
        torch.manual_seed(1)
        layer = staa.nn.networks.ConvNeuron
        options = {"surrogate": "arctan", **options}
        self.first = layer(3, 4, 3, 1, 2, neuron, options)
        self.second = layer(4, 4, 3, 1, 2, neuron, options)
        self.head = staa.nn.networks.Head(4, 3)

    def forward(self, images):
        spikes = self.first(images.unsqueeze(0))
        return self.head(self.second(spikes, spikes))


def neurons():
    return [staa.nn.Lif(4), staa.nn.AdaptiveLif(4), staa.nn.StaaLif(4, 3, tsrd=0.0, gc_reduction=2)]


def loss_and_gradients(call, module, x):
    module.zero_grad()
    output = call(x)
    output.square().sum().backward()
    return output.detach(), [parameter.grad.clone() for parameter in module.parameters()
                             if parameter.grad is not None]


class Anywhere(unittest.TestCase):
    """Tools that every version of PyTorch has."""

    def test_copies_pickles_and_state_dicts_are_the_network(self):
        ours = network().eval()
        x = torch.randn(2, 3, 16, 16)
        other = network(neuron="staa_lif").eval()
        other.load_state_dict(ours.state_dict())
        for made in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours)), other):
            self.assertTrue(torch.equal(made(x), ours(x)))

    def test_checkpointed_layers_have_the_same_gradients(self):
        for layer in neurons():
            x = torch.randn(3, 2, 4, 5, 5).requires_grad_()
            weights = torch.randn(3, 2, 4, 5, 5)
            expected = torch.autograd.grad((layer(x) * weights).sum(), x)[0]
            found = torch.autograd.grad((checkpoint(layer, x, use_reentrant=False) * weights).sum(),
                                        x)[0]
            self.assertTrue(torch.equal(found, expected))

    def test_second_derivatives_are_refused_by_name(self):
        x = torch.randn(3, 2, 4, 5, 5).requires_grad_()
        spikes = (x > 1).float().flatten(0, 1)
        weight = torch.randn(4, 4, 3, 3).requires_grad_()
        for output, of in [*((layer(x), x) for layer in neurons()),
                           (torch.ops.staa.spike_conv2d(spikes, weight), weight)]:
            gradient = torch.autograd.grad(output.square().sum(), of, create_graph=True)[0]
            with self.assertRaisesRegex(RuntimeError, "cannot be differentiated once more"):
                gradient.square().sum().backward()

    def test_autocast_on_the_cpu_runs_in_bf16(self):
        ours = network()
        x = torch.randn(2, 3, 16, 16)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = ours(x)
            spikes = (torch.randn(2, 4, 5, 5) > 1).float()
            y = torch.ops.staa.spike_conv2d(spikes, torch.randn(3, 4, 3, 3))
        self.assertEqual(y.dtype, torch.bfloat16)
        output.float().square().sum().backward()
        for name, parameter in ours.named_parameters():
            self.assertEqual(parameter.grad.dtype, torch.float32, name)
            self.assertTrue(torch.isfinite(parameter.grad).all(), name)
        residual = torch.randn(2, 2, 4, 3, 3)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            self.assertEqual(staa.nn.Lif(4)(residual.bfloat16(), residual).dtype, torch.bfloat16)

    def test_two_processes_of_ddp_train_alike(self):
        if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
            self.skipTest("this PyTorch has no Gloo")
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(_train_in_ddp, args=(folder,), nprocs=2)
            first, second = (torch.load(os.path.join(folder, str(rank))) for rank in range(2))
        self.assertEqual(first.keys(), second.keys())
        for name in first:
            torch.testing.assert_close(first[name], second[name])


def _train_in_ddp(rank, folder):
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank,
                                         world_size=2)
    own = network()
    shared = nn.parallel.DistributedDataParallel(own)
    torch.manual_seed(rank)
    optimizer = torch.optim.SGD(shared.parameters(), 0.01)
    for _ in range(2):
        optimizer.zero_grad()
        shared(torch.randn(2, 3, 16, 16)).square().mean().backward()
        optimizer.step()
    torch.save(dict(own.named_parameters()), os.path.join(folder, str(rank)))
    torch.distributed.destroy_process_group()


class PyTorch2(unittest.TestCase):
    def assert_alike(self, compiled, module, plain, x):
        """Checks that the compiled module has the loss and the gradients of its plain copy."""
        expected = loss_and_gradients(plain, plain, x)
        found = loss_and_gradients(compiled, module, x)
        torch.testing.assert_close(found[0], expected[0], rtol=1e-4, atol=1e-5)
        self.assertEqual(len(found[1]), len(expected[1]))
        for a, b in zip(found[1], expected[1]):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)

    @needs_fakes
    def test_operators_pass_opcheck(self):
        ops = torch.ops.staa

        def leaf(*shape):
            return torch.randn(*shape).requires_grad_()

        x, per_channel = leaf(3, 2, 4, 5, 6), [leaf(4), leaf(4)]
        training = {"norm": [leaf(4), leaf(4)], "running_mean": torch.zeros(4),
                    "running_var": torch.ones(4), "training": True}
        evaluation = {"norm": [leaf(4), leaf(4), torch.zeros(4), torch.ones(4)]}
        staa_lif = staa.nn.StaaLif(4, 3, gc_reduction=2)
        blocks = [staa_lif.gc1.tensors(), staa_lif.gc2.tensors(), staa_lif.sa.tensors()]
        spikes = (torch.randn(4, 3, 6, 5) > 1).float()
        arctan = {"surrogate": "arctan"}
        for op, given, named in [
            (ops.lif, (x,), arctan),
            (ops.lif, (x,), {**arctan, "residual": leaf(3, 2, 4, 5, 6), **evaluation}),
            (ops.lif, (x,), {**arctan, **training}),
            (ops.lif, (leaf(1, 2, 4, 5, 6),), {**arctan, "steps": 3}),
            (ops.adaptive_lif, (x, *per_channel), arctan),
            (ops.lif_with_state, (x, *per_channel, leaf(2, 4, 5, 6)),
             {**arctan, "subtract": 1.0, "before_reset": True}),
            (ops.lif_with_state, (x, *per_channel, None), arctan),
            (ops.staa_lif, (x, staa_lif.pe, *blocks, torch.tensor([False, True, False])), arctan),
            (ops.staa_lif, (x, None, [], [], [], None), arctan),
            (ops.spike_conv2d, (spikes, leaf(2, 3, 3, 3)), {}),
            (ops.spike_conv2d, (leaf(4, 3, 6, 5), leaf(2, 3, 3, 3)), {"stride": 2}),
        ]:
            with self.subTest(op=str(op), named=sorted(named)):
                overload = op.running if "running_mean" in named else op.default
                torch.library.opcheck(overload, given, named)

    @needs_fakes
    def test_compiles_whole_and_trains_alike(self):
        x = torch.randn(2, 3, 6, 6)
        for neuron in ("lif", "adaptive_lif", "staa_lif"):
            with self.subTest(neuron=neuron):
                plain = Small(neuron, **({"tsrd": 0.0} if neuron == "staa_lif" else {}))
                other = copy.deepcopy(plain)
                torch._dynamo.reset()
                compiled = torch.compile(other, fullgraph=True, backend="aot_eager")
                for mode in (True, False):
                    plain.train(mode), other.train(mode)
                    self.assert_alike(compiled, other, plain, x)
                for a, b in zip(other.buffers(), plain.buffers()):  # BatchNorm's statistics
                    torch.testing.assert_close(a, b)

    def need_inductor(self):
        if shutil.which(os.environ.get("CXX", "g++")) is None:
            self.skipTest("Inductor needs a C++ compiler")
        try:
            importlib.import_module("distutils.command.build_ext")
        except ImportError:
            try:
                importlib.import_module("setuptools.command.build_ext")
            except ImportError:
                self.skipTest("Inductor needs setuptools on this Python")

    @needs_fakes
    def test_compiles_with_inductor(self):
        self.need_inductor()
        layer = nn.Sequential(nn.Linear(6, 4), staa.nn.Lif(4, surrogate="arctan"), nn.Linear(4, 2))
        torch._dynamo.reset()
        compiled = torch.compile(layer, fullgraph=True)
        x = torch.randn(3, 5, 6) * 3
        torch.testing.assert_close(compiled(x), layer(x))

    @needs_fakes
    def test_trains_alike_with_inductor(self):
        self.need_inductor()
        x = torch.randn(2, 3, 6, 6)
        plain = Small("lif")
        other = copy.deepcopy(plain)
        torch._dynamo.reset()
        compiled = torch.compile(other, fullgraph=True)
        self.assert_alike(compiled, other, plain, x)
        for a, b in zip(other.buffers(), plain.buffers()):  # BatchNorm's statistics
            torch.testing.assert_close(a, b)

    @needs_fakes
    def test_dropped_steps_are_drawn_in_every_call_of_a_compiled_layer(self):
        layer = staa.nn.StaaLif(4, 8, tsrd=0.5, surrogate="arctan")
        torch._dynamo.reset()
        compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
        x = torch.randn(8, 2, 4, 5, 5) * 2
        outputs = [compiled(x) for _ in range(6)]
        self.assertFalse(all(torch.equal(outputs[0], other) for other in outputs[1:]))

    @needs_fakes
    def test_exports_with_any_batch(self):
        ours = Small().eval()
        x = torch.randn(3, 3, 6, 6)
        batch = torch.export.Dim("batch", min=2, max=64)
        program = torch.export.export(ours, (x,), dynamic_shapes=({0: batch},))
        names = {str(node.target) for node in program.graph.nodes}
        self.assertTrue(any("staa_lif" in name for name in names), names)
        for size in (3, 5):
            other = torch.randn(size, 3, 6, 6)
            torch.testing.assert_close(program.module()(other), ours(other))

    @needs_fakes
    def test_functional_calls_take_other_parameters(self):
        ours = network().eval()
        other = {name: tensor * 1.1 for name, tensor in ours.state_dict().items()}
        x = torch.randn(2, 3, 16, 16)
        found = torch.func.functional_call(ours, other, (x,))
        ours.load_state_dict(other)
        self.assertTrue(torch.equal(found, ours(x)))


if __name__ == "__main__":
    warnings.simplefilter("default")
    unittest.main()
