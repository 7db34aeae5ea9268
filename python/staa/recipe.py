"""What a weights file of the program says of its network: the recipe in its metadata."""

import inspect
import json
import math

RECIPE = "staa.recipe"
INPUT = "staa.input"


def parse(path, metadata):
    """The recipe in a file's metadata as nested dictionaries, or None where there is none."""
    if RECIPE not in metadata:
        return None
    try:
        import tomllib
    except ImportError:  # before Python 3.11
        try:
            import tomli as tomllib
        except ImportError as error:
            raise ImportError(f"{path}: reading its recipe needs Python 3.11 or the package "
                              "tomli") from error
    try:
        return tomllib.loads(metadata[RECIPE])
    except ValueError as error:
        raise ValueError(f"{path}: its recipe cannot be read: {error}") from error


def parse_input(path, metadata):
    """What the network reads: steps, channels, height, width, classes, mean and stddev."""
    try:
        given = json.loads(metadata[INPUT])
        return {**given, "channels": int(given["channels"]), "classes": list(given["classes"])}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: its metadata '{INPUT}' cannot be read: {error!r}") from error


def network_arguments(path, recipe, given, kinds):
    """Keywords of staa.nn.network() for a recipe and an input; `kinds`: neuron classes by name."""
    try:
        model, keys = dict(recipe["model"]), dict(recipe["neuron"])
        kind = keys.pop("kind")
        arguments = {"name": model.pop("network"), **model,
                     "classes": len(given["classes"]), "in_channels": given["channels"],
                     "neuron": kind}
    except KeyError as error:
        raise ValueError(f"{path}: its recipe has no {error}") from error
    if kind not in kinds:
        raise ValueError(f"{path}: neuron.kind: expected one of {', '.join(kinds)}, "
                         f"found {kind!r}")
    known = {name for layer in kinds.values() for name in inspect.signature(layer).parameters}
    taken = inspect.signature(kinds[kind]).parameters
    for key, value in keys.items():
        if key not in known:
            raise ValueError(f"{path}: this version of staa does not know neuron.{key}")
        if key in taken:
            arguments[key] = value
    return arguments


def check(path, recipe, network, kinds):
    """ValueError naming every key in which a network differs from the recipe of its weights.

    Shapes are not compared: the tensors do that.
    """
    differences = {}

    def compare(key, found):
        section, name = key.split(".")
        stored = recipe.get(section, {}).get(name)
        same = (math.isclose(stored, found, rel_tol=1e-9)
                if isinstance(stored, float) or isinstance(found, float) else stored == found
                ) if stored is not None else True
        if not same:
            differences[key] = f"  {key}: the weights' recipe has {stored!r}, the network {found!r}"

    compare("model.steps", network.steps)
    if getattr(network, "name", None) is not None:
        compare("model.network", network.name)
    if getattr(network, "model", None) is not None:
        for key in ("shortcut", "pooling", "head_scale"):
            compare(f"model.{key}", getattr(network.model, key))
        if network.model.shortcut == "current":  # otherwise it is where weights start
            compare("model.residual_gain", network.model.residual_gain)
    for layer in network.modules():
        kind = next((name for name, kind in kinds.items() if isinstance(layer, kind)), None)
        if kind is None:
            continue
        compare("neuron.kind", kind)
        for key, value in settings(layer).items():
            compare(f"neuron.{key}", value)
    if differences:
        raise ValueError("\n".join(
            [f"{path}: the weights are of another network; staa.load() builds the one that its "
             "recipe describes, and load_weights(path, check=False) takes them all the same:",
             *differences.values()]))


def settings(neuron):
    """A neuron layer's options under their names in recipes, but for those that do nothing."""
    found = dict(neuron.options)
    if "tsrd" in found:
        if not found["pe"]:
            del found["pe_placement"], found["pe_kind"]
        if not found["sa"]:
            del found["sa_alpha"], found["sa_gain"], found["sa_reduction"]
        if not found["gc"]:
            del found["gc_reduction"], found["gc_zero_start"]
        if not found["tsrd"]:
            del found["tsrd_fallback"]
    return found
