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


if __name__ == "__main__":
    unittest.main()
