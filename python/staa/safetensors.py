"""A reader of safetensors files that needs nothing but PyTorch."""

import json
import math
import zlib

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


_LFS = b"version https://git-lfs.github.com/spec/"
_CHECKSUM = "staa.crc32"  # the program's CRC-32 of all bytes behind the header


def _header(path, data):
    """The header as a dictionary, and where the tensors' bytes start."""
    if data.startswith(_LFS):
        raise ValueError(f"{path}: a pointer of Git LFS in place of the file itself: fetch it with "
                         "`git lfs pull`")
    if len(data) < 8:
        raise ValueError(f"{path}: too short for safetensors: {len(data)} bytes")
    size = int.from_bytes(data[:8], "little")
    if size > len(data) - 8:
        raise ValueError(f"{path}: not a safetensors file, or truncated: a header of {size} bytes "
                         f"in a file of {len(data)}")
    try:
        header = json.loads(data[8 : 8 + size].decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: its header cannot be read: {error}") from error
    if not isinstance(header, dict):
        raise ValueError(f"{path}: its header is not a JSON object")
    return header, 8 + size


def _is_size(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _tensor(path, name, entry, data, start):
    if not isinstance(entry, dict):
        raise ValueError(f"{path}: '{name}': expected an object in the header, found {entry!r}")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in _TYPES:
        raise ValueError(f"{path}: '{name}' is of unknown type {dtype}")
    if not isinstance(shape, list) or not all(map(_is_size, shape)):
        raise ValueError(f"{path}: '{name}': expected a shape, found {shape!r}")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(_is_size, offsets)):
        raise ValueError(f"{path}: '{name}': expected two data_offsets from 0, found {offsets!r}")
    dtype = _TYPES[dtype]
    begin, end = offsets
    count = math.prod(shape)
    wanted = count * torch.empty(0, dtype=dtype).element_size()
    if not begin <= end <= len(data) - start or end - begin != wanted:
        raise ValueError(
            f"{path}: '{name}' of {wanted} bytes lies at {begin} to {end} of {len(data) - start}"
        )
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    flat = torch.frombuffer(data, dtype=dtype, count=count, offset=start + begin)
    return flat.reshape(shape).clone()


def read(path):
    """The tensors of a file by name, and its metadata. ValueError where the file does not fit, or
    where its data are not those of the checksum that the program has written."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    header, start = _header(path, data)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise ValueError(f"{path}: __metadata__: expected an object, found {metadata!r}")
    tensors = {name: _tensor(path, name, entry, data, start) for name, entry in header.items()}
    if _CHECKSUM in metadata:
        found = f"{zlib.crc32(memoryview(data)[start:]):08x}"
        if found != metadata[_CHECKSUM]:
            raise ValueError(f"{path}: corrupted: the checksum of its data should be "
                             f"{metadata[_CHECKSUM]}, found {found}")
    return tensors, metadata


def load_file(path) -> "dict[str, torch.Tensor]":
    """The tensors of a file by name."""
    return read(path)[0]
