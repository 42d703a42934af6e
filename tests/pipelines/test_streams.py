"""TIFFs to streams and back with the model that ships, as a user runs it: other programs read what
comes out, and it is the same on every machine."""
import hashlib
import os

import numpy
import tifffile

import stream_decoder
from harness import *

MODEL = ROOT / "data/models/fluorescence.h5"


def tags(file):
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages[0]
        return {name: page.tags[name].value for name in
                ("ImageDescription", "XResolution", "YResolution", "ResolutionUnit") if name in page.tags}


def psnr(one, other, peak):
    error = numpy.mean((one.astype(float) - other.astype(float)) ** 2)
    return 10 * numpy.log10(peak ** 2 / max(error, 1e-9))


def contents(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


class Streams(PipelineTest):
    def make_inputs(self):
        """Images of each kind that a stream holds."""
        folder = self.make_images(3, size=100, name="in")
        image = tifffile.imread(sorted(folder.glob("*.tif"))[0])
        (folder / "more").mkdir()
        tifffile.imwrite(folder / "more/pages.tif", numpy.stack([image, image.T, 255 - image]),
                         photometric="minisblack", resolution=(1234.5, 678.25), resolutionunit="CENTIMETER",
                         description="three pages, 0.1 µm".encode(), metadata=None)
        tifffile.imwrite(folder / "colour.tif", numpy.stack([image, image.T, image], -1), photometric="rgb")
        wide = image.astype(numpy.uint16) * 16 + 100
        tifffile.imwrite(folder / "wide.tif", numpy.tile(wide, (3, 2))[:250, :190])
        return folder

    def encode(self, name, source, *arguments, **environment):
        folder = self.folder / name
        text = self.call("run", "encode_images", "-p", f"input={source}", "-p", f"output={folder}", *arguments,
                         "--set", f"run.out={self.folder / (name + '_run')}", env={**os.environ, **environment})
        return folder, text

    def decode(self, name, source, *arguments, code=0, **environment):
        folder = self.folder / name
        text = self.call("run", "decode_images", "-p", f"input={source}", "-p", f"output={folder}", *arguments,
                         "--set", f"run.out={self.folder / (name + '_run')}", code=code,
                         env={**os.environ, **environment})
        return folder, text

    def test_everything_comes_back_as_it_was(self):
        source = self.make_inputs()
        before = {file: file.read_bytes() for file in source.rglob("*.tif")}
        streams, _ = self.encode("streams", source, "-p", "quality=6")
        decoded, _ = self.decode("decoded", streams)
        self.assertEqual(len(before), 6)
        for file, content in before.items():
            self.assertEqual(file.read_bytes(), content)  # originals are never touched
            back = decoded / file.name
            one, other = tifffile.imread(file), tifffile.imread(back)
            self.assertEqual(other.dtype, one.dtype)
            self.assertEqual(other.shape, one.shape)
            self.assertEqual(tags(back), tags(file))
            self.assertGreater(psnr(one, other, one.max()), 20, file)
            self.assertLess((streams / f"{file.stem}.lfs").stat().st_size, file.stat().st_size / 4)

    def test_another_decoder_makes_the_same(self):
        """Written from formats/stream.md alone."""
        model = stream_decoder.Model(MODEL)
        source = self.make_inputs()
        streams, _ = self.encode("streams", source, "--set", "nodes.stream.tile_size=64")
        decoded, _ = self.decode("decoded", streams)
        for file in sorted(streams.iterdir()):
            pixels = stream_decoder.decode(model, file.read_bytes())
            image = tifffile.imread(decoded / f"{file.stem}.tif")
            if pixels.shape[1] == 3:
                image = numpy.moveaxis(image, -1, 0)
            numpy.testing.assert_array_equal(pixels.squeeze(), image)

    def test_golden_streams_decode_for_ever(self):
        """tests/golden/NAME: streams, the SHA-256 of their pixels, and model.h5 if it is not one that ships."""
        folders = sorted(folder for folder in (ROOT / "tests/golden").iterdir() if folder.is_dir())
        self.assertGreaterEqual(len(folders), 2)
        for folder in folders:
            own = folder / "model.h5"
            model = own if own.exists() else ROOT / f"data/models/{folder.name}.h5"
            decoded, _ = self.decode(folder.name, folder, "-p", f"model={model}")
            sums = dict(line.split()[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
            self.assertEqual({file.name for file in folder.glob("*.lfs")}, set(sums))
            for name, expected in sums.items():
                pixels = tifffile.imread(decoded / name.replace(".lfs", ".tif"))
                self.assertEqual(hashlib.sha256(pixels.tobytes()).hexdigest(), expected, name)

    def test_rate_and_error_are_met(self):
        source = self.make_images(4, size=128, name="in")
        streams, _ = self.encode("small", source, "-p", "bpp=0.2")
        for file in streams.iterdir():
            self.assertLessEqual(8 * file.stat().st_size / 128 ** 2, 0.2)
        streams, _ = self.encode("good", source, "-p", "psnr=22")
        decoded, _ = self.decode("decoded", streams)
        for file in source.iterdir():
            self.assertGreaterEqual(psnr(tifffile.imread(file), tifffile.imread(decoded / file.name), 255), 22)

    def test_the_same_on_every_machine(self):
        """Instruction sets and threads change encoders' floats, but no decoded byte."""
        source = self.make_inputs()
        machines = [{"ONEDNN_MAX_CPU_ISA": "SSE41"}, {"ONEDNN_MAX_CPU_ISA": "AVX2"}, {}]
        for i, encoder in enumerate(machines):
            streams, _ = self.encode(f"streams{i}", source, **encoder)
            expected = None
            for j, decoder in enumerate(machines):
                for threads in (1, 2):
                    decoded, _ = self.decode(f"decoded{i}{j}{threads}", streams, "--set", f"run.threads={threads}",
                                             **decoder)
                    expected = expected or contents(decoded)
                    self.assertEqual(contents(decoded), expected)

    def test_damage_is_named_and_costs_no_other_file(self):
        source = self.make_images(4, size=64, name="in")
        streams, _ = self.encode("streams", source)
        files = sorted(streams.iterdir())
        whole, _ = self.decode("whole", streams)
        damaged = bytearray(files[1].read_bytes())
        damaged[-1] ^= 1
        files[1].write_bytes(damaged)
        files[2].write_bytes(b"no stream")
        some, text = self.decode("some", streams, code=65)
        self.assertIn(f"{files[1].name}: damaged", text)
        self.assertIn(files[2].name, text)
        self.assertEqual({name: content for name, content in contents(whole).items()
                          if name in (files[0].stem + ".tif", files[3].stem + ".tif")}, contents(some))
        rest, text = self.decode("rest", streams, "-p", "damaged=true", code=65)
        self.assertIn(files[1].name, text)
        self.assertEqual(len(contents(rest)), 3)

    def test_originals_are_not_written_over(self):
        source = self.make_images(2, size=64, name="in")
        before = contents(source)
        streams, _ = self.encode("streams", source)
        _, text = self.decode("in", streams, code=65)
        self.assertIn("is there already, with other content", text)
        self.assertEqual(contents(source), before)
        again, _ = self.decode("decoded", streams)
        self.decode("decoded", streams)  # the same again is no error
        self.assertEqual(len(contents(again)), 2)

    def test_the_model_says_what_it_was_trained_on(self):
        import h5py
        with h5py.File(MODEL) as file:
            about = file["text"].attrs["about"]
            for word in ("BBBC016", "CC BY 3.0", "BBBC038", "CC0"):
                self.assertIn(word, about)
            self.assertEqual(file["numbers"].attrs["generative"], 0)
        self.assertLess(MODEL.stat().st_size, 3_000_000)


if __name__ == "__main__":
    unittest.main()
