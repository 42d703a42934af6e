"""Images/s of a training step in PyTorch on the CPU, in each way that a careful user may try."""

import argparse
import itertools
import statistics
import time

import torch
from torch.nn.functional import mse_loss

import torch_models

optimizers = ("foreach", "fused")


def variants(model):
    """Names such as eager+channels_last+fused. Layout means nothing to a network without images inside."""
    layouts = ("contiguous", "channels_last") if model == "convolutional" else ("contiguous",)
    return ["+".join(parts) for parts in itertools.product(("eager", "compiled"), layouts, optimizers)]


class Step:
    """A model, its optimiser and one batch, ready to be timed."""

    def __init__(self, model, batch, variant):
        mode, layout, optimizer = variant.split("+")
        layout = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        self.model = torch_models.build(model, seed=1).to(memory_format=layout)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.005, **{optimizer: True})
        self.images = torch.rand(batch, 1, torch_models.size, torch_models.size).to(memory_format=layout)
        self.loss = lambda: mse_loss(self.model(self.images), self.images)
        if mode == "compiled":
            self.loss = torch.compile(self.loss)
        for _ in range(3):  # compiles, and lets the optimiser make its moments
            self.run()

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss().backward()
        self.optimizer.step()

    def images_per_second(self, seconds):
        steps, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            self.run()
            steps += 1
        return steps * len(self.images) / elapsed


def compare(model, batch, names, seconds, rounds=3):
    """{variant: images/s}: medians over rounds that take turns, so that a busy moment of the machine
    does not fall on one variant."""
    steps = {name: Step(model, batch, name) for name in names}
    figures = [{name: step.images_per_second(seconds / rounds) for name, step in steps.items()}
               for _ in range(rounds)]
    return {name: statistics.median(figure[name] for figure in figures) for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=torch_models.architectures, required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5, help="for each variant")
    parser.add_argument("--variant", default="all", help="all, or one that `all` prints")
    args = parser.parse_args()
    torch_models.set_up(args.threads)
    names = variants(args.model) if args.variant == "all" else [args.variant]
    figures = compare(args.model, args.batch, names, args.seconds)
    for name, value in figures.items():
        print(f"{name} {value:.1f}")
    best = max(figures, key=figures.get)
    print(f"best {best} {figures[best]:.1f}")


if __name__ == "__main__":
    main()
