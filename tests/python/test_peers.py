"""accelerate() on models of other packages; each test is skipped where its package is absent."""

import copy
import importlib
import pickle
import unittest

import torch
from torch import nn

import staa


def package(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise unittest.SkipTest(f"no {name}: {error}") from error


def drives(*shape, seed=1):
    """Currents that make some neurons fire and keep membranes off the threshold beyond rounding."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator, dtype=torch.double) * 1.5).requires_grad_()


def gradients(output, inputs):
    generator = torch.Generator().manual_seed(3)
    weights = torch.randn(output.shape, generator=generator, dtype=output.dtype)
    return torch.autograd.grad((output * weights).sum(), inputs, allow_unused=True)


class Peers(unittest.TestCase):
    def assert_same(self, found, expected, inputs):
        self.assertEqual(found.shape, expected.shape)
        self.assertTrue(torch.equal(found, expected))
        self.assertGreater(found.sum().item(), 0)
        for a, b in zip(gradients(found, inputs[0]), gradients(expected, inputs[1])):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-8)


class SpikingJelly(Peers):
    def setUp(self):
        self.neuron = package("spikingjelly.activation_based.neuron")
        self.surrogate = package("spikingjelly.activation_based.surrogate")
        self.functional = package("spikingjelly.activation_based.functional")

    def compare(self, make, shape=(5, 2, 3, 4, 5), calls=2):
        """Compares several calls, each of which starts from the state that the previous one left."""
        theirs = make().double()
        ours = staa.accelerate(copy.deepcopy(theirs), quiet=True)
        self.assertEqual(len(staa.peers.report(ours).replaced), 1, staa.peers.report(ours))
        a, b = [[drives(*shape, seed=seed) for seed in range(calls)] for _ in range(2)]
        parameters = list(ours.parameters()), list(theirs.parameters())
        for mode in (True, False):
            ours.train(mode), theirs.train(mode)
            self.functional.reset_net(ours), self.functional.reset_net(theirs)
            found = torch.stack([ours(x) for x in a])
            expected = torch.stack([theirs(x) for x in b])
            if mode:
                self.assert_same(found, expected, (a + parameters[0], b + parameters[1]))
            else:
                self.assertTrue(torch.equal(found, expected))
            torch.testing.assert_close(ours.v, theirs.v, rtol=1e-9, atol=1e-9)

    def test_neurons_are_theirs(self):
        s = self.surrogate
        functions = [s.ATan(), s.ATan(alpha=3.0), s.Sigmoid(), s.PiecewiseQuadratic(alpha=1.5)]
        for index, function in enumerate(functions):
            for v_reset in (0.0, None, -0.2, 0.3):
                options = {"surrogate_function": function, "v_reset": v_reset, "v_threshold": 0.8,
                           "detach_reset": index % 2 == 0, "step_mode": "m"}
                decays = {"decay_input": v_reset != 0.3}
                with self.subTest(function=index, v_reset=v_reset):
                    self.compare(lambda: self.neuron.LIFNode(tau=1.7, **decays, **options))
                    self.compare(lambda: self.neuron.IFNode(**options))
                    self.compare(lambda: self.neuron.ParametricLIFNode(1.9, **decays, **options))

    def test_any_shape_and_a_step_at_a_time(self):
        atan = self.surrogate.ATan()
        for shape in ((4, 3, 7), (3, 2, 5, 6), (2, 3, 4, 5, 6), (2, 2, 3, 2, 2, 3)):
            self.compare(lambda: self.neuron.LIFNode(surrogate_function=atan, step_mode="m"), shape)
            self.compare(lambda: self.neuron.LIFNode(surrogate_function=atan, step_mode="s"),
                         shape[1:], calls=4)

    def network(self):
        layer = package("spikingjelly.activation_based.layer")
        torch.manual_seed(1)
        made = nn.Sequential(
            layer.Conv2d(2, 8, 3, padding=1), layer.BatchNorm2d(8),
            self.neuron.LIFNode(surrogate_function=self.surrogate.ATan(), detach_reset=True),
            layer.Conv2d(8, 8, 3, padding=1, bias=False), layer.BatchNorm2d(8),
            self.neuron.IFNode(surrogate_function=self.surrogate.ATan()),
            layer.Flatten(), layer.Linear(8 * 36, 3))
        self.functional.set_step_mode(made, "m")
        return made.double()

    def test_a_network_is_theirs_and_can_be_restored(self):
        theirs = self.network()
        ours = self.network()
        kinds = [type(module) for module in ours.modules()]
        staa.accelerate(ours, quiet=True)
        self.assertEqual(len(staa.peers.report(ours).replaced), 4)
        self.assertEqual(len(staa.peers.report(ours).chains), 1)
        x = drives(4, 2, 2, 6, 6)
        for network in (ours, pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours)):
            self.functional.reset_net(network), self.functional.reset_net(theirs)
            self.assertEqual(network.state_dict().keys(), theirs.state_dict().keys())
            network.load_state_dict(theirs.state_dict())
            found, expected = network(x), theirs(x)
            torch.testing.assert_close(found, expected)
            for a, b in zip(gradients(found, list(network.parameters())),
                            gradients(expected, list(theirs.parameters()))):
                torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-8)
            for name, tensor in theirs.state_dict().items():  # also BatchNorm's statistics
                torch.testing.assert_close(network.state_dict()[name], tensor)
        calls = []
        ours[1].register_forward_hook(lambda *_: calls.append(1))  # must now be called
        self.functional.reset_net(ours), self.functional.reset_net(theirs)
        ours.load_state_dict(theirs.state_dict())
        torch.testing.assert_close(ours(x), theirs(x))
        self.assertEqual(calls, [1])
        staa.restore(ours)
        self.assertEqual([type(module) for module in ours.modules()], kinds)

    def test_what_differs_is_left_and_told(self):
        n, s = self.neuron, self.surrogate

        class Own(n.LIFNode):
            pass

        for module, why in [
            (n.LIFNode(surrogate_function=s.Erf()), "surrogate Erf"),
            (n.LIFNode(surrogate_function=s.ATan(spiking=False)), "surrogate ATan"),
            (n.LIFNode(store_v_seq=True), "store_v_seq"),
            (Own(), "themselves"),
        ]:
            kind = type(module)
            report = staa.peers.report(staa.accelerate(nn.Sequential(module), quiet=True))
            self.assertEqual(report.replaced, [])
            self.assertIn(why, str(report))
            self.assertIs(type(module), kind)


class SnnTorch(Peers):
    def setUp(self):
        self.snn = package("snntorch")
        self.surrogate = package("snntorch.surrogate")

    def test_leaky_is_theirs(self):
        s = self.surrogate
        for spike_grad in (None, s.atan(alpha=3.0), s.sigmoid(slope=5), s.fast_sigmoid(slope=25)):
            for reset in ("subtract", "zero", "none"):
                for learn in (False, True):
                    if learn and reset == "subtract":
                        continue
                    with self.subTest(reset=reset, learn=learn):
                        theirs = self.snn.Leaky(beta=0.8, threshold=0.7, spike_grad=spike_grad,
                                                reset_mechanism=reset, learn_beta=learn)
                        ours = staa.accelerate(copy.deepcopy(theirs), quiet=True)
                        self.assertIsNot(type(ours), type(theirs))
                        a, b = [drives(5, 2, 3, 4, 4).detach().float().requires_grad_()
                                for _ in range(2)]
                        outputs = []
                        for module, x in ((ours, a), (theirs, b)):
                            mem = module.reset_mem()
                            steps = []
                            for x_t in x:
                                spikes, mem = module(x_t, mem)
                                steps += [spikes, mem]
                            outputs.append(torch.stack(steps))
                        torch.testing.assert_close(*outputs, rtol=1e-5, atol=1e-5)
                        self.assertTrue(torch.equal(outputs[0][::2], outputs[1][::2]))
                        inputs = [a, *ours.parameters()], [b, *theirs.parameters()]
                        for g, h in zip(gradients(outputs[0], inputs[0]),
                                        gradients(outputs[1], inputs[1])):
                            torch.testing.assert_close(g, h, rtol=1e-4, atol=1e-4)

    def test_hidden_states_go_on(self):
        network = nn.Sequential(nn.Linear(4, 16), self.snn.Leaky(beta=0.9, init_hidden=True),
                                nn.Linear(16, 2),
                                self.snn.Leaky(beta=0.9, init_hidden=True, output=True))
        ours = staa.accelerate(copy.deepcopy(network), quiet=True)
        self.assertEqual(len(staa.peers.report(ours).replaced), 2)
        x = torch.rand(6, 3, 4) * 3
        for x_t in x:
            for a, b in zip(ours(x_t), network(x_t)):
                torch.testing.assert_close(a, b)

    def test_what_differs_is_left_and_told(self):
        snn = self.snn
        for module, why in [
            (snn.Leaky(beta=0.9, spike_grad=self.surrogate.straight_through_estimator()),
             "spike_grad"),
            (snn.Leaky(beta=0.9, learn_beta=True), "learned beta"),
            (snn.Leaky(beta=0.9, learn_threshold=True), "threshold is learned"),
            (snn.Leaky(beta=0.9, reset_delay=False), "reset_delay"),
            (snn.Leaky(beta=torch.rand(4)), "differs between neurons"),
            (snn.Synaptic(alpha=0.9, beta=0.8), "not Leaky"),
        ]:
            self.assertIn(why, str(staa.peers.report(staa.accelerate(module, quiet=True))))


class Norse(Peers):
    def setUp(self):
        self.norse = package("norse.torch")

    def test_lif_box_is_theirs(self):
        from norse.torch.functional.lif_box import LIFBoxParameters

        for leak, reset, method, alpha in ((0.0, 0.0, "triangle", 1.0), (0.1, -0.2, "tanh", 2.0),
                                            (0.0, 0.0, "super", 100.0)):
            p = LIFBoxParameters(tau_mem_inv=torch.tensor(300.0), v_leak=torch.tensor(leak),
                                 v_reset=torch.tensor(reset), v_th=torch.tensor(0.4),
                                 method=method, alpha=torch.tensor(alpha))
            theirs = self.norse.LIFBoxCell(p)
            ours = staa.accelerate(self.norse.LIFBoxCell(p), quiet=True)
            self.assertEqual(len(staa.peers.report(ours).replaced), 1, staa.peers.report(ours))
            a, b = [drives(5, 2, 3, 4, 4).detach().float().requires_grad_() for _ in range(2)]
            outputs = []
            for module, x in ((ours, a), (theirs, b)):
                state, steps = None, []
                for x_t in x:
                    spikes, state = module(x_t, state)
                    steps.append(spikes)
                outputs.append(torch.stack(steps))
            self.assertTrue(torch.equal(*outputs))
            for g, h in zip(gradients(outputs[0], a), gradients(outputs[1], b)):
                torch.testing.assert_close(g, h, rtol=1e-4, atol=1e-4)

    def test_what_differs_is_left_and_told(self):
        from norse.torch.functional.lif_box import LIFBoxParameters

        for module, why in [(self.norse.LIFCell(), "one state"),
                            (self.norse.LIFBoxCell(LIFBoxParameters(method="heavi_erfc")),
                             "surrogate 'heavi_erfc'")]:
            self.assertIn(why, str(staa.peers.report(staa.accelerate(module, quiet=True))))


class OverTime(Peers):
    """Compares one call for all time steps with one call per step."""

    def compare(self, network, x, reset, statistics="step"):
        """Compares two consecutive calls, which share the neurons' state, in training and evaluation."""
        loop, whole = [staa.accelerate(copy.deepcopy(network), quiet=True) for _ in range(2)]
        for mode in (True, False):
            for module in (loop, whole):
                module.train(mode)
                reset(module)
            for call in range(2):
                a, b = [(x + call).detach().requires_grad_() for _ in range(2)]
                found = staa.over_time(whole, a, statistics=statistics)
                expected = [loop(x_t) for x_t in b]
                if isinstance(found, tuple):
                    expected = [torch.stack(parts) for parts in zip(*expected)]
                    self.assertEqual(len(found), len(expected))
                    found, expected = torch.stack(found), torch.stack(expected)
                else:
                    expected = torch.stack(expected)
                torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
                self.assertGreater(found.abs().sum().item(), 0)
                for g, h in zip(gradients(found, [a, *whole.parameters()]),
                                gradients(expected, [b, *loop.parameters()])):
                    torch.testing.assert_close(g, h, rtol=1e-3, atol=1e-4)
                for (name, tensor), other in zip(whole.state_dict().items(),
                                                 loop.state_dict().values()):
                    torch.testing.assert_close(tensor, other, rtol=1e-4, atol=1e-5, msg=name)
                for module in (loop, whole):  # cut the gradients and keep the values
                    for neuron in module.modules():
                        for key in ("mem", "v", "y"):
                            if isinstance(getattr(neuron, key, None), torch.Tensor):
                                setattr(neuron, key, getattr(neuron, key).detach())
        for one, other in zip(whole.modules(), loop.modules()):  # no attributes are left behind
            self.assertEqual(vars(one).keys(), vars(other).keys())

    def convolutions(self, neuron):
        torch.manual_seed(2)
        return nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), neuron(),
                             nn.AvgPool2d(2), nn.Conv2d(6, 8, 3, padding=1, bias=False),
                             nn.BatchNorm2d(8), neuron(), nn.Flatten(), nn.Linear(8 * 9, 4))

    def test_snntorch(self):
        snn = package("snntorch")

        def reset(network):
            for module in network.modules():
                if isinstance(module, snn.Leaky):
                    module.mem = torch.zeros(0)

        x = drives(5, 3, 2, 6, 6).detach().float()
        for mechanism in ("subtract", "zero"):
            network = self.convolutions(lambda: snn.Leaky(beta=0.8, init_hidden=True,
                                                          reset_mechanism=mechanism))
            self.compare(network, x, reset)
            network.append(snn.Leaky(beta=0.7, init_hidden=True, output=True, threshold=0.1))
            self.compare(network, x, reset)
        straight = importlib.import_module("snntorch.surrogate").straight_through_estimator()
        network = self.convolutions(lambda: snn.Leaky(beta=0.8, init_hidden=True,
                                                      spike_grad=straight))
        self.compare(network, x, reset)

    def test_spikingjelly(self):
        neuron = package("spikingjelly.activation_based.neuron")
        layer = package("spikingjelly.activation_based.layer")
        functional = package("spikingjelly.activation_based.functional")
        surrogate = package("spikingjelly.activation_based.surrogate")
        x = drives(5, 3, 2, 6, 6).detach().float()
        for function in (surrogate.ATan(), surrogate.Erf()):  # staa has no Erf
            network = self.convolutions(lambda: neuron.LIFNode(surrogate_function=function,
                                                               v_threshold=0.5))
            self.compare(network, x, functional.reset_net)
        network.insert(4, layer.Dropout(0.5))  # uses one mask for all steps
        torch.manual_seed(1)
        mask = staa.over_time(network[:5].train(), torch.ones(5, 3, 2, 6, 6)) == 0
        self.assertTrue(mask.any() and not mask.all())
        for make in (lambda: layer.BatchNormThroughTime2d(10, 6, step_mode="s"),
                     lambda: layer.ElementWiseRecurrentContainer(
                         neuron.LIFNode(surrogate_function=surrogate.ATan(), v_threshold=0.5),
                         lambda a, b: a + b)):  # modules with a state that hold others
            nested = self.convolutions(neuron.LIFNode)
            nested.insert(2, make())
            self.compare(nested, x, functional.reset_net)
        functional.set_step_mode(network, "m")
        with self.assertRaisesRegex(ValueError, "2: step mode 'm'"):
            staa.over_time(network, x)

    def test_statistics_over_the_sequence(self):
        """Such statistics normalise a sequence as one batch of all its images."""
        snn = package("snntorch")
        torch.manual_seed(3)
        network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4),
                                snn.Leaky(beta=0.8, init_hidden=True))
        whole = staa.accelerate(copy.deepcopy(network), quiet=True)
        a, b = [drives(5, 3, 2, 6, 6).detach().float().requires_grad_() for _ in range(2)]
        found = staa.over_time(whole, a, statistics="sequence")
        current = network[1](network[0](b.flatten(0, 1))).unflatten(0, (5, 3))
        expected = torch.stack([network[2](x) for x in current])
        self.assertTrue(torch.equal(found, expected))
        self.assertGreater(found.sum().item(), 0)
        for g, h in zip(gradients(found, [a, *whole.parameters()]),
                        gradients(expected, [b, *network.parameters()])):
            torch.testing.assert_close(g, h, rtol=1e-3, atol=1e-4)
        network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4))
        x = drives(5, 3, 2, 6, 6).detach().float()
        torch.testing.assert_close(staa.over_time(network, x, statistics="sequence").flatten(0, 1),
                                   network(x.flatten(0, 1)))
        self.assertFalse(torch.allclose(staa.over_time(network, x).flatten(0, 1),
                                        network(x.flatten(0, 1))))

    def test_what_cannot_be_called_so_is_named(self):
        snn = package("snntorch")
        network = nn.Sequential(nn.Linear(3, 4), snn.Leaky(beta=0.8))
        with self.assertRaisesRegex(ValueError, "1: its state is an argument"):
            staa.over_time(network, torch.zeros(2, 3, 3))

        def hidden():
            return staa.accelerate(snn.Leaky(beta=0.8, init_hidden=True), quiet=True)

        shared = hidden()
        twice = nn.Sequential(nn.Linear(3, 3), shared, nn.Linear(3, 3), shared)
        with self.assertRaisesRegex(ValueError, "1: it is called twice"):
            staa.over_time(twice, torch.zeros(2, 3, 3))

        class Fails(nn.Module):
            def forward(self, x):
                raise RuntimeError("half-way")

        prepared = nn.Sequential(nn.BatchNorm1d(3), hidden(), Fails())
        before = [set(vars(module)) for module in prepared.modules()]
        with self.assertRaisesRegex(RuntimeError, "half-way"):
            staa.over_time(prepared, torch.zeros(2, 3, 3))
        self.assertEqual([set(vars(module)) for module in prepared.modules()], before)

        class Nested(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = hidden()

            def forward(self, x):
                return staa.over_time(self.inner, x.unflatten(0, (2, 3)))

        with self.assertRaisesRegex(ValueError, "within over_time"):
            staa.over_time(Nested(), torch.zeros(2, 3, 3))

        class Drops(nn.Module):
            def forward(self, x):
                return x[1:]

        with self.assertRaisesRegex(ValueError, "1: expected rows for 4 steps of 3 samples, found"):
            staa.over_time(nn.Sequential(Drops(), hidden()), torch.zeros(4, 3, 2))
        with self.assertRaisesRegex(ValueError, "inside DataParallel"):
            staa.over_time(nn.DataParallel(nn.Linear(3, 3)), torch.zeros(2, 3, 3))

        class Lists(nn.Module):
            def forward(self, x):
                return [x]

        with self.assertRaisesRegex(ValueError, "a tuple of tensors, found list"):
            staa.over_time(Lists(), torch.zeros(2, 3, 3))
        with self.assertRaisesRegex(ValueError, "statistics: expected"):
            staa.over_time(network[:1], torch.zeros(2, 3, 3), statistics="batch")
        with self.assertRaisesRegex(ValueError, r"expected \[T, B, ...\]"):
            staa.over_time(network[:1], torch.zeros(3))
        with self.assertRaisesRegex(ValueError, "expected 6 rows for 2 steps of 3 samples"):
            staa.over_time(nn.Flatten(0), torch.zeros(2, 3, 3))


class Surrogates(unittest.TestCase):
    def test_each_of_staas_is_found_by_its_derivative(self):
        from staa.peers.fire import surrogate_of

        for shape in ("arctan", "sigmoid", "triangle", "rectangle", "fast_sigmoid"):
            for width, scale in ((0.4, 1.0), (1.0, 0.3), (2.5, 1.0), (0.04, 0.04)):
                neuron = staa.nn.Lif(surrogate=shape, surrogate_width=width,
                                     surrogate_scale=scale, tau=1.0)

                def spike(x):
                    return neuron(x.reshape(1, 1, -1, 1, 1) + 1).reshape(x.shape)

                found = surrogate_of(spike)
                self.assertEqual(found["surrogate"], shape)
                self.assertAlmostEqual(found["surrogate_width"], width, delta=1e-4 * width)
                self.assertAlmostEqual(found["surrogate_scale"], scale, delta=1e-4 * scale)
        self.assertIsNone(surrogate_of(torch.sigmoid))
        self.assertIsNone(surrogate_of(lambda x: x))


if __name__ == "__main__":
    unittest.main()
