"""Changes to a network's layers take effect: hooks, replaced modules, frozen statistics."""

import copy
import unittest
import warnings
from unittest import mock

import plain
import torch
from torch import nn
from torch.nn.utils import parametrize, prune, spectral_norm, weight_norm

import staa
from staa.nn import fusing


def layer_of(norm=None, neuron=None, inputs=3, outputs=8):
    """A ConvNeuron with 2 steps of which some neurons fire, but not all."""
    torch.manual_seed(1)
    layer = staa.nn.networks.ConvNeuron(inputs, outputs, 3, 1, 2, "lif", {"v_threshold": 0.3})
    if norm is not None:
        layer.norm = norm
    if neuron is not None:
        layer.neuron = neuron
    return layer


def images(channels=3):
    return torch.randn(1, 4, channels, 8, 8, generator=torch.Generator().manual_seed(5))


def random_norm(channels=6):
    norm = nn.BatchNorm2d(channels)
    norm.running_mean.normal_(0, 0.5)
    norm.running_var.uniform_(0.3, 3)
    nn.init.uniform_(norm.weight, 0.5, 2)
    nn.init.normal_(norm.bias)
    return norm


class Halved(nn.Module):
    def forward(self, weight):
        return weight / 2


class Rounded(nn.Conv2d):
    def forward(self, x):
        return self._conv_forward(x, torch.round(self.weight * 4) / 4, self.bias)


class Doubled(nn.BatchNorm2d):
    def forward(self, x):
        return 2 * super().forward(x)


class Norms(unittest.TestCase):
    """U = BN(x) + BN(r) for any state and any settings of the two BatchNorms."""

    def setUp(self):
        torch.manual_seed(2)
        self.x, self.residual = torch.randn(2, 3, 4, 6, 5, 5)

    def check(self, norm, residual_norm):
        theirs = copy.deepcopy((norm, residual_norm))
        neuron = staa.nn.Lif(6)
        for _ in range(2):  # the second call uses the statistics of the first
            ours = neuron(self.x, self.residual, norm, residual_norm)
            u = [value if module is None else fusing.over_steps(value, module)
                 for value, module in zip((self.x, self.residual), theirs)]
            expected = plain.lif(u[0] + u[1])
            self.assertLess((ours != expected).float().mean().item(), 0.002)
            self.assertTrue(0 < ours.mean().item() < 1)
        for a, b in zip((norm, residual_norm), theirs):
            if a is None:
                continue
            for (name, ours), (_, expected) in zip(a.named_buffers(), b.named_buffers()):
                torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6, msg=name)

    def test_each_norm_keeps_its_own_state_and_numbers(self):
        changes = {
            "eval": lambda norm: norm.eval(),
            "eps": lambda norm: setattr(norm, "eps", 0.5),
            "momentum": lambda norm: setattr(norm, "momentum", 0.9),
            "cumulative": lambda norm: setattr(norm, "momentum", None),
            "hook": lambda norm: norm.register_forward_hook(lambda m, i, o: 2 * o),
            "none": lambda norm: None,
        }
        for main in changes:
            for other in changes:
                norms = random_norm(), random_norm()
                with self.subTest(norm=main, residual_norm=other):
                    changes[main](norms[0])
                    changes[other](norms[1])
                    self.check(*norms)
                with self.subTest(residual_norm_alone=other):
                    self.check(None, norms[1])

    def test_norms_of_other_kinds(self):
        kinds = {
            "affine": lambda: nn.BatchNorm2d(6, affine=False),
            "untracked": lambda: nn.BatchNorm2d(6, track_running_stats=False),
            "untracked eval": lambda: nn.BatchNorm2d(6, track_running_stats=False).eval(),
            "group": lambda: nn.GroupNorm(2, 6),
            "instance": lambda: nn.InstanceNorm2d(6, affine=True, track_running_stats=True),
            "identity": nn.Identity,
            "subclass": lambda: Doubled(6),
        }
        for name, make in kinds.items():
            with self.subTest(name):
                self.check(make(), random_norm())
                self.check(random_norm(), make())

    def test_frozen_shortcuts_keep_their_statistics(self):
        network = staa.nn.resnet20(width=0.0625, steps=2, in_channels=1, threshold=0.3).train()
        shortcuts = [m.shortcut.norm for m in network.modules()
                     if getattr(m, "shortcut", None) is not None]
        self.assertGreater(len(shortcuts), 0)
        for frozen in (True, False):
            for module in network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.train((module not in shortcuts) == frozen)
            before = copy.deepcopy(network.state_dict())
            network(torch.randn(4, 1, 16, 16))
            for name, value in network.state_dict().items():
                if name.endswith("running_mean"):
                    still = torch.equal(value, before[name])
                    self.assertEqual(still, ("shortcut" in name) == frozen, name)


