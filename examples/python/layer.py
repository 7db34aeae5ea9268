"""STAA neurons in a network and a training loop of one's own: which half of a sequence is louder?"""

import torch
from torch import nn

import staa.nn

STEPS, BATCH, INPUTS, HIDDEN = 4, 64, 8, 32


def main():
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(INPUTS, HIDDEN),
                            staa.nn.StaaLif(HIDDEN, STEPS, threshold=0.5),
                            nn.Linear(HIDDEN, 2))
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    right = []
    for _ in range(200):
        x = torch.rand(STEPS, BATCH, INPUTS)  # [T, B, C]
        first, second = x.chunk(2, dim=2)
        labels = (first.sum((0, 2)) < second.sum((0, 2))).long()
        logits = network(x).mean(0)  # over the time steps
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
        right.append((logits.argmax(1) == labels).float().mean().item())
    print(network)
    print(f"{100 * sum(right[-50:]) / 50:.1f} % right")


if __name__ == "__main__":
    main()
