"""`pipeline test`: the tests that shipped pipelines carry, and that they can fail."""
import hashlib

import numpy
import tifffile

from harness import *


def has_tests(file):
    return any(line.startswith("tests:") for line in file.read_text().splitlines())


class PipelineTests(PipelineTest):
    def test_all_that_ship_pass(self):
        files = sorted(file for file in (ROOT / "pipelines").glob("*.yaml") if has_tests(file))
        self.assertGreaterEqual(len(files), 4)
        text = self.call("test", *files)
        self.assertRegex(text.splitlines()[-1], r"^\d+ tests, 0 failed$")
        for file in files:
            self.assertIn(f"ok     {file.stem}: ", text)
        self.assertEqual(list(self.folder.iterdir()), [])  # nothing is left where it was called

    def write(self, tests, name="p.yaml"):
        file = self.folder / name
        file.write_text("version: 1\nname: p\n"
                        "params: {data: {type: path, default: none, help: a folder of TIFFs}}\n"
                        "nodes:\n"
                        "  files: {op: list_files, with: {path: '${params.data}'}}\n"
                        "  image: {op: read_tiff, in: files}\n"
                        "  small: {op: resize, in: image, with: {width: 32, height: 16}}\n"
                        "  write: {op: write_image, in: small}\n"
                        "tests:\n" + tests)
        return file

    def test_facts_are_those_of_the_file(self):
        images = self.make_images(1, size=64)
        file, = images.iterdir()
        pixels = tifffile.imread(file)
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()
        self.call("test", self.write(
            f"  - name: whole folder\n    params: {{data: images}}\n"
            f"    expect: {{files: {{path: {file.name}}}, write: {{count: 1}}}}\n"
            f"    files: [images/{file.name}]\n"
            f"  - name: one file\n    feed: {{files: [images/{file.name}]}}\n"
            f"    expect: {{image: {{shape: [1, 64, 64], sha256: {digest}, path: {file.name}, "
            f"mean: {pixels.mean() / 255}, min: {pixels.min() / 255}, max: {pixels.max() / 255}}}}}\n"
            f"  - name: its image\n    feed: {{image: [{{file: images/{file.name}}}]}}\n"
            f"    expect: {{image: {{sha256: {digest}}}, small: {{shape: [1, 16, 32]}}}}\n"))

    def test_sixteen_bits_of_a_ramp(self):
        ramp = numpy.tile(numpy.rint(numpy.linspace(0, 1, 9) * 65535).astype(numpy.uint16), (2, 1))
        digest = hashlib.sha256(ramp.tobytes()).hexdigest()
        self.call("test", self.write(
            "  - name: ramp\n    feed: {image: [{width: 9, height: 2, bits: 16, pattern: ramp}]}\n"
            f"    expect: {{image: {{sha256: {digest}}}}}\n"))

    def test_what_fails_is_told(self):
        (self.folder / "bad.tif").write_text("no image")
        file = self.write("  - name: too small\n"
                          "    feed: {image: [{width: 100, height: 80}, {value: 0}]}\n"
                          "    expect: {small: {shape: [1, 32, 32], count: 2}}\n"
                          "  - name: bad inputs are set aside\n"
                          "    feed: {files: [bad.tif]}\n"
                          "    expect: {image: {failed: 1, count: 0}}\n"
                          "    exit: 65\n"
                          "  - name: bad inputs are fine\n"
                          "    feed: {files: [bad.tif]}\n"
                          "    files: [images/bad.tif]\n")
        text = self.call("test", file, code=70)
        self.assertRegex(text, r"(?m)^FAILED p: too small \(\d+\.\d\d s\)\n"
                               rf"       {file}:10:5\n"
                               r"       small\.shape is \[1, 16, 32\], not \[1, 32, 32\] \(made_1\.tif\), wrong in 2 of 2 messages\n"
                               r"       \| done\nok     p: bad inputs are set aside")
        self.assertIn("       the exit code is 65, not 0\n       there is no file images/bad.tif\n", text)
        self.assertIn("       | quarantined by image: ", text)
        self.assertTrue(text.endswith("3 tests, 2 failed\n"))
        self.assertEqual(self.call("test", file, "--only", "bad inputs are set aside").splitlines()[-1],
                         "1 tests, 0 failed")
        text = self.call("test", file, "--only", "too smal", code=78)
        self.assertIn("there is no test 'too smal'; there are too small, bad inputs", text)
        self.assertIn("did you mean 'too small'?", text)

    def test_keep(self):
        file = self.write("  - name: one\n    feed: {image: [{width: 40, height: 40}]}\n    files: [images/made_1.tif]\n")
        folder = pathlib.Path(self.call("test", file, "--keep").splitlines()[1].strip())
        self.addCleanup(shutil.rmtree, folder)
        self.assertEqual(tifffile.imread(folder / "run/images/made_1.tif").shape, (16, 32))

    def test_wrong_tests_are_errors_of_the_pipeline(self):
        file = self.write("  - name: one\n    expect: {smal: {count: 1}}\n")
        line = f"{file}:11:14: unknown node 'smal'; did you mean 'small'?\n"
        self.assertEqual(self.call("test", file, code=78), line)
        self.assertEqual(self.call("validate", file, code=78), line)
        none = self.folder / "none.yaml"
        none.write_text(file.read_text().split("tests:")[0])
        self.assertEqual(self.call("test", none, code=78),
                         f"{none}: there are no tests; a pipeline has them in a section 'tests:'\n")


if __name__ == "__main__":
    unittest.main()
