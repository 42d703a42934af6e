"""The reference networks in PyTorch, layer for layer those of models/: what speed and errors of ours
are compared with."""

import ctypes

import torch
from torch import nn

size = 128  # images are size x size, one channel


def fully_connected():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(size * size, 2048), nn.ReLU(),
        nn.Linear(2048, size * size),
        nn.Unflatten(1, (1, size, size)),
    )


def convolutional():
    layers, channels = [], 1
    for wider in (16, 8, 8):
        layers += [nn.Conv2d(channels, wider, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = wider
    for wider in (8, 8, 16):
        layers += [nn.Conv2d(channels, wider, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)]
        channels = wider
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 3, padding=1))


architectures = {"convolutional": convolutional, "fully_connected": fully_connected}


def set_up(threads):
    """What a careful user sets before training on a CPU."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # the moments of weights that have died become denormal, which is slow
    # glibc returns large blocks to the system, to clear each page again in the next step. Keeping
    # them makes the convolutional step 1.5 times as fast.
    mmap_max, trim_threshold = -4, -1
    libc = ctypes.CDLL(None)
    libc.mallopt(mmap_max, 0)
    libc.mallopt(trim_threshold, -1)


def build(name, seed):
    """PyTorch's own initial weights do not learn at rate 0.005; Glorot-uniform ones do."""
    torch.manual_seed(seed)
    model = architectures[name]()
    for layer in model:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model
