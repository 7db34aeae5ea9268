import json
import os
import tempfile
import unittest

import torch

from staa import safetensors


def write(path, header, payload):
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + payload)


class Safetensors(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "a.safetensors")

    def tearDown(self):
        self.folder.cleanup()

    def test_reads_tensors_and_metadata(self):
        values = torch.arange(6, dtype=torch.float32).reshape(2, 3)
        write(self.path, {"__metadata__": {"k": "v"},
                          "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                          "n": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]}},
              values.numpy().tobytes() + (7).to_bytes(8, "little"))
        tensors, metadata = safetensors.read(self.path)
        self.assertTrue(torch.equal(tensors["a"], values))
        self.assertEqual(tensors["n"].item(), 7)
        self.assertEqual(metadata, {"k": "v"})

    def test_refuses_what_does_not_fit(self):
        entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
        for header, payload in [
            ({"a": entry}, b"1234"),
            ({"a": {**entry, "shape": [3]}}, b"12345678"),
            ({"a": {**entry, "data_offsets": [-4, 4]}}, b"12345678"),
            ({"a": {**entry, "dtype": "F31"}}, b"12345678"),
            ({"a": {**entry, "dtype": []}}, b"12345678"),
            ({"a": {**entry, "shape": [-2]}}, b"12345678"),
            ({"a": {**entry, "shape": "2"}}, b"12345678"),
            ({"a": {**entry, "data_offsets": [0]}}, b"12345678"),
            ({"a": {"dtype": "F32"}}, b"12345678"),
            ({"a": 3}, b"12345678"),
        ]:
            write(self.path, header, payload)
            with self.assertRaisesRegex(ValueError, "a.safetensors: 'a'"):
                safetensors.load_file(self.path)
        for raw in [b"123", b"\xff" * 16, (4).to_bytes(8, "little") + b"{{{{",
                    (2).to_bytes(8, "little") + b"[]"]:
            with open(self.path, "wb") as file:
                file.write(raw)
            with self.assertRaises(ValueError):
                safetensors.load_file(self.path)

    def test_refuses_data_that_are_not_those_of_the_checksum(self):
        header = {"__metadata__": {"staa.crc32": "9ae0daaf"},
                  "a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}}
        write(self.path, header, b"12345678")
        self.assertEqual(bytes(safetensors.load_file(self.path)["a"].tolist()), b"12345678")
        write(self.path, header, b"12345679")
        with self.assertRaisesRegex(ValueError, "corrupted: the checksum .* 9ae0daaf"):
            safetensors.load_file(self.path)

    def test_tells_a_pointer_of_git_lfs(self):
        with open(self.path, "w") as file:
            file.write("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
        with self.assertRaisesRegex(ValueError, "git lfs pull"):
            safetensors.load_file(self.path)


if __name__ == "__main__":
    unittest.main()
