"""Compares our training with PyTorch's on this machine. Both take turns, in PyTorch's best variant,
and a figure is the median over the pairs; each ends as a line `NAME ratio VALUE`, ours over theirs
in images/s."""

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile
import torch

import torch_models
from torch_step import Step
from turns import in_turns, output, seconds_of, warn_if_busy

root = Path(__file__).resolve().parent.parent
threads = 2
cases = [(model, batch) for model in torch_models.architectures for batch in (8, 32)]


def memory_bytes_per_second():
    """Reading two arrays and writing one of them, as an optimiser does; the best of several."""
    values, gradient = torch.ones(1 << 26), torch.ones(1 << 26)

    def once():
        start = time.perf_counter()
        values.add_(gradient)
        return time.perf_counter() - start

    return 3 * values.nbytes / min(once() for _ in range(10))


def memory_limit(model, batch):
    """Images/s if nothing but moving weights took time: each is read in the forward pass, and read and
    written with its two moments by Adam. Gradients need not go to memory at all."""
    moved = 7 * sum(weights.nbytes for weights in torch_models.build(model, seed=1).parameters())
    bandwidth = memory_bytes_per_second()
    print(f"  memory moves {bandwidth / 1e9:.1f} GB/s and a step at least {moved / 1e9:.2f} GB")
    return batch * bandwidth / moved


def compare_step(model, batch, args):
    print(f"training step, {model}, batch {batch}: images/s", flush=True)
    common = ["--model", model, "--batch", batch, "--threads", threads]
    search = output(sys.executable, root / "bench/torch_step.py", *common, "--seconds", args.seconds)
    print("  " + search.strip().replace("\n", "\n  "), flush=True)
    step = Step(model, batch, search.split()[-2])

    def ours():
        printed = output(root / "build/release/bench_step", *common, "--seconds", args.seconds)
        return float(re.findall(r"\d+\.\d+", printed)[-1])

    mine, other, ratio = in_turns(ours, lambda: step.images_per_second(args.seconds), args.rounds)
    print(f"  ours {mine:.1f}, PyTorch {other:.1f}", flush=True)
    if model == "fully_connected":
        limit = memory_limit(model, batch)
        print(f"  memory allows {limit:.1f}: ours reaches {mine / limit:.0%}, PyTorch {other / limit:.0%}", flush=True)
    return ratio


def make_images(folder):
    """60 frames of blurred noise, 20 wells of 3 fields: speed does not depend on what they show."""
    random = np.random.default_rng(1)
    for well in range(1, 21):
        for field in range(3):
            frame = np.kron(random.integers(0, 256, (64, 64), np.uint8), np.ones((8, 8), np.uint8))
            tifffile.imwrite(folder / f"plate_O{well:02}f{field:02}.tif", frame, rowsperstrip=16)


def compare_end_to_end(args, work):
    """Whole processes, files to checkpoint, as a user would time them."""
    data = args.data
    if data is None:
        data = work / "images"
        data.mkdir()
        make_images(data)
    runs = iter(range(1000))

    def ours(epochs):
        return seconds_of(root / "scripts/pipeline", "run", "train_convolutional", "-p", f"data={data}",
                          "-p", f"epochs={epochs}", "--set", f"run.out={work}/run{next(runs)}")

    def script(epochs, *options):
        return [sys.executable, root / "bench/torch_end_to_end.py", "--data", data,
                "--out", work / f"run{next(runs)}.pt", "--epochs", epochs, *options]

    def theirs(epochs):
        return seconds_of(*script(epochs, *best))

    print(f"end to end, convolutional, {args.epochs} epochs: seconds", flush=True)
    # OpenMP's threads wait for each other by spinning, so a reading process may cost more than it saves.
    ways = [("--threads", step, "--workers", readers)
            for step, readers in ((2, 0), (2, 1), (2, 2), (1, 1), (1, 2))]
    figures = {way: float(output(*script(10, *way)).split()[-1]) for way in ways}
    best = max(figures, key=figures.get)
    for way, figure in figures.items():
        print(f"  PyTorch {' '.join(map(str, way))}: {figure:.1f} images/s", flush=True)
    first_mine, first_other, _ = in_turns(lambda: ours(1), lambda: theirs(1), 3)
    mine, other, ratio = in_turns(lambda: ours(args.epochs), lambda: theirs(args.epochs), args.rounds)
    print(f"  one epoch, mostly start-up: ours {first_mine:.1f}, PyTorch {first_other:.1f}")
    print(f"  all: ours {mine:.1f}, PyTorch {other:.1f}")
    rest = (other - first_other) / (mine - first_mine)
    print(f"  without start-up and the first epoch: ratio of times {rest:.2f}", flush=True)
    return 1 / ratio


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench train", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="pairs for each figure")
    parser.add_argument("--seconds", type=float, default=5, help="for each turn of a step")
    parser.add_argument("--epochs", type=int, default=100, help="of an end-to-end run")
    parser.add_argument("--data", type=Path, help="folder of TIFFs for it; made if not given")
    names = [f"step_{model}_{batch}" for model, batch in cases] + ["end_to_end"]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these figures")
    args = parser.parse_args()

    warn_if_busy()
    torch_models.set_up(threads)
    ratios = {name: compare_step(*case, args) for name, case in zip(names, cases) if name in args.only}
    if "end_to_end" in args.only:
        with tempfile.TemporaryDirectory() as work:
            ratios["end_to_end"] = compare_end_to_end(args, Path(work))
    for name, ratio in ratios.items():
        print(f"{name} ratio {ratio:.3f}")


if __name__ == "__main__":
    main()
