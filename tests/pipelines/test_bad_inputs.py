"""Broken files are named and set aside; broken pipelines are told in one line, before any work."""
from harness import *


class BadImages(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.folder / "images"
        shutil.copytree(real_images("bbbc016"), self.images)
        for extra in ("MANIFEST.tsv", "SOURCE.md"):
            (self.images / extra).unlink(missing_ok=True)
        self.files = sorted(self.images.glob("*.TIF"))
        self.assertEqual(len(self.files), 60)
        whole = self.files[0].read_bytes()
        self.broken = [self.files[i] for i in (3, 11, 25, 40, 59)]
        for file in self.broken:
            file.chmod(0o644)
        self.broken[0].write_bytes(b"")
        self.broken[1].write_bytes(whole[:100_000])
        self.broken[2].write_bytes(b"not a TIFF at all")
        self.broken[3].write_bytes(whole[:4] + b"\xff\xff\xff\x7f" + whole[8:])
        self.broken[4].write_bytes(b"\0" * len(whole))

    def train(self, limit, code):
        run = self.folder / f"run{limit}"
        text = self.call("run", "train_convolutional", "-p", f"data={self.images}", "-p", "epochs=2",
                         "--set", f"run.out={run}", "--set", f"run.quarantine_limit={limit}", code=code)
        for file in self.broken:
            self.assertIn(file.name, text)
        table = rows(run / "metrics.csv")
        self.assertIn((2, "convolutional", "test", "mse"), table)
        return text

    def test_five_broken_of_sixty(self):
        self.train(4, code=65)
        self.train(5, code=0)


class BadPipelines(PipelineTest):
    def check(self, nodes, expected, *arguments):
        file = self.folder / "bad.yaml"
        file.write_text("version: 1\nname: bad\nrun: {out: run}\nnodes:\n" + nodes)
        text = self.call("run", file, *arguments, code=78)
        lines = [line for line in text.splitlines() if line]
        self.assertEqual(len(lines), 1, text)
        self.assertIn(expected, lines[0])
        self.assertFalse((self.folder / "run").exists())
        self.assertIn(expected, self.call("validate", file, *arguments, code=78))

    def test_empty_folder(self):
        (self.folder / "empty").mkdir()
        self.check("  files: {op: list_files, with: {path: empty}}\n"
                   "  image: {op: read_tiff, in: files}\n"
                   "  out: {op: write_image, in: image}\n", "empty")

    def test_missing_folder(self):
        self.check("  files: {op: list_files, with: {path: nowhere}}\n"
                   "  image: {op: read_tiff, in: files}\n"
                   "  out: {op: write_image, in: image}\n", "nowhere")

    def test_wrong_type(self):
        self.check("  files: {op: list_files, with: {path: .}}\n"
                   "  batch: {op: batch, in: files}\n"
                   "  encode: {op: encode, in: batch, with: {checkpoint: x.h5}}\n"
                   "  keep: {op: write_latents, in: encode}\n", "bad.yaml:6:")

    def test_cycle(self):
        self.check("  files: {op: list_files, with: {path: .}}\n"
                   "  read: {op: read_tiff, in: files}\n"
                   "  out: {op: write_image, in: read}\n"
                   "  a: {op: normalise, in: b}\n"
                   "  b: {op: normalise, in: a}\n", "cycle")

    def test_unused_output(self):
        self.check("  files: {op: list_files, with: {path: .}}\n"
                   "  image: {op: read_tiff, in: files}\n", "bad.yaml:6:")

    def test_starving_batch(self):
        self.check("  files: {op: list_files, with: {path: .}}\n"
                   "  image: {op: read_tiff, in: files}\n"
                   "  small: {op: resize, in: image, with: {width: 32, height: 32}}\n"
                   "  batch: {op: batch, in: small, with: {size: 1000}}\n"
                   "  train: {op: train, in: batch}\n"
                   "  save: {op: save_checkpoint, in: train.model}\n", "max_in_flight")

    def test_an_image_that_does_not_fit_the_model(self):
        self.check("  files: {op: list_files, with: {path: .}}\n"
                   "  image: {op: read_tiff, in: files}\n"
                   "  small: {op: resize, in: image, with: {width: 100, height: 100}}\n"
                   "  batch: {op: batch, in: small}\n"
                   "  train: {op: train, in: batch}\n"
                   "  save: {op: save_checkpoint, in: train.model}\n", "100")


if __name__ == "__main__":
    unittest.main()
