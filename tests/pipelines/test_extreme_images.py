"""Images at the edges of what there is: black, white, one pixel, 65,535 pixels wide, denormal and
infinite floats, 100,000 x 100,000: archived and restored as they were, or refused with a reason."""
import struct
import zlib

import numpy
import tifffile

from harness import *


def sparse_tiff(path, width, height, rows_per_strip, tiled=False):
    """Black; every strip or tile is the same few stored bytes."""
    side = 4096
    if tiled:
        data, count = zlib.compress(bytes(side * side), 9), -(-width // side) * -(-height // side)
    else:
        data, count = zlib.compress(bytes(width * rows_per_strip), 9), -(-height // rows_per_strip)
    blocks = [(324, 4, count, None), (325, 4, count, None)] if tiled else [(273, 4, count, None), (279, 4, count, None)]
    shape = [(322, 4, 1, side), (323, 4, 1, side)] if tiled else [(278, 4, 1, rows_per_strip)]
    tags = sorted([(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1),
                   (277, 3, 1, 1)] + shape + blocks)
    start = 8 + 2 + 12 * len(tags) + 4
    offsets = struct.pack(f"<{count}I", *[start + 8 * count] * count)
    lengths = struct.pack(f"<{count}I", *[len(data)] * count)
    where = {blocks[0][0]: start, blocks[1][0]: start + len(offsets)}
    directory = b"".join(struct.pack("<HHII", tag, kind, n, where.get(tag, value)) for tag, kind, n, value in tags)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory + struct.pack("<I", 0)
                     + offsets + lengths + data)


def extremes():
    """Images that can be archived, by name."""
    wave = (numpy.sin(numpy.arange(65535) / 50) * 100 + 128).astype(numpy.uint8)
    floats = numpy.array([[0, 1e-45, 1e-40], [-1e-38, 3.4e38, -3.4e38]], numpy.float32)
    broken = numpy.array([[0.5, numpy.nan], [numpy.inf, -numpy.inf]], numpy.float32)
    return {"black.tif": numpy.zeros((96, 80), numpy.uint8),
            "white.tif": numpy.full((96, 80), 255, numpy.uint8),
            "black_16.tif": numpy.zeros((96, 80), numpy.uint16),
            "white_16.tif": numpy.full((96, 80), 65535, numpy.uint16),
            "one.tif": numpy.array([[200]], numpy.uint8),
            "one_16.tif": numpy.array([[1]], numpy.uint16),
            "column.tif": wave[:300, None].copy(),
            "wide.tif": numpy.stack([wave, wave[::-1]]),
            "tall_16.tif": wave[:, None].astype(numpy.uint16) * 256,
            "denormal.tif": floats,
            "nan.tif": broken}


class ExtremeImages(PipelineTest):
    def setUp(self):
        super().setUp()
        self.input = self.folder / "in"
        self.input.mkdir()

    def test_archived_and_restored(self):
        for name, image in extremes().items():
            tifffile.imwrite(self.input / name, image, metadata=None, photometric="minisblack")
        sparse_tiff(self.input / "huge.tif", 100_000, 100_000, 100)
        archive, output = self.folder / "archive", self.folder / "out"
        self.call("run", "archive", "-p", f"input={self.input}", "-p", f"archive={archive}", "-p", "min_psnr=30", "--quiet")
        self.call("run", "verify", "-p", f"archive={archive}", "-p", f"against={self.input}", "--quiet")
        self.call("run", "restore", "-p", f"archive={archive}", "-p", f"output={output}", "--quiet")
        for name, image in extremes().items():
            if image.dtype == numpy.float32:
                self.assertEqual((output / name).read_bytes(), (self.input / name).read_bytes(), name)
                continue
            back = tifffile.imread(output / name).reshape(image.shape)
            self.assertEqual(back.dtype, image.dtype, name)
            error = numpy.mean((back.astype(float) - image) ** 2)
            peak = 255 if image.dtype == numpy.uint8 else max(1, image.max())
            self.assertLessEqual(error, peak ** 2 / 10 ** 3, name)
        self.assertEqual((output / "huge.tif").read_bytes(), (self.input / "huge.tif").read_bytes())

    def test_read_resized_and_trained_on(self):
        for name, image in extremes().items():
            tifffile.imwrite(self.input / name, image, metadata=None, photometric="minisblack")
        text = self.call("run", "train_convolutional", "-p", f"data={self.input}", "-p", "epochs=1",
                         "--set", f"run.out={self.folder / 'run'}", "--set", "run.quarantine_limit=2", "--quiet")
        # A range of floats beyond that of float is still normal when it is read, not for a network.
        self.assertIn("nan.tif: page 0: nan at channel 0, row 0, column 1; images must be finite", text)
        self.assertIn("denormal.tif", text)
        values = rows(self.folder / "run/metrics.csv")
        self.assertTrue(values)
        for key, value in values.items():
            self.assertTrue(numpy.isfinite(value), key)

    def test_beyond_the_limit(self):
        sparse_tiff(self.input / "strips.tif", 100_000, 100_000, 100)
        sparse_tiff(self.input / "tiles.tif", 100_000, 100_000, 0, tiled=True)
        for name in "strips.tif", "tiles.tif":
            self.assertLess((self.input / name).stat().st_size, 100_000, name)
        begin = time.monotonic()
        text = self.call("run", "train_convolutional", "-p", f"data={self.input}", "-p", "epochs=1",
                         "--set", f"run.out={self.folder / 'run'}", "--quiet", code=65)
        self.assertLess(time.monotonic() - begin, 60)
        for name in "strips.tif", "tiles.tif":
            self.assertIn(f"{name}: page 0: 100000 x 100000 pixels of 1 samples are more than the limit of 268435456", text)


if __name__ == "__main__":
    unittest.main()
