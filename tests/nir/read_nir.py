"""Reads a file in NIR with the package nir and checks that its types fit together."""

import sys

import nir

graph = nir.read(sys.argv[1])
graph.validate_structure()
kinds = sorted(type(node).__name__ for node in graph.nodes.values())
expected = ["Affine", "AvgPool2d", "AvgPool2d", "Conv2d", "Conv2d", "Conv2d", "Flatten", "Input"]
expected += ["LIF", "LIF", "LIF", "Output"]
if kinds != expected:
    sys.exit(f"expected {expected}, found {kinds}")
if abs(float(graph.metadata["dt"]) - 1e-4) > 1e-12:
    sys.exit(f"expected a dt of 1e-4, found {graph.metadata['dt']}")
