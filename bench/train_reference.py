"""Trains reference networks on a folder of TIFFs and prints their errors as CSV: the figures that
models trained by the pipeline must come close to. reference.csv is what `scripts/bench reference DIR --hold 1 --runs 3`
made of it."""

import argparse
import itertools
import math

import numpy as np
import torch
from torch.nn.functional import mse_loss

import images
import torch_models


def rate_factor(progress, hold):
    """The pipelines' schedule: the full rate for a part `hold` of the run, then half a cosine down to 0."""
    fall = (progress - hold) / (1 - hold) if progress > hold else 0
    return (1 + math.cos(math.pi * fall)) / 2


def train(model, seed, run, args):
    """Yields (epoch, split, MSE) at the end of every epoch that is to be reported."""
    network = torch_models.build(model, seed + 1000 * (run - 1)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=args.rate, fused=True)
    splits = {
        name: torch.from_numpy(np.stack([images.load(path, torch_models.size) for path in paths]))
        for name, paths in zip(("train", "test"), images.split(images.list_images(args.data), seed))
    }
    steps = args.epochs * math.ceil(len(splits["train"]) / args.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate_factor(step / steps, args.hold))
    for epoch in range(1, args.epochs + 1):
        for batch in splits["train"][torch.randperm(len(splits["train"]))].split(args.batch):
            optimizer.zero_grad()
            mse_loss(network(batch), batch).backward()
            optimizer.step()
            schedule.step()
        if epoch % args.every == 0:
            with torch.no_grad():
                for name, batch in splits.items():
                    yield epoch, name, mse_loss(network(batch), batch).item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs="+", choices=torch_models.architectures,
                        default=list(torch_models.architectures))
    parser.add_argument("--data", required=True, help="folder of TIFFs")
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3],
                        help="of split, initial weights and order")
    parser.add_argument("--runs", type=int, default=1,
                        help="for each seed: the same split with other initial weights and orders")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--every", type=int, default=1, help="epochs between reports")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.005)
    parser.add_argument("--hold", type=float, default=0.5, help="part of the run before the rate falls; 1: constant")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    torch_models.set_up(args.threads)
    print("seed,run,epoch,model,split,metric,value")
    for model, seed, run in itertools.product(args.model, args.seed, range(1, args.runs + 1)):
        for epoch, split, value in train(model, seed, run, args):
            print(f"{seed},{run},{epoch},{model},{split},mse,{value:.6f}", flush=True)


main()
