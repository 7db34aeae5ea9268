"""What accelerate() has replaced and what it has left."""

import collections
import dataclasses
import typing


@dataclasses.dataclass
class Report:
    """`replaced`: (name, class) of modules; `left`: (name, class, why);
    `chains`: names of Sequentials whose neurons apply the BatchNorm before them."""

    replaced: typing.List[typing.Tuple[str, str]] = dataclasses.field(default_factory=list)
    left: typing.List[typing.Tuple[str, str, str]] = dataclasses.field(default_factory=list)
    chains: typing.List[str] = dataclasses.field(default_factory=list)

    def __str__(self):
        counts = collections.Counter(kind for _, kind in self.replaced)
        done = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing"
        lines = [f"staa.accelerate replaced {done}"]
        if self.chains:
            lines.append(f"  BatchNorm and neurons are one call in {len(self.chains)} Sequential")
        whys = collections.defaultdict(list)
        for name, kind, why in self.left:
            whys[kind, why].append(name or "the model")
        lines += [f"  left {kind} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''}): {why}"
                  for (kind, why), names in whys.items()]
        return "\n".join(lines)
