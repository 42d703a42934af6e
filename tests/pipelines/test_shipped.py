"""Every pipeline that ships runs for real, small, and leaves files that others can read."""
import csv

import h5py
import numpy
from PIL import Image
import tifffile

from harness import *

SMALL = ["--set", "nodes.small.width=32", "--set", "nodes.small.height=32"]


class Shipped(PipelineTest):
    def check_latents(self, file, images, symbols=False):
        with h5py.File(file) as f:
            latents = f["latents"]
            self.assertEqual(latents.shape[0], images)
            self.assertEqual([latents.dims[i].label for i in range(4)], ["image", "channel", "y", "x"])
            self.assertTrue(latents.fletcher32)
            self.assertIsNotNone(latents.chunks)
            self.assertEqual(len(f["sha256"][0]), 64)
            self.assertEqual(latents.dtype, numpy.uint8 if symbols else numpy.float32)
            if symbols:
                self.assertEqual(len(f["centres"]), 5)
                self.assertLessEqual(latents[...].max(), 4)
            self.assertGreater(numpy.unique(latents[...]).size, 1)
            return f["path"][...], f["split"][...]

    def check_run(self, run, models, splits=("train", "test"), epochs=(1, 2)):
        """Each of these epochs has been scored."""
        table = rows(run / "metrics.csv")
        for model in models:
            for split in splits:
                for metric in ("mse", "psnr", "ssim"):
                    for epoch in epochs:
                        self.assertIn((epoch, model, split, metric), table)
        self.assertIn("version: 1", (run / "resolved.yaml").read_text())
        return table

    def test_train(self):
        images = self.make_images(10)
        for name in ("convolutional", "fully_connected", "gan"):
            run = self.folder / name
            self.call("run", f"train_{name}", "-p", f"data={images}", "-p", "epochs=2",
                      "--set", f"run.out={run}", *SMALL)
            # Only train_gan scores every fifth epoch, and always the last.
            self.check_run(run, [name], epochs=[2] if name == "gan" else [1, 2])
            self.check_latents(run / "latents.h5", 10, symbols=name == "gan")
            with h5py.File(run / "checkpoint.h5") as f:
                self.assertTrue(any("weights" in key for key in self.names(f)))
            sheet = numpy.asarray(Image.open(run / "sheet.png"))
            self.assertGreater(sheet.std(), 1)

    def names(self, file):
        found = []
        file.visit(found.append)
        return found

    def test_compare(self):
        images = self.make_images(10)
        run = self.folder / "compare"
        trace = self.folder / "trace.json"
        text = self.call("run", "compare", "-p", f"data={images}", "-p", "epochs=2", "--trace", trace,
                         "--set", f"run.out={run}", *SMALL)
        names = ["convolutional", "fully_connected", "gan"]
        table = self.check_run(run, names)
        self.assertGreaterEqual(table[1, "gan", "train", "adversarial_share"], 0.1)
        for name in names:
            self.assertIn(name, text)
            self.assertTrue((run / f"checkpoint_{name}.h5").exists())
            self.assertTrue((run / f"sheet_{name}.png").exists())
            self.assertTrue((run / f"tables_{name}.h5").exists())
            for split in ("train", "test"):
                coded = table[2, name, split, "coded_bits_per_pixel"]
                self.assertGreater(coded, 0.01)
                self.assertLess(coded, 1.05 * table[2, name, split, "bits_per_pixel"] + 0.05)
        self.assertIn("PSNR", (run / "table.md").read_text())
        # One loader: each image is read once an epoch to train and once for evaluation.
        import collections
        import json
        events = json.loads(trace.read_text())["traceEvents"]
        reads = collections.Counter(e["args"]["item"] for e in events if e["name"] == "image")
        trained = sum(1 for count in reads.values() if count == 4)
        tested = sum(1 for count in reads.values() if count == 2)
        self.assertEqual((trained, tested), (7, 3))
        # The trainers are interleaved: none has done all its steps before another begins.
        spans = {name: [e["ts"] for e in events if e["name"] == name] for name in names}
        self.assertLess(max(min(s) for s in spans.values()), min(max(s) for s in spans.values()))

    def test_train_crops(self):
        images = self.make_images(6)
        run = self.folder / "crops"
        self.call("run", "train_crops", "-p", f"data={images}", "-p", "epochs=1", "--set",
                  f"run.out={run}", "--set", "nodes.crop.width=32", "--set", "nodes.crop.height=32")
        self.check_run(run, ["convolutional"], epochs=[1])

    def test_encode_reconstruct_and_score_need_the_checkpoint_only(self):
        images = self.make_images(9)
        self.call("run", "train_convolutional", "-p", f"data={images}", "-p", "epochs=3",
                  "--set", f"run.out={self.folder / 'run'}", *SMALL)
        checkpoint = self.folder / "checkpoint.h5"
        shutil.copy(self.folder / "run" / "checkpoint.h5", checkpoint)
        shutil.rmtree(self.folder / "run")
        self.call("run", "encode", "-p", f"data={images}", "-p", f"checkpoint={checkpoint}",
                  "--set", f"run.out={self.folder / 'encoded'}")
        paths, _ = self.check_latents(self.folder / "encoded" / "latents.h5", 9)
        self.assertEqual(len(set(paths)), 9)
        self.call("run", "reconstruct", "-p", f"data={self.folder / 'encoded' / 'latents.h5'}",
                  "-p", f"checkpoint={checkpoint}", "--set", f"run.out={self.folder / 'back'}")
        made = sorted((self.folder / "back" / "images").glob("*.tif*"))
        self.assertEqual(len(made), 9)
        self.assertEqual(tifffile.imread(made[0]).shape, (32, 32))
        self.call("run", "score", "-p", f"data={images}", "-p", f"checkpoint={checkpoint}",
                  "--set", f"run.out={self.folder / 'scored'}")
        self.assertTrue(rows(self.folder / "scored" / "metrics.csv"))
        run = self.folder / "coded"
        self.call("run", "code_latents", "-p", f"data={images}", "-p", f"checkpoint={checkpoint}",
                  "--set", f"run.out={run}")
        table = rows(run / "metrics.csv")
        for split in ("train", "test"):
            before, after = (table[1, name, split, "mse"] for name in ("not_coded", "coded"))
            self.assertLess(after, 1.1 * before)
            self.assertLess(table[1, "coded", split, "coded_bits_per_pixel"], 2)
        with h5py.File(run / "tables.h5") as f:
            self.assertEqual(f["arrays/dims"][...].tolist(), [8, 4, 4])
        self.compare_levels(images, checkpoint)

    def compare_levels(self, images, checkpoint):
        run = self.folder / "levels"
        self.call("run", "compare_levels", "-p", f"data={images}", "-p", f"checkpoint={checkpoint}",
                  "--set", "nodes.crop.width=32", "--set", "nodes.crop.height=32", "--set", f"run.out={run}")
        table = rows(run / "metrics.csv")
        for split in ("train", "test"):
            fine, coarse = ({metric: table[1, name, split, metric] for metric in ("mse", "coded_bits_per_pixel")}
                            for name in ("fine", "coarse"))
            self.assertGreater(fine["coded_bits_per_pixel"], coarse["coded_bits_per_pixel"])
            self.assertLess(fine["mse"], 1.05 * coarse["mse"])
        with open(run / "codecs.csv") as file:
            self.assertEqual({row["codec"] for row in csv.DictReader(file)}, {"jpegxl_e7"})

    def test_make_sample(self):
        folder = self.make_images(4, size=512)
        files = sorted(folder.glob("*.tif*"))
        self.assertEqual(len(files), 4)
        first, second = (tifffile.imread(f) for f in files[:2])
        self.assertEqual((first.shape, first.dtype), ((512, 512), numpy.uint8))
        self.assertGreater(first.std(), 5)
        self.assertFalse((first == second).all())

    def test_real_images(self):
        run = self.folder / "real"
        self.call("run", "train_convolutional", "-p", f"data={real_images('bbbc016')}",
                  "-p", "epochs=8", "--set", f"run.out={run}")
        table = rows(run / "metrics.csv")
        self.assertLess(table[8, "convolutional", "test", "mse"], 0.02)
        self.assertLess(table[8, "convolutional", "test", "mse"], table[1, "convolutional", "test", "mse"])
        _, splits = self.check_latents(run / "latents.h5", 60)
        self.assertEqual(sum(s == b"train" for s in splits), 42)


if __name__ == "__main__":
    unittest.main()
