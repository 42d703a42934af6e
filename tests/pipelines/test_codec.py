"""Training of the codec and its scores, on the real frames that its pipelines name."""
import h5py

from harness import *

FOLDERS = ["-p", f"data={real_images('bbbc016')}", "-p", f"nuclei={real_images('nuclei_dna')}"]
SMALL = ["--set", "nodes.train.model.width=8", "--set", "nodes.train.model.latent_channels=8",
         "--set", "nodes.train.model.qualities=2", "--set", "nodes.train.model.quality=1"]


class Codec(PipelineTest):
    def test_trains_and_scores(self):
        run = self.folder / "run"
        self.call("run", "train_codec", *FOLDERS, "-p", "epochs=2", "-p", "rounded_from=1", *SMALL,
                  "--set", f"run.out={run}")
        table = rows(run / "metrics.csv")
        self.assertLess(table[2, "hyperprior", "train", "loss"], table[1, "hyperprior", "train", "loss"])
        with h5py.File(run / "checkpoint.h5") as file:
            names = []
            file.visit(names.append)
        self.assertTrue(any("hyper_synthesis" in name for name in names))
        scored = self.folder / "scored"
        qualities = [part for split in ("cells", "nuclei")
                     for part in ("--set", f"nodes.score_{split}.qualities=[0, 1]")]
        self.call("run", "score_codec", *FOLDERS, "-p", f"checkpoint={run / 'checkpoint.h5'}",
                  *qualities, "--set", f"run.out={scored}")
        for split in ("cells", "nuclei"):
            found = rows(scored / f"{split}.csv")
            rates = [value for (_, _, _, metric), value in sorted(found.items())
                     if metric == "bits_per_pixel"]
            self.assertEqual(len(rates), 2)
            self.assertGreater(min(rates), 0)


    def test_a_model_of_ones_own(self):
        """Trained, trained further, frozen, and used to encode and decode."""
        run = self.folder / "run"
        self.call("run", "train_codec", *FOLDERS, "-p", "epochs=2", "-p", "rounded_from=0", *SMALL,
                  "-p", "most_lambda=0.1", "--set", f"run.out={run}")
        further = self.folder / "further"
        self.call("run", "train_codec", *FOLDERS, "-p", "epochs=1", "-p", "rounded_from=0", *SMALL,
                  "-p", f"start_from={run}", "--set", f"run.out={further}")
        frozen = self.folder / "frozen"
        self.call("run", "freeze", *FOLDERS, "-p", f"checkpoint={further / 'checkpoint.h5'}", "-p", "about=a test",
                  "--set", "nodes.files.limit=6", "--set", "nodes.freeze.classes=8",
                  "--set", "nodes.freeze.tables=16", "--set", f"run.out={frozen}")
        self.assertLess(abs(rows(frozen / "metrics.csv")[1, "hyperprior", "all", "freezing_rate_loss_percent"]), 5)
        images = self.make_images(2, size=100)
        streams, decoded = self.folder / "streams", self.folder / "decoded"
        common = ["-p", f"model={frozen}"]
        self.call("run", "encode_images", "-p", f"input={images}", "-p", f"output={streams}", "-p", "quality=1",
                  *common, "--set", f"run.out={self.folder / 'encode'}")
        self.call("run", "decode_images", "-p", f"input={streams}", "-p", f"output={decoded}", *common,
                  "--set", f"run.out={self.folder / 'decode'}")
        self.assertEqual(len(list(decoded.glob("*.tif"))), 2)
        text = self.call("run", "decode_images", "-p", f"input={streams}", "-p", f"output={self.folder / 'other'}",
                         "--set", f"run.out={self.folder / 'refused'}", code=65)
        self.assertIn("which is none of those in data/models", text)
        # A frozen codec alone is enough to train on from, to a wider range of rates.
        self.call("run", "train_codec", *FOLDERS, "-p", "epochs=2", "-p", "rounded_from=0", *SMALL,
                  "-p", f"start_from={frozen}", "-p", "prior_until=1", "-p", "most_lambda=1",
                  "--set", f"run.out={self.folder / 'on'}")
        table = rows(self.folder / "on" / "metrics.csv")
        self.assertLess(table[2, "hyperprior", "train", "bits_per_pixel"],
                        table[1, "hyperprior", "train", "bits_per_pixel"])


if __name__ == "__main__":
    unittest.main()