class Layers(unittest.TestCase):
    def test_hooks_of_every_layer_are_called(self):
        for neuron, shortcut in (("lif", "none"), ("staa_lif", "none"), ("lif", "current")):
            network = staa.nn.resnet20(width=0.0625, steps=2, in_channels=1, neuron=neuron,
                                       shortcut=shortcut)
            expected = network.eval()(torch.ones(2, 1, 16, 16))
            seen = {}
            for name, module in network.named_modules():
                if isinstance(module, nn.ModuleList):
                    continue
                seen[name] = []
                module.register_forward_hook(lambda m, i, o, name=name: seen[name].append(o))
            output = network(torch.ones(2, 1, 16, 16))
            self.assertEqual([name for name, calls in seen.items() if not calls], [])
            torch.testing.assert_close(output, expected, rtol=1e-3, atol=1e-4)

    def test_global_hooks_see_every_layer(self):
        seen = set()
        handle = nn.modules.module.register_module_forward_hook(
            lambda module, inputs, output: seen.add(type(module).__name__))
        try:
            layer_of()(images())
        finally:
            handle.remove()
        self.assertEqual(seen, {"ConvNeuron", "Conv2d", "BatchNorm2d", "Lif"})

    def test_another_convolution_is_called(self):
        for conv in (nn.Conv2d(1, 8, 3, 1, 1, bias=False), nn.Conv2d(3, 8, 3, 1, 1),
                     nn.Conv2d(3, 8, 3, 1, 2, dilation=2, bias=False),
                     nn.Conv2d(3, 8, 3, 1, 1, padding_mode="circular", bias=False),
                     nn.Conv2d(4, 8, 3, 1, 1, groups=2, bias=False),
                     nn.Conv2d(3, 8, 3, (1, 2), 1, bias=False),
                     nn.Conv2d(3, 8, 3, 1, "same", bias=False),
                     nn.Conv2d(3, 8, (5, 3), 1, (2, 1), bias=False),
                     nn.Conv2d(3, 8, (5, 3), 1, 1, bias=False),
                     Rounded(3, 8, 3, 1, 1, bias=False), nn.Identity()):
            with self.subTest(conv=conv):
                layer = layer_of()
                layer.conv = conv
                x = images(getattr(conv, "in_channels", 8))
                torch.testing.assert_close(layer.current(x)[0], conv(x[0]), rtol=1e-4, atol=1e-5)
                if layer.current(x).shape[2] == 8:
                    self.assertEqual(layer(x).shape[0], 2)

    def test_weights_that_are_computed_follow_the_optimiser(self):
        changes = {
            "prune": lambda conv: prune.l1_unstructured(conv, "weight", 0.5),
            "weight_norm": weight_norm,
            "spectral_norm": spectral_norm,
            "parametrize": lambda conv: parametrize.register_parametrization(
                conv, "weight", Halved()),
        }
        for name, change in changes.items():
            with self.subTest(name), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                layer = layer_of()
                layer.conv.weight.data = layer.conv.weight.data.contiguous()
                change(layer.conv)
                optimizer = torch.optim.SGD(layer.parameters(), 0.5)
                outputs = []
                for _ in range(3):
                    optimizer.zero_grad()
                    current = layer.current(images())
                    outputs.append(current.detach().clone())
                    current.square().mean().backward()
                    optimizer.step()
                self.assertFalse(torch.equal(outputs[0], outputs[1]))
                self.assertFalse(torch.equal(outputs[1], outputs[2]))

    def test_another_neuron_reads_the_whole_current(self):
        class OneArgument(staa.nn.Lif):
            def forward(self, x):
                return super().forward(x)

        class Stretched(staa.nn.Lif):
            def forward(self, x, *rest):
                return super().forward(2 * x, *rest)

        x = images()
        residual = torch.randn(2, 4, 8, 8, 8)
        lif = layer_of().eval()(x, residual)
        same = layer_of(neuron=OneArgument(8, threshold=0.3)).eval()(x, residual)
        self.assertLess((lif != same).float().mean().item(), 0.002)
        layer = layer_of(neuron=nn.ReLU()).eval()
        expected = torch.relu(fusing.over_steps(layer.current(x), layer.norm) + residual)
        torch.testing.assert_close(layer(x, residual), expected)
        stretched = layer_of(neuron=Stretched(8, threshold=0.3)).eval()(x)
        self.assertGreater(stretched.mean().item(), layer_of().eval()(x).mean().item())

    def test_another_shortcut_is_called(self):
        network = staa.nn.resnet19(width=0.0625, steps=2, threshold=0.3)
        block = next(m for m in network.modules() if getattr(m, "shortcut", None) is not None)

        class Shortcut(nn.Module):
            def __init__(self):
                super().__init__()
                self.calls = 0

            def forward(self, x):
                self.calls += 1
                return torch.zeros(x.shape[0], x.shape[1], 16, 4, 4)

        block.shortcut = Shortcut()
        network(torch.randn(2, 3, 8, 8))
        self.assertEqual(block.shortcut.calls, 1)


