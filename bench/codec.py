"""Compares our codec's speed with that of others on this machine, on two processors. Both sides take
turns, a figure is the median over the pairs, and each ends as a line `NAME ratio VALUE`, ours over
theirs in megapixels/s.

Ours is the command as a user runs it, TIFF files to stream files and back; what it takes to start
counts. CompressAI has the same network in PyTorch, in its best variant and without files; OpenJPEG
and libjxl are their command-line tools at about our rate."""

import argparse
import itertools
import math
import shutil
import tempfile
from pathlib import Path

import numpy as np
import tifffile

import images
import torch_codec
from classic_codecs import JpegXl, OpenJpeg
from turns import in_turns, seconds_of, warn_if_busy

root = Path(__file__).resolve().parent.parent
classics = {"encode_vs_openjpeg": OpenJpeg, "encode_vs_jpegxl_e7": JpegXl}
folders = [root / "data/bbbc016", root.parent / "shared/data/bbbc016", root / "data/sample"]
names = ["encode_vs_compressai", "decode_vs_compressai", *classics]


def copy_files(source, folder, megapixels):
    """Copies the files of `source`, again and again under other names, until they are so many
    megapixels. Returns the copies."""
    paths = images.list_images(source) if source.is_dir() else []
    if not paths:
        raise SystemExit(f"{source}: no TIFF files; name a folder by --data, or run data/fetch_bbbc016")
    folder.mkdir()
    copies = []
    for place, path in enumerate(itertools.cycle(paths)):
        copies.append(folder / f"{place:05}_{path.name}")
        shutil.copyfile(path, copies[-1])
        megapixels -= tifffile.imread(path).size / 1e6
        if megapixels <= 0:
            return copies


class Ours:
    def __init__(self, paths, work, args):
        self.paths, self.work = paths, work
        self.pixels = sum(tifffile.imread(path).size for path in paths)
        self.model = ["-p", f"model={args.model}"]
        self.quality = ["-p", f"quality={args.quality:g}"]
        self.encode()
        self.decode()

    def encode(self):
        return self.megapixels_per_second("encode_images", self.paths[0].parent, "streams", *self.quality)

    def decode(self):
        return self.megapixels_per_second("decode_images", self.work / "streams", "decoded")

    def megapixels_per_second(self, pipeline, source, result, *options):
        for folder in (result, "run"):
            shutil.rmtree(self.work / folder, ignore_errors=True)
        return self.pixels / 1e6 / seconds_of(
            root / "build/release/pipeline", "run", pipeline, "-p", f"input={source}", "-p",
            f"output={self.work / result}", *self.model, *options, "--set", f"run.threads={torch_codec.threads}",
            "--set", f"run.out={self.work}/run", "--quiet")

    def rate_and_psnr(self):
        """Bits per pixel of all files, and the mean PSNR of a few."""
        streams = list((self.work / "streams").glob("*.lfs"))
        decoded = images.list_images(self.work / "decoded")
        if not len(streams) == len(decoded) == len(self.paths):
            raise SystemExit(f"{len(self.paths)} files became {len(streams)} streams and {len(decoded)} files")
        pairs = list(zip(sorted(self.paths), decoded))[::max(1, len(decoded) // 60)]
        psnrs = [torch_codec.psnr(*(tifffile.imread(path) for path in pair)) for pair in pairs]
        return 8 * sum(path.stat().st_size for path in streams) / self.pixels, np.mean(psnrs)


def compare_compressai(ours, paths, args):
    """{name: ratio} of encoding and decoding."""
    weights = args.checkpoint or args.model
    print("variants of CompressAI: megapixels/s of encoding, of decoding", flush=True)
    figures = torch_codec.compare(args.variants, paths[:30], weights, args.quality)
    for variant, (encode, decode) in figures.items():
        print(f"  {variant} {encode:.1f} {decode:.1f}", flush=True)
    ratios = {}
    for place, direction in enumerate(("encode", "decode")):
        name = f"{direction}_vs_compressai"
        if name not in args.only:
            continue
        best = max(figures, key=lambda variant: figures[variant][place])
        workers = torch_codec.Workers(paths, weights, args.quality, best)
        print_rate(f"CompressAI, {best}", *workers.rate_and_psnr())
        ratios[name] = compare(name, getattr(ours, direction), getattr(workers, direction), args)
        workers.end()
    return ratios


def compare_classic(name, ours, frames, bits_per_pixel, work, args):
    theirs = classics[name](frames, bits_per_pixel, work / name)
    print_rate(f"{classics[name].__name__}, {theirs.way}", theirs.rate())
    return compare(name, ours.encode, theirs.encode, args)


def compare(name, ours, theirs, args):
    mine, other, ratio = in_turns(ours, theirs, args.rounds)
    print(f"{name}: ours {mine:.1f} megapixels/s, theirs {other:.1f}", flush=True)
    return ratio


def print_rate(name, bits_per_pixel, psnr=math.nan):
    quality = "" if math.isnan(psnr) else f", {psnr:.2f} dB"
    print(f"{name}: {bits_per_pixel:.3f} bits/pixel{quality}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench codec", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=next(filter(Path.exists, folders), folders[0]),
                        help="folder of TIFFs of one grey channel; data/bbbc016 or data/sample if not given")
    parser.add_argument("--rounds", type=int, default=5, help="pairs for each figure")
    parser.add_argument("--megapixels", type=float, default=80, help="files are repeated until they are so many")
    parser.add_argument("--quality", type=float, default=4, help="of ours and of CompressAI's network")
    parser.add_argument("--model", type=Path, default=root / "data/models/fluorescence.h5", help="frozen")
    parser.add_argument("--checkpoint", type=Path,
                        help="what the model was frozen from: gives CompressAI the weights that a frozen model has "
                             "as integers or not at all, and which are random otherwise")
    parser.add_argument("--variants", nargs="+", choices=torch_codec.variants, default=torch_codec.variants,
                        help="of CompressAI; the fastest is taken")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these figures")
    args = parser.parse_args()

    warn_if_busy()
    ratios = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        paths = copy_files(args.data, work / "frames", args.megapixels)
        ours = Ours(paths, work, args)
        bits_per_pixel, psnr = ours.rate_and_psnr()
        print_rate(f"ours, {len(paths)} files of {ours.pixels / 1e6:.0f} megapixels", bits_per_pixel, psnr)
        if any(name.endswith("compressai") for name in args.only):
            ratios |= compare_compressai(ours, paths, args)
        frames = [tifffile.imread(path) for path in paths]
        for name in classics:
            if name in args.only:
                ratios[name] = compare_classic(name, ours, frames, bits_per_pixel, work, args)
    for name, ratio in ratios.items():
        print(f"{name} ratio {ratio:.3f}")


if __name__ == "__main__":
    main()
