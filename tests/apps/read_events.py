"""Reads the event files of a folder with TensorBoard's own reader and prints one JSON object:
{tag: [[step, value], ...]}. Exits with 77 if this Python has no TensorBoard."""

import json
import sys

try:
    from tensorboard.backend.event_processing import event_accumulator
    from tensorboard.util import tensor_util
except ImportError as error:
    print(f"skipped: this Python has no TensorBoard: {error}")
    sys.exit(77)

accumulator = event_accumulator.EventAccumulator(
    sys.argv[1], size_guidance={"scalars": 0, "tensors": 0})
accumulator.Reload()
read = {}
for tag in accumulator.Tags()["scalars"]:
    read[tag] = [[event.step, event.value] for event in accumulator.Scalars(tag)]
# Newer versions convert plain scalars to tensors when reading them.
for tag in accumulator.Tags()["tensors"]:
    read[tag] = [[event.step, float(tensor_util.make_ndarray(event.tensor_proto))]
                 for event in accumulator.Tensors(tag)]
print(json.dumps(read))
