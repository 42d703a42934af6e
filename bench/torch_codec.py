"""The codec of models/hyperprior.cpp in PyTorch, of CompressAI's modules and with its entropy coder:
megapixels/s from pixels in memory to streams in memory and back, in each way that a careful user of
a CPU may try.

It leaves out what our command also does: files, tiles, and the decoding that makes the digest. The
weights are ours. A frozen model has integers in place of some: those are random here, and the scales
of the latents, which decide what the entropy coder has to do, are measured."""

import argparse
import itertools
import math
import multiprocessing
import statistics
import time
from pathlib import Path

import h5py
import numpy as np
import tifffile
import torch
from compressai.entropy_models import EntropyBottleneck, GaussianConditional
from compressai.layers import GDN
from compressai.models.base import get_scale_table
from torch import nn
from torch.nn.functional import logsigmoid, pad

import images
import torch_models

# As in models/hyperprior_model.cpp and models/hyperprior.cpp.
contrast = 16
least_size = 0.1
reach = 64  # pixels to a hyper-latent

threads = 2


class Weights:
    """The arrays of a model's file by name, and the options of the model."""

    def __init__(self, path):
        self.file = h5py.File(path)
        text = self.file["text"].attrs["model"]
        text = text.decode() if isinstance(text, bytes) else text
        self.options = dict(pair.split(": ") for pair in text.strip("{}").split(", "))
        torch.manual_seed(1)

    def __contains__(self, name):
        return self.path(name) in self.file

    def __getitem__(self, name):
        return torch.from_numpy(self.file[self.path(name)][()])

    @staticmethod
    def path(name):
        return "arrays/" + name.replace(".", "/")

    def option(self, name):
        return float(self.options[name])

    def gains(self, name, quality, sign):
        """A factor for each channel of the latents, as HyperpriorModel::gains makes it."""
        last = int(self.option("qualities")) - 1
        table = self[name + ".0.values"]
        lower = min(int(quality), last)
        between = torch.lerp(table[lower], table[min(lower + 1, last)], quality - lower)
        most = math.log(self.option("most_lambda") / self.option("least_lambda"))
        start = 0.5 * (quality / last - 0.5) * most if last else 0
        return (between + sign * start).exp().view(1, -1, 1, 1)

    def convolution(self, name, inputs, outputs, kernel=3, stride=1, shuffle=1):
        """shuffle: so many times larger its result becomes, in each direction."""
        layer = nn.Conv2d(inputs, outputs * shuffle**2, kernel, stride, kernel // 2)
        if name + ".weights" in self:
            # Of our channels those of one phase lie together, of PyTorch's those of one result.
            order = torch.arange(outputs * shuffle**2).view(shuffle**2, outputs).t().flatten()
            layer.load_state_dict({"weight": self[name + ".weights"][order], "bias": self[name + ".bias"][order]})
        return layer

    def gdn(self, name, channels):
        layer = GDN(channels)
        beta, gamma, own = self[name + ".beta"], self[name + ".gamma"], torch.eye(channels)
        layer.beta.data = layer.beta_reparam.init(beta**2 + 1e-6)
        layer.gamma.data = layer.gamma_reparam.init((gamma + 0.1**0.5 * own + 0.01 * (1 - own))**2)
        return layer


class Prior(EntropyBottleneck):
    """CompressAI's coder of hyper-latents under our distributions, three logistic ones a channel
    (models/likelihood.hpp)."""

    def __init__(self, values):
        super().__init__(len(values))
        self.register_buffer("weights", values[:, 0:3, None].log_softmax(1))
        self.register_buffer("means", values[:, 3:6, None] + torch.tensor([-2.0, 0.0, 2.0])[:, None])
        self.register_buffer("scales", values[:, 6:9, None].exp())
        with torch.no_grad():
            self._update_quantiles()
            self.quantiles.round_()  # then medians are whole, and values rounded as we round them
        self.update(force=True)

    def _logits_cumulative(self, inputs, stop_gradient):
        place = (inputs - self.means) / self.scales
        below, above = ((self.weights + logsigmoid(side)).logsumexp(1, keepdim=True) for side in (place, -place))
        return below - above


class Hyperprior(nn.Module):
    """trained: whether the file had all weights."""

    def __init__(self, weights, quality, example):
        super().__init__()
        width, channels = int(weights.option("width")), int(weights.option("latent_channels"))
        convolution = weights.convolution
        self.analysis = nn.Sequential(
            nn.PixelUnshuffle(2), nn.PixelUnshuffle(2),
            convolution("analysis.2", 16, width), weights.gdn("analysis.3", width),
            convolution("analysis.4", width, 2 * width, 5, 2), weights.gdn("analysis.5", 2 * width),
            convolution("analysis.6", 2 * width, channels, 5, 2))
        self.synthesis = nn.Sequential(
            convolution("synthesis.0", channels, 2 * width, shuffle=2), nn.ReLU(), nn.PixelShuffle(2),
            convolution("synthesis.2", 2 * width, 2 * width), nn.ReLU(),
            convolution("synthesis.3", 2 * width, width, shuffle=2), nn.ReLU(), nn.PixelShuffle(2),
            convolution("synthesis.5", width, 1, shuffle=4), nn.PixelShuffle(4))
        self.hyper_analysis = nn.Sequential(
            convolution("hyper_analysis.0", channels, width), nn.ReLU(),
            convolution("hyper_analysis.1", width, width, 5, 2), nn.ReLU(),
            convolution("hyper_analysis.2", width, width, 5, 2))
        self.hyper_synthesis = nn.Sequential(
            convolution("hyper_synthesis.0", width, width, shuffle=2), nn.ReLU(), nn.PixelShuffle(2),
            convolution("hyper_synthesis.2", width, width, shuffle=2), nn.ReLU(), nn.PixelShuffle(2),
            convolution("hyper_synthesis.4", width, channels))
        self.gain = weights.gains("gain", quality, 1)
        self.trained = "prior.0.values" in weights
        if self.trained:
            self.inverse_gain = weights.gains("inverse_gain", quality, -1)
            self.prior = Prior(weights["prior.0.values"][round(quality)])
        else:
            self.inverse_gain = 1 / self.gain
            self.prior = Prior(torch.zeros(width, 9))
            latents = self.analysis(example * contrast) * self.gain
            sizes = latents.square().mean((0, 2, 3)).sqrt()
            self.hyper_synthesis[-1].weight.data.zero_()
            self.hyper_synthesis[-1].bias.data = sizes.clamp(min=0.01).log()
        self.latents = GaussianConditional(None)
        self.latents.update_scale_table(get_scale_table().tolist())

    def compress(self, images):
        latents = self.analysis(images * contrast) * self.gain
        hyper_latents = self.hyper_analysis((latents.abs() + least_size).log())
        indexes = self.latents.build_indexes(self.hyper_synthesis(hyper_latents.round()).exp())
        return self.latents.compress(latents, indexes), self.prior.compress(hyper_latents), hyper_latents.shape[2:]

    def decompress(self, strings, hyper_strings, shape):
        hyper_latents = self.prior.decompress(hyper_strings, shape)
        indexes = self.latents.build_indexes(self.hyper_synthesis(hyper_latents).exp())
        return self.synthesis(self.latents.decompress(strings, indexes) * self.inverse_gain) / contrast


class Codec:
    """Frames of whole numbers to streams and back, one by one as users have them."""

    def __init__(self, frames, weights, quality, layout):
        self.frames = frames
        self.layout = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        example = torch.cat([self.image(frame) for frame in frames[:1]])
        self.model = Hyperprior(Weights(weights), quality, example).to(memory_format=self.layout)

    def encode(self):
        self.streams = [self.compress(frame) for frame in self.frames]

    def decode(self):
        self.decoded = [self.decompress(stream, frame) for stream, frame in zip(self.streams, self.frames)]

    def image(self, frame):
        image = torch.from_numpy(frame).float()[None, None] / np.iinfo(frame.dtype).max
        rows, columns = (-side % reach for side in frame.shape)
        image = pad(image, (0, columns, 0, rows), "replicate") if rows or columns else image
        return image.to(memory_format=self.layout)

    def compress(self, frame):
        return self.model.compress(self.image(frame))

    def decompress(self, stream, frame):
        rows, columns = frame.shape
        most = np.iinfo(frame.dtype).max
        image = self.model.decompress(*stream)[0, 0, :rows, :columns]
        return image.mul(most).round_().clamp_(0, most).numpy().astype(frame.dtype)

    def score(self):
        """Bytes of the streams, and the sum of the frames' PSNR; not a number if weights are random."""
        size = sum(len(part[0]) for stream in self.streams for part in stream[:2])
        return size, sum(map(psnr, self.frames, self.decoded)) if self.model.trained else math.nan


def psnr(frame, decoded):
    error = np.square(frame.astype(float) - decoded).mean() / np.iinfo(frame.dtype).max**2
    return -10 * np.log10(error)


def work(pipe, width, paths, *options):
    """One of the Workers: does each task whose name comes along the pipe."""
    torch_models.set_up(width)
    frames = [tifffile.imread(path) for path in paths]
    with torch.inference_mode():
        codec = Codec(frames, *options)
        codec.encode()
        codec.decode()
        pipe.send(sum(frame.size for frame in frames))
        while task := pipe.recv():
            pipe.send(getattr(codec, task)())


variants = ["+".join(parts) for parts in itertools.product(
    ("contiguous", "channels_last"), ("two_threads", "two_processes"))]


class Workers:
    """One process of two threads, or two of one with half of the frames each, ready to be timed."""

    def __init__(self, paths, weights, quality, variant):
        layout, width = variant.split("+")
        shares = [(threads, paths)] if width == "two_threads" else [(1, paths[::2]), (1, paths[1::2])]
        context = multiprocessing.get_context("spawn")
        self.frames = len(paths)
        self.pipes = []
        for share in shares:
            pipe, other = context.Pipe()
            options = (other, *share, weights, quality, layout)
            context.Process(target=work, args=options, daemon=True).start()
            other.close()  # so that a worker's death is the end of its pipe
            self.pipes.append(pipe)
        self.pixels = sum(pipe.recv() for pipe in self.pipes)

    def run(self, task):
        for pipe in self.pipes:
            pipe.send(task)
        return [pipe.recv() for pipe in self.pipes]

    def megapixels_per_second(self, task):
        start = time.perf_counter()
        self.run(task)
        return self.pixels / 1e6 / (time.perf_counter() - start)

    def encode(self):
        return self.megapixels_per_second("encode")

    def decode(self):
        return self.megapixels_per_second("decode")

    def rate_and_psnr(self):
        """Bits per pixel, and the mean PSNR or not a number."""
        size, total = (sum(parts) for parts in zip(*self.run("score")))
        return 8 * size / self.pixels, total / self.frames

    def end(self):
        for pipe in self.pipes:
            pipe.send(None)


def compare(names, paths, weights, quality, rounds=3):
    """{variant: (megapixels/s of encoding, of decoding)}, medians."""
    figures = {}
    for name in names:  # one after the other: each has its own threads, which may wait by spinning
        workers = Workers(paths, weights, quality, name)
        turns = [(workers.encode(), workers.decode()) for _ in range(rounds)]
        figures[name] = tuple(statistics.median(side) for side in zip(*turns))
        workers.end()
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of TIFFs")
    parser.add_argument("--model", type=Path, required=True, help="a checkpoint, or a frozen model")
    parser.add_argument("--quality", type=float, default=4)
    parser.add_argument("--frames", type=int, default=30, help="at most so many")
    parser.add_argument("--variants", nargs="+", choices=variants, default=variants)
    args = parser.parse_args()
    paths = images.list_images(args.data)[:args.frames]
    for name, (encode, decode) in compare(args.variants, paths, args.model, args.quality).items():
        print(f"{name} encode {encode:.1f} decode {decode:.1f}")


if __name__ == "__main__":
    main()