class Blocks(unittest.TestCase):
    """The aggregator's layers: the plain equations must give the results of the fused operator."""

    def neuron(self, **options):
        torch.manual_seed(4)
        layer = staa.nn.StaaLif(8, 5, surrogate="arctan", gc_zero_start=False, tsrd=0.4,
                                **options).double()
        for name, parameter in layer.named_parameters():
            if name == "pe" or "norm" in name:
                nn.init.normal_(parameter)
        return layer

    def test_the_plain_way_is_the_fused_one(self):
        x = (torch.randn(5, 3, 8, 4, 4, dtype=torch.double) * 2).requires_grad_()
        settings = [{"pe_placement": placement} for placement in
                    ("spatial", "temporal", "both", "post")]
        settings += [{"tsrd_fallback": "lif", "v_reset": -0.2, "tau": 1.5}, {"detach_reset": True},
                     {"surrogate_width": 1.7, "alpha": 0.7}, {"v_threshold": -0.5, "v_reset": -1},
                     {"pe": False}, {"sa": False}]
        for options in settings:
            layer = self.neuron(**options)
            inputs = [x, *layer.parameters()]
            results = []
            for hooked in (False, True):
                if hooked:
                    layer.gc1.key.register_forward_hook(lambda m, i, o: None)
                torch.manual_seed(9)  # drops the same steps
                spikes = layer(x)
                loss = (spikes * torch.linspace(-1, 1, spikes.numel()).view(spikes.shape)).sum()
                results.append((spikes, torch.autograd.grad(loss, inputs)))
            with self.subTest(options):
                self.assertTrue(torch.equal(results[0][0], results[1][0]))
                self.assertTrue(0.01 < results[0][0].mean().item() < 0.99)
                for a, b in zip(results[0][1], results[1][1]):
                    torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-8)

    def test_another_block_is_called(self):
        layer = self.neuron(gc=True).eval()
        x = torch.randn(5, 3, 8, 4, 4, dtype=torch.double) * 2
        before = layer(x)
        layer.gc1 = layer.gc2 = nn.Identity()
        layer.sa = nn.Identity()
        self.assertFalse(torch.equal(layer(x), before))
        layer.gc2 = staa.nn.GlobalContext(8).double()
        layer.gc2.key = nn.Conv2d(8, 1, 3, padding=1).double()
        self.assertEqual(layer(x).shape, x.shape)
        with self.assertRaisesRegex(ValueError, "holds 5 time steps"):
            layer(torch.zeros(6, 1, 8, 4, 4, dtype=torch.double))


class Traces(unittest.TestCase):
    def test_traced_networks_give_the_same_for_any_batch(self):
        import io

        for neuron in ("lif", "adaptive_lif", "staa_lif"):
            with self.subTest(neuron), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                network = staa.nn.resnet20(width=0.0625, steps=2, in_channels=1, neuron=neuron,
                                           v_threshold=0.3).eval()
                traced = torch.jit.trace(network, torch.randn(2, 1, 16, 16))
                file = io.BytesIO()
                torch.jit.save(traced, file)
                file.seek(0)
                x = torch.randn(5, 1, 16, 16)
                torch.testing.assert_close(torch.jit.load(file)(x), network(x), rtol=1e-3,
                                           atol=1e-4)

    def test_a_trace_of_dropped_steps_is_refused(self):
        layer = staa.nn.StaaLif(4, 2, tsrd=0.5).train()
        warnings.simplefilter("ignore")
        with self.assertRaisesRegex(ValueError, "call eval\\(\\) before torch.jit.trace"):
            torch.jit.trace(layer, torch.randn(2, 1, 4, 3, 3))
        layer.tsrd = 0
        torch.jit.trace(layer, torch.randn(2, 1, 4, 3, 3))


class Copies(unittest.TestCase):
    def test_copies_and_pickles_give_the_same(self):
        import io

        network = staa.nn.resnet20(width=0.0625, steps=2, in_channels=1, threshold=0.3).eval()
        x = torch.randn(2, 1, 16, 16)
        file = io.BytesIO()
        torch.save(network, file)
        file.seek(0)
        for other in (copy.deepcopy(network), torch.load(file, weights_only=False)):
            self.assertTrue(torch.equal(other(x), network(x)))


class Wrapped(unittest.TestCase):
    def network(self):
        torch.manual_seed(2)
        return staa.nn.resnet20(width=0.0625, steps=2, in_channels=1, threshold=0.5)

    def test_trains_within_ddp(self):
        import tempfile

        from torch import distributed
        with tempfile.TemporaryDirectory() as folder:
            distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=0,
                                           world_size=1)
            try:
                plain, other = self.network().eval(), self.network().eval()
                wrapped = nn.parallel.DistributedDataParallel(other)
                x = torch.randn(2, 1, 16, 16)
                plain(x).square().sum().backward()
                wrapped(x).square().sum().backward()
                for one, two in zip(plain.parameters(), other.parameters()):
                    self.assertTrue(torch.allclose(one.grad, two.grad))
            finally:
                distributed.destroy_process_group()

    def test_synchronised_norms_are_called(self):
        converted = nn.SyncBatchNorm.convert_sync_batchnorm(self.network())
        with mock.patch.object(nn.SyncBatchNorm, "forward", side_effect=lambda x: x) as forward:
            converted(torch.randn(2, 1, 16, 16))
        self.assertTrue(forward.called)


if __name__ == "__main__":
    unittest.main()
