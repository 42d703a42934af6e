"""Vectors of real images, as many as one likes: crops of them, each pooled over the answers of random
filters. Neighbouring crops overlap, so there are near duplicates, as in an archive."""

import numpy as np
import tifffile

import images

filters, filter_size = 32, 7


def write(folders, path, count):
    """Writes `count` vectors of dimension 96 as float32, from the TIFFs of folders."""
    rng = np.random.default_rng(7)
    paths = [path for folder in folders for path in images.list_images(folder)]
    if not paths:
        raise SystemExit(f"no TIFFs in {', '.join(map(str, folders))}")
    kernels = rng.normal(size=(filters, filter_size, filter_size))
    kernels -= kernels.mean(axis=(1, 2), keepdims=True)
    result = np.lib.format.open_memmap(path.with_suffix(".npy"), "w+", np.float32, (count, 3 * filters))
    order = rng.permutation(count)  # so that the crops of an image are not in one segment
    for place, rows in zip(paths, np.array_split(order, len(paths))):
        result[rows] = crops(tifffile.imread(place), kernels, len(rows), rng)
    path.write_bytes(result.tobytes())
    path.with_suffix(".npy").unlink()


def crops(image, kernels, count, rng):
    image = image.astype(np.float32) / image.max()
    height, width = image.shape
    size = rng.integers(32, 129, count)
    top = (rng.random(count) * (height - size)).astype(int)
    left = (rng.random(count) * (width - size)).astype(int)
    spectrum = np.fft.rfft2(image)
    features = np.empty((count, 3 * len(kernels)), np.float32)
    for number, kernel in enumerate(kernels):
        answer = np.fft.irfft2(spectrum * np.fft.rfft2(kernel, image.shape), image.shape)
        for kind, values in enumerate((np.maximum(answer, 0), np.maximum(-answer, 0), np.abs(answer) ** 0.5)):
            sums = np.zeros((height + 1, width + 1))
            sums[1:, 1:] = values.cumsum(0).cumsum(1)
            total = (sums[top + size, left + size] - sums[top, left + size] - sums[top + size, left]
                     + sums[top, left])
            features[:, 3 * number + kind] = total / size ** 2
    return features
