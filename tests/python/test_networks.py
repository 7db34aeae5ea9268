import json
import os
import subprocess
import tempfile
import unittest

import torch

import staa
from staa import safetensors

NETWORKS = ["vgg13", "resnet18", "resnet19", "resnet20", "resnet34"]


def big_endian(value):
    return value.to_bytes(4, "big")


def write_mnist(folder, count, size=12):
    """Writes a small idx data set. Returns its test images and labels."""
    os.makedirs(folder)
    for prefix, seed in [("train", 1), ("t10k", 2)]:
        generator = torch.Generator().manual_seed(seed)
        images = torch.randint(0, 256, (count, size, size), generator=generator, dtype=torch.uint8)
        labels = torch.arange(count, dtype=torch.uint8) % 10
        with open(f"{folder}/{prefix}-images-idx3-ubyte", "wb") as file:
            file.write(b"".join(map(big_endian, [0x803, count, size, size])))
            file.write(images.numpy().tobytes())
        with open(f"{folder}/{prefix}-labels-idx1-ubyte", "wb") as file:
            file.write(b"".join(map(big_endian, [0x801, count])) + labels.numpy().tobytes())
    return images, labels.long()


def program(*arguments):
    done = subprocess.run([os.environ["STAA_PROGRAM"], *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Networks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.images, self.labels = write_mnist(f"{self.folder.name}/data", 40)
        self.recipe = f"{self.folder.name}/r.toml"
        with open(self.recipe, "w") as file:
            file.write(f'threads = 1\ndevice = "cpu"\nprecision = "fp32"\n[data]\nset = "mnist"\n'
                       f'path = "{self.folder.name}/data"\n[model]\nwidth = 0.0625\nsteps = 3\n'
                       f'[neuron]\nthreshold = 0.5\n[train]\nepochs = 2\nbatch = 10\n')

    def tearDown(self):
        self.folder.cleanup()

    def train(self, network, neuron, *extra):
        out = tempfile.mkdtemp(dir=self.folder.name)
        program("train", self.recipe, "--out", out, "--json", "--set", f"model.network={network}",
                "--set", f"neuron.kind={neuron}", *extra)
        return out

    def test_same_weights_same_outputs_as_the_program(self):
        for name, neuron, shortcut in [(name, "staa_lif", "none") for name in NETWORKS] + [
            ("resnet20", "lif", "none"), ("resnet20", "adaptive_lif", "none"),
            ("resnet20", "lif", "current"), ("vgg13", "staa_lif", "current"),
            ("vgg7", "lif", "current"),
        ]:
            with self.subTest(network=name, neuron=neuron, shortcut=shortcut):
                run = self.train(name, neuron, "--set", f"model.shortcut={shortcut}", "--set",
                                 "model.residual_gain=0.3")
                theirs = program("eval", run, "--checkpoint", "last", "--json")
                network = staa.nn.network(name, classes=10, steps=3, width=0.0625, in_channels=1,
                                          neuron=neuron, threshold=0.5, shortcut=shortcut,
                                          residual_gain=0.3)
                network.load_weights(f"{run}/last.safetensors").eval()
                _, metadata = safetensors.read(f"{run}/last.safetensors")
                given = json.loads(metadata["staa.input"])
                x = self.images[:, None].float() / 255
                x = (x - given["mean"][0]) / given["stddev"][0]
                with torch.no_grad():
                    logits = network(x).mean(0)
                loss = torch.nn.functional.cross_entropy(logits, self.labels).item()
                top1 = 100 * (logits.argmax(1) == self.labels).double().mean().item()
                self.assertAlmostEqual(loss, theirs["loss"], delta=1e-4 * abs(theirs["loss"]))
                self.assertAlmostEqual(top1, theirs["top1"], places=4)

    def test_load_builds_the_network_that_the_file_describes(self):
        x = torch.randn(3, 1, 12, 12)
        for neuron, extra in [("staa_lif", ["neuron.pe_kind=sinusoidal", "neuron.pe_placement=both",
                                            "neuron.gc_reduction=2", "neuron.sa_alpha=1.5"]),
                              ("lif", ["neuron.surrogate=sigmoid", "neuron.tau=3"]),
                              ("adaptive_lif", ["neuron.reset=-0.5"])]:
            with self.subTest(neuron):
                run = self.train("resnet20", neuron, *extra)
                network = staa.load(run)
                self.assertFalse(network.training)
                self.assertEqual(network.input["classes"], [str(i) for i in range(10)])
                self.assertEqual(network.name, "resnet20")
                self.assertEqual(network(x).shape, (3, 3, 10))
                again = staa.load(f"{run}/best.safetensors")
                self.assertTrue(torch.equal(network(x), again(x)))
                theirs = program("eval", run, "--json")
                images = (self.images[:, None].float() / 255 - network.input["mean"][0])
                with torch.no_grad():
                    logits = network(images / network.input["stddev"][0]).mean(0)
                loss = torch.nn.functional.cross_entropy(logits, self.labels).item()
                self.assertAlmostEqual(loss, theirs["loss"], delta=1e-4 * abs(theirs["loss"]))

    def test_weights_of_another_recipe_are_refused(self):
        run = self.train("resnet20", "staa_lif")
        path = f"{run}/last.safetensors"

        def network(**changes):
            options = {"steps": 3, "width": 0.0625, "in_channels": 1, "v_threshold": 0.5, **changes}
            return staa.nn.resnet20(**options)

        network().load_weights(path)
        for changes, key in [({"surrogate": "arctan"}, "neuron.surrogate"),
                             ({"v_threshold": 1}, "neuron.threshold"),
                             ({"tau": 4}, "neuron.tau"), ({"alpha": 1}, "neuron.sa_alpha"),
                             ({"pe_placement": "temporal"}, "neuron.pe_placement"),
                             ({"pe_kind": "sinusoidal"}, "neuron.pe_kind"),
                             ({"neuron": "lif"}, "neuron.kind"),
                             ({"steps": 4}, "model.steps")]:
            with self.subTest(changes):
                with self.assertRaisesRegex(ValueError, key):
                    network(**changes).load_weights(path)
        network(surrogate="arctan").load_weights(path, check=False)

    def test_load_says_what_is_wrong(self):
        empty = f"{self.folder.name}/empty"
        os.makedirs(empty)
        with self.assertRaisesRegex(FileNotFoundError, "best.safetensors"):
            staa.load(empty)
        with self.assertRaisesRegex(ValueError, "expected best or last"):
            staa.load(empty, "newest")
        path = f"{empty}/other.safetensors"
        with open(path, "wb") as file:
            file.write((2).to_bytes(8, "little") + b"{}")
        with self.assertRaisesRegex(ValueError, "'staa.recipe' is missing"):
            staa.load(path)

    def test_trains(self):
        torch.manual_seed(1)
        network = staa.nn.resnet20(width=0.125, steps=2, in_channels=1, threshold=0.5,
                                   decay_input=False, surrogate="triangle", surrogate_width=1.5,
                                   residual_gain=0.3, start="identity")
        x = self.images[:20, None].float() / 128 - 1
        for image, label in zip(x, self.labels):
            image[0, label] += 3  # a bright row for each class
        optimizer = torch.optim.Adam(network.parameters(), 0.01)
        losses = []
        for _ in range(40):
            loss = torch.nn.functional.cross_entropy(network(x).mean(0), self.labels[:20])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        self.assertLess(sum(losses[-5:]) / 5, 0.5 * losses[0])

    def test_refuses_other_shapes_and_weights(self):
        network = staa.nn.resnet20(width=0.0625, steps=3, in_channels=1)
        with self.assertRaisesRegex(ValueError, "expected"):
            network(torch.zeros(2, 4, 1, 12, 12))
        with self.assertRaisesRegex(ValueError, "vgg13"):
            staa.nn.network("vgg12")
        run = self.train("vgg13", "lif")
        with self.assertRaisesRegex(ValueError, "model.network: .* 'vgg13', the network 'resnet20'"):
            network.load_weights(f"{run}/last.safetensors")
        with self.assertRaisesRegex(RuntimeError, "features.0.conv.weight"):
            network.load_weights(f"{run}/last.safetensors", check=False)


if __name__ == "__main__":
    unittest.main()
