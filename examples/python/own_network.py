"""Trains a network of one's own on data of one's own: own_network.py CHECKPOINT"""

import sys

import torch
from torch import nn

import staa.nn

STEPS = 2


def stripes(count):
    """Noisy stripes, which lie (class 0) or stand (class 1): images [N, 1, 16, 16] and labels."""
    labels = torch.arange(count) % 2
    shifts = torch.randint(4, (count, 1))
    bars = ((torch.arange(16) + shifts) % 4 < 2).float()  # [N, 16]
    images = torch.where(labels[:, None, None] == 0, bars[:, :, None], bars[:, None, :])
    return (images + torch.rand(count, 16, 16))[:, None], labels


class Net(nn.Module):
    """Two spiking convolutions and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(8)
        self.lif1 = staa.nn.StaaLif(8, STEPS, threshold=0.5)
        self.conv2 = nn.Conv2d(8, 8, 3, stride=2, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(8)
        self.lif2 = staa.nn.StaaLif(8, STEPS, threshold=0.5)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        """Images [B, C, H, W] -> the logits of every time step, [T, B, K]."""
        # The first convolution sees the same image at every step: it runs once.
        spikes = self.lif1(self.conv1(x)[None], norm=self.norm1, steps=STEPS)
        current = self.conv2(spikes.flatten(0, 1)).unflatten(0, (STEPS, -1))
        spikes = self.lif2(current, norm=self.norm2)
        return self.head(spikes.mean((3, 4)))


def main(path):
    torch.manual_seed(1)
    network = Net()
    optimizer = torch.optim.AdamW(network.parameters(), 0.01)
    test_images, test_labels = stripes(128)
    for epoch in range(1, 4):
        network.train()
        for _ in range(16):
            images, labels = stripes(32)
            loss = nn.functional.cross_entropy(network(images).mean(0), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            right = (network(test_images).mean(0).argmax(1) == test_labels).float().mean().item()
        print(f"epoch {epoch}: loss {loss.item():.3f}, {100 * right:.1f} % of the test samples right")
    torch.save(network.state_dict(), path)


if __name__ == "__main__":
    main(sys.argv[1])
