"""Trains from a folder of TIFFs to a saved checkpoint in PyTorch, as a careful user of a CPU would
write it, and prints images/s: what a whole run of the pipeline is compared with.

Like pipelines/train_convolutional.yaml it reads every image anew each time, as a folder larger than
memory needs, flips and turns those to train on, and after each epoch evaluates both splits by MSE,
PSNR and SSIM. It leaves out the pipeline's tables, sheets of images and latents."""

import time

start = time.perf_counter()

import argparse
import os
import tempfile
from pathlib import Path

import torch
from torch.nn.functional import conv2d, mse_loss
from torch.utils.data import DataLoader, Dataset

import images
import torch_models


class Images(Dataset):
    def __init__(self, paths, augment=False):
        self.paths = paths
        self.augment = augment

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        image = torch.from_numpy(images.load(self.paths[index], torch_models.size))
        if self.augment:
            turns, flip = torch.randint(4, ()).item(), torch.randint(2, ()).item()
            image = image.rot90(turns, (1, 2))
            image = image.flip(2) if flip else image
        return image


def loader(dataset, args, **options):
    if args.workers:
        # Forking anew for each epoch would cost more than an epoch of a small folder.
        options |= {"persistent_workers": True, "prefetch_factor": 4}
    return DataLoader(dataset, batch_size=args.batch, num_workers=args.workers, **options)


def ssim(images, others):
    """One value per image: 11x11 Gaussian windows (sigma 1.5) within the image, K1 = 0.01, K2 = 0.03."""
    window = torch.exp(-torch.arange(-5.0, 6).square() / (2 * 1.5**2))
    window /= window.sum()
    planes = torch.cat([images, others, images * images, others * others, images * others])
    means = conv2d(conv2d(planes, window.view(1, 1, 11, 1)), window.view(1, 1, 1, 11))
    a, b, aa, bb, ab = means.chunk(5)
    c1, c2 = 0.01**2, 0.03**2
    similar = (2 * a * b + c1) * (2 * (ab - a * b) + c2)
    return (similar / ((a * a + b * b + c1) * (aa - a * a + bb - b * b + c2))).mean(dim=(1, 2, 3))


def score(images, others):
    """Image by image: MSE, PSNR in dB, SSIM."""
    mse = (images - others).square().mean(dim=(1, 2, 3))
    return torch.stack([mse, -10 * mse.log10(), ssim(images, others)], dim=1)


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
    parser.add_argument("--workers", type=int, default=1, help="processes that read images")
    args = parser.parse_args()

    torch_models.set_up(args.threads)
    model = torch_models.build(args.model, args.seed).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate, fused=True)
    train, test = images.split(images.list_images(args.data), args.seed)
    batches = loader(Images(train, augment=True), args, shuffle=True)
    # One loader for both splits keeps its worker busy; items come in order, train first.
    evaluation = loader(Images(train + test), args)

    begin = time.perf_counter()
    for epoch in range(1, args.epochs + 1):
        for batch in batches:
            optimizer.zero_grad(set_to_none=True)
            mse_loss(model(batch), batch).backward()
            optimizer.step()
        with torch.inference_mode():
            scores = torch.cat([score(batch, model(batch)) for batch in evaluation])
        for name, values in (("train", scores[:len(train)]), ("test", scores[len(train):])):
            mse, psnr, similarity = values.mean(dim=0)
            print(f"epoch {epoch} {name} mse {mse:.6f} psnr {psnr:.2f} ssim {similarity:.4f}")
    save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": args.epochs}, args.out)

    end = time.perf_counter()
    trained = args.epochs * len(train)
    print(f"images_per_second_with_start_up {trained / (end - start):.1f}")
    print(f"images_per_second {trained / (end - begin):.1f}")


if __name__ == "__main__":
    main()
