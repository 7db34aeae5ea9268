"""The options of neurons and networks, as the operators' library describes them: one table for
recipes, C++ and Python. `describe()` prints that of neurons."""

import functools
import inspect
import json
import math
import warnings

import torch

_TYPES = {"bool": bool, "float": float, "int": int, "str": str}

# Names that earlier versions had.
_FORMER = {"v_threshold": "threshold", "v_reset": "reset", "reduction": "gc_reduction",
           "alpha": "sa_alpha"}


@functools.lru_cache(maxsize=None)
def table():
    """{name: description} of every option but the neuron's kind."""
    return {entry["name"]: entry for entry in json.loads(torch.ops.staa.neuron_options())}


@functools.lru_cache(maxsize=None)
def model_table():
    """{name: description} of every option of networks but their name."""
    return {entry["name"]: entry for entry in json.loads(torch.ops.staa.model_options())}


def names(aggregator):
    """Options of a layer, with or without the aggregator."""
    return [name for name, entry in table().items() if aggregator or entry["part"] == "every neuron"]


def describe():
    """A line for each option: name, default, what it may be and what it means."""
    lines = []
    for name, entry in table().items():
        paper = f" ({entry['paper']})" if entry["paper"] else ""
        choices = ", one of " + ", ".join(entry["choices"]) if "choices" in entry else ""
        lines.append(f"{name} = {entry['default']!r}{choices}: {entry['help']}{paper}")
    return "\n".join(lines)


def _allowed(entry):
    low, high = entry.get("low"), entry.get("high")
    if low is None:
        return "a finite number"
    above = "above" if entry["above_low"] else "at least"
    return f"{above} {low:g}" if high is None else f"{low:g} to {high:g}"


def checked(entry, value):
    """The value as the option of a table takes it, or ValueError."""
    name = entry["name"]
    if "choices" in entry:
        if value not in entry["choices"]:
            raise ValueError(f"{name}: expected one of {', '.join(entry['choices'])}, "
                             f"found {value!r}")
        return value
    kind = _TYPES[entry["type"]]
    if kind is bool:
        return bool(value)
    number = kind(value)
    if kind is int and number != value:
        raise ValueError(f"{name}: expected an integer, found {value!r}")
    low, high = entry.get("low", -math.inf), entry.get("high", math.inf)
    inside = low <= number <= high and not (entry["above_low"] and number == low)
    if not (math.isfinite(number) and inside):
        raise ValueError(f"{name}: expected {_allowed(entry)}, found {value!r}")
    return number


def resolve(layer, aggregator, given):
    """All options of a layer, defaults filled in. Throws TypeError for a name that it does not have
    and ValueError for a value out of range."""
    known = names(aggregator)
    values = {name: table()[name]["default"] for name in known}
    for name, value in given.items():
        if name in _FORMER:
            warnings.warn(f"{layer}: '{name}' is called '{_FORMER[name]}' now", DeprecationWarning,
                          stacklevel=3)
            name = _FORMER[name]
        if name not in known:
            raise TypeError(f"{layer}: unknown option '{name}'; known: {', '.join(known)}")
        values[name] = checked(table()[name], value)
    return values


_AT_EACH_CALL = frozenset(name for name, entry in table().items()
                          if entry["part"] != "aggregator's layers")


def for_call(values):
    """Those that the operators take at each call."""
    return {name: value for name, value in values.items() if name in _AT_EACH_CALL}


def documented(aggregator):
    """Class decorator: a signature with every option and a line on each in the docstring."""

    def decorate(cls):
        own = [p for p in inspect.signature(cls.__init__).parameters.values()
               if p.kind is not inspect.Parameter.VAR_KEYWORD][1:]
        keywords = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY,
                                      default=table()[name]["default"])
                    for name in names(aggregator)]
        cls.__signature__ = inspect.Signature([*own, *keywords])
        lines = [f"    {name}: {table()[name]['help']}. {table()[name]['paper']}".rstrip()
                 for name in names(aggregator)]
        cls.__doc__ = f"{cls.__doc__.rstrip()}\n\n    Options:\n" + "\n".join(lines) + "\n"
        return cls

    return decorate
