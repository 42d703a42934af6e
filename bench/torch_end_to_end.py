"""Trains from a folder of TIFFs to a saved checkpoint in PyTorch, as a careful user of a CPU would
write it, and prints images/s: what a whole run of the pipeline is compared with.

Like the pipeline it reads every image anew each time, as a folder larger than memory needs, and
evaluates both splits after each epoch."""

import time

start = time.perf_counter()

import argparse
import os
import tempfile
from pathlib import Path

import torch
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, Dataset

import images
import torch_models


class Images(Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return torch.from_numpy(images.load(self.paths[index], torch_models.size))


def loader(paths, args, **options):
    if args.workers:
        # Forking anew for each epoch would cost more than an epoch of a small folder.
        options |= {"persistent_workers": True, "prefetch_factor": 4}
    return DataLoader(Images(paths), batch_size=args.batch, num_workers=args.workers, **options)


def save(state, path):
    """All of the file or nothing of it, as the pipeline publishes its own."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=torch_models.architectures, default="convolutional")
    parser.add_argument("--data", required=True, help="folder of TIFFs")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.005)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="of the training step")
    parser.add_argument("--workers", type=int, default=1, help="processes that read; one keeps up with two cores")
    args = parser.parse_args()

    torch_models.set_up(args.threads)
    model = torch_models.build(args.model, args.seed).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate, fused=True)
    train, test = images.split(images.list_images(args.data), args.seed)
    batches = loader(train, args, shuffle=True)
    # One loader for both splits keeps its worker busy; items come in order, train first.
    evaluation = loader(train + test, args)

    begin = time.perf_counter()
    for epoch in range(1, args.epochs + 1):
        for batch in batches:
            optimizer.zero_grad(set_to_none=True)
            mse_loss(model(batch), batch).backward()
            optimizer.step()
        with torch.inference_mode():
            errors = torch.cat([(model(batch) - batch).square().mean(dim=(1, 2, 3)) for batch in evaluation])
        print(f"epoch {epoch} train {errors[:len(train)].mean():.6f} test {errors[len(train):].mean():.6f}")
    save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": args.epochs}, args.out)

    end = time.perf_counter()
    trained = args.epochs * len(train)
    print(f"images_per_second_with_start_up {trained / (end - start):.1f}")
    print(f"images_per_second {trained / (end - begin):.1f}")


if __name__ == "__main__":
    main()
