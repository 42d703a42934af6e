"""Frames of 8 bits as a camera of 12 bits would have given them: 16 levels for each of theirs, with
what lies between filled in at random, and an offset. There are no free 16-bit frames at hand of which
the codec's training is known, and scaled 8-bit ones show whether it copes with other depths.

    python3 bench/sixteen_bits.py OUTPUT FRAME.tif ...
"""
import hashlib
import pathlib
import sys

import numpy
import tifffile


def sixteen_bits(frame, seed, gain=16, offset=100):
    within = numpy.random.default_rng(seed).integers(0, gain, frame.shape)
    return (frame.astype(numpy.int64) * gain + within + offset).astype(numpy.uint16)


def main():
    output = pathlib.Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    for name in map(pathlib.Path, sys.argv[2:]):
        frame = tifffile.imread(name)
        if frame.ndim == 3:  # a palette that is a grey ramp
            frame = frame[..., 0]
        seed = int.from_bytes(hashlib.sha256(name.name.encode()).digest()[:4], "little")
        tifffile.imwrite(output / (name.stem + ".tif"), sixteen_bits(frame, seed))


if __name__ == "__main__":
    main()
