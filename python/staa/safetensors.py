"""A reader of safetensors files that needs nothing but PyTorch."""

import json

import torch

_TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def read(path):
    """The tensors of a file by name, and its metadata. ValueError where the file does not fit."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    if len(data) < 8:
        raise ValueError(f"{path}: too short for safetensors: {len(data)} bytes")
    size = int.from_bytes(data[:8], "little")
    if size > len(data) - 8:
        raise ValueError(f"{path}: header of {size} bytes in a file of {len(data)}")
    try:
        header = json.loads(data[8 : 8 + size].decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: its header cannot be read: {error}") from error
    metadata = header.pop("__metadata__", {})
    start = 8 + size
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in _TYPES:
            raise ValueError(f"{path}: '{name}' is of unknown type {entry['dtype']}")
        dtype = _TYPES[entry["dtype"]]
        begin, end = entry["data_offsets"]
        count = 1
        for extent in entry["shape"]:
            count *= extent
        wanted = count * torch.empty(0, dtype=dtype).element_size()
        if not (0 <= begin <= end <= len(data) - start) or end - begin != wanted:
            raise ValueError(
                f"{path}: '{name}' of {wanted} bytes lies at {begin} to {end} of {len(data) - start}"
            )
        if count == 0:
            tensors[name] = torch.empty(entry["shape"], dtype=dtype)
            continue
        flat = torch.frombuffer(data, dtype=dtype, count=count, offset=start + begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors, metadata


def load_file(path):
    """The tensors of a file by name."""
    return read(path)[0]
