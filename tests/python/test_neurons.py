import copy
import unittest

import plain
import torch

import staa


def gradients(spikes, inputs):
    generator = torch.Generator().manual_seed(3)
    weights = torch.randn(spikes.shape, generator=generator, dtype=spikes.dtype)
    return torch.autograd.grad((spikes * weights).sum(), inputs)


class Neurons(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)

    def assert_same(self, ours, expected, inputs):
        self.assertTrue(torch.equal(ours, expected))
        self.assertGreater(ours.sum().item(), 0)
        for a, b in zip(gradients(ours, inputs), gradients(expected, inputs)):
            torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-9)

    def staa(self, channels=10, steps=4, **options):
        layer = staa.nn.StaaLif(channels, steps, surrogate="arctan", gc_zero_start=False, tsrd=0,
                                **options).double()
        for name, parameter in layer.named_parameters():
            if name == "pe" or "norm" in name:  # LayerNorm starts at the kink of the ReLU
                torch.nn.init.normal_(parameter)
        return layer

    def test_lif_is_the_equations(self):
        x = (torch.randn(5, 2, 3, 4, 5, dtype=torch.double) * 2).requires_grad_()
        self.assert_same(staa.nn.Lif(3, surrogate="arctan")(x), plain.lif(x), [x])

    def test_spike_convolution_is_the_convolution(self):
        for scale, stride in ((1, 1), (1, 2), (0.5, 1)):  # with 0.5 the input has no spikes
            x = ((torch.rand(3, 20, 6, 5, dtype=torch.double) < 0.2) * scale).double()
            x.requires_grad_()
            weight = torch.randn(7, 20, 3, 3, dtype=torch.double, requires_grad=True)
            ours = torch.ops.staa.spike_conv2d(x, weight, stride=stride, padding=1)
            expected = torch.conv2d(x, weight, None, stride, 1)
            torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-11)
            for a, b in zip(gradients(ours, [x, weight]), gradients(expected, [x, weight])):
                torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)

    def test_adaptive_lif_starts_as_lif(self):
        x = torch.randn(5, 2, 3, 4, 5) * 2
        self.assertTrue(torch.equal(staa.nn.AdaptiveLif(3)(x), staa.nn.Lif(3)(x)))

    def test_staa_lif_is_the_equations(self):
        layer = self.staa()
        x = (torch.randn(4, 3, 10, 5, 4, dtype=torch.double) * 2).requires_grad_()
        self.assert_same(layer(x), plain.staa_lif(x, layer), [x, *layer.parameters()])

    def test_norm_and_residual_are_read_on_the_way(self):
        layer = self.staa()
        norms = [torch.nn.BatchNorm2d(10).double() for _ in range(2)]
        x = (torch.randn(1, 3, 10, 5, 4, dtype=torch.double) * 3 + 1).requires_grad_()
        residual = torch.randn(4, 3, 10, 5, 4, dtype=torch.double).requires_grad_()
        theirs = copy.deepcopy(norms)
        ours = layer(x, residual, norms[0], norms[1], steps=4)
        expected = plain.staa_lif(plain.norm(x, theirs[0]) + plain.norm(residual, theirs[1]), layer)
        self.assertTrue(torch.equal(ours, expected))
        for a, b in zip(gradients(ours, [x, residual]), gradients(expected, [x, residual])):
            torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-9)
        for a, b in zip(norms, theirs):
            torch.testing.assert_close(a.running_mean, b.running_mean)
            torch.testing.assert_close(a.running_var, b.running_var)
            self.assertEqual(a.num_batches_tracked.item(), 1)

    def test_tsrd_drops_in_training_alone_and_at_its_rate(self):
        layer = staa.nn.StaaLif(2, 16, tsrd=0.3)
        drops = [layer.draw_dropped(16) for _ in range(500)]
        self.assertFalse(any(row[0] for row in drops))
        rate = sum(sum(row) for row in drops) / (500 * 15)
        self.assertAlmostEqual(rate, 0.3, delta=0.03)
        layer.eval()
        self.assertIsNone(layer.draw_dropped(16))

    def test_drops_into_a_network_of_ones_own(self):
        class Own(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = torch.nn.Conv2d(1, 8, 3, padding=1)
                self.neuron = staa.nn.StaaLif(8, 3, threshold=0.5, surrogate="arctan")
                self.head = torch.nn.Linear(8, 2)

            def forward(self, x):
                y = self.conv(x)
                return self.head(self.neuron(y.expand(3, *y.shape)).mean((0, 3, 4)))

        images = torch.randn(32, 1, 6, 6)
        labels = (torch.arange(32) % 2)
        images += labels[:, None, None, None] * 1.5
        network = Own()
        optimizer = torch.optim.Adam(network.parameters(), 0.02)
        losses = []
        for _ in range(60):
            loss = torch.nn.functional.cross_entropy(network(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        self.assertLess(losses[-1], 0.5 * losses[0])

    def test_tensors_that_do_not_fit_are_refused_by_name(self):
        x = torch.randn(2, 3, 16, 8, 8)
        layer = staa.nn.Lif()
        ops = torch.ops.staa
        norm = torch.nn.BatchNorm2d
        drops = torch.tensor([False, False])
        context = staa.nn.GlobalContext(4).tensors()
        spikes = (x[0] > 1).float()

        def like(*shape):
            return torch.randn(*shape)

        for call, argument in [
            (lambda: layer(x, like(2, 1, 16, 8, 8)), "residual"),
            (lambda: layer(x, like(2, 3, 1, 8, 8)), "residual"),
            (lambda: layer(x, like(2, 3, 16, 1, 1)), "residual"),
            (lambda: layer(x, like(3, 3, 16, 8, 8)), "[1 or 3, 3, 16, 8, 8], found [2, "),
            (lambda: layer(like(2, 1, 1, 1, 1), x), "residual"),
            (lambda: layer(x, like(3, 16, 8, 8)), "residual"),
            (lambda: layer(x.long()), "x: expected floating point, found Long"),
            (lambda: layer(x, steps=64), "[1 or 64, 3, 16, 8, 8], found [2, 3, 16, 8, 8]"),
            (lambda: layer(like(4, 3, 16, 8, 8), steps=2), "[1 or 2, 3, 16, 8, 8], found [4, "),
            (lambda: layer(x, steps=-1), "steps: expected at least 1"),
            (lambda: layer(x, None, norm(1).eval()), "norm.weight: expected [16], found [1]"),
            (lambda: layer(x, None, norm(1)), "norm.weight: expected [16], found [1]"),
            (lambda: layer(x, None, norm(128)), "norm.weight: expected [16], found [128]"),
            (lambda: layer(x, x, None, norm(1)), "residual_norm.weight: expected [16]"),
            (lambda: layer(x, None, None, norm(16)), "residual_norm: expected a residual"),
            (lambda: ops.adaptive_lif(x, torch.ones(1), torch.ones(16)), "decay: expected [16]"),
            (lambda: ops.adaptive_lif(x, torch.ones(16), torch.ones(17)), "gain: expected [16]"),
            (lambda: ops.staa_lif(x, torch.zeros(2, 1), [], [], [], drops), "pe: expected [P, 16]"),
            (lambda: ops.staa_lif(x, torch.zeros(1, 16), [], [], [], drops), "at least 2"),
            (lambda: ops.staa_lif(x, None, [], [], [], torch.tensor([False])), "dropped: expected none or 2"),
            (lambda: ops.staa_lif(x, None, context, context, [], drops), "gc1.key.weight"),
            (lambda: ops.staa_lif(x, None, [], context, [], drops), "gc2.key.weight"),
            (lambda: ops.staa_lif(x, None, [], [], staa.nn.StepAttention(4).tensors(), drops),
             "sa.reduce.weight: expected [4, 16, 1, 1], found [4, 4, 1, 1]"),
            (lambda: ops.lif(x[0]), "x: expected [T, B, C, H, W]"),
            (lambda: layer(x[:, :0], None, norm(16)), "at least one image"),
            (lambda: ops.spike_conv2d(spikes, like(8, 4, 3, 3)), "weight: expected [O, 16, kH, kW]"),
            (lambda: ops.spike_conv2d(spikes, like(8, 16, 3)), "weight"),
            (lambda: ops.spike_conv2d(spikes, like(8, 16, 3, 3), stride=0), "stride"),
            (lambda: ops.spike_conv2d(spikes, like(8, 16, 3, 3), padding=-1), "padding"),
            (lambda: ops.spike_conv2d(spikes[:, :, :1], like(8, 16, 3, 3), padding=0), "1x8"),
        ]:
            with self.assertRaises((ValueError, RuntimeError)) as raised:
                call()
            self.assertIn(argument, str(raised.exception))

    def test_layers_without_pixels_take_vectors(self):
        torch.manual_seed(5)
        x = torch.randn(3, 4, 8)
        for neuron in [staa.nn.Lif(8), staa.nn.AdaptiveLif(8), staa.nn.StaaLif(8, 3, tsrd=0.0)]:
            spikes = neuron(x)
            self.assertEqual(spikes.shape, x.shape)
            self.assertTrue(torch.equal(spikes, neuron(x[..., None, None])[..., 0, 0]))

    def test_says_what_is_wrong(self):
        x = torch.zeros(2, 1, 3, 2, 2)
        for call, part in [
            (lambda: staa.nn.Lif(4)(x), r"\[T, B, 4, H, W\]"),
            (lambda: staa.nn.Lif(3, surrogate="rectangel")(x), "rectangle, triangle"),
            (lambda: staa.nn.Lif(3, tau=0.5)(x), "tau: expected at least 1"),
            (lambda: staa.nn.StaaLif(3, 1)(x), "holds 1 time steps"),
            (lambda: staa.nn.StaaLif(3, 2, tsrd=2), "tsrd: expected 0 to 1, found 2"),
            (lambda: torch.ops.staa.lif(x, norm=[x]), "running_mean"),
        ]:
            with self.assertRaisesRegex((ValueError, RuntimeError), part):
                call()


if __name__ == "__main__":
    unittest.main()
