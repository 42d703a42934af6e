"""Training that diverges ends with what happened, where and what to do; what was kept before is
whole, finite, and can be used."""
import h5py
import numpy

from harness import *


class Divergence(PipelineTest):
    def finite(self, checkpoint):
        found = []
        with h5py.File(checkpoint) as file:
            def visit(name, item):
                if isinstance(item, h5py.Dataset):
                    found.append(name)
                    self.assertTrue(numpy.isfinite(item[()]).all(), name)
            file.visititems(visit)
        self.assertTrue(found)

    def test_a_rate_that_is_far_too_high(self):
        images = self.make_images(12)
        for name, optimizer in ("sgd", "{type: sgd, rate: 100}"), ("adam", "{type: adam, rate: 10}"):
            for pipeline in "train_convolutional", "train_gan", "train_fully_connected":
                with self.subTest(f"{pipeline} {name}"):
                    run = self.folder / f"{pipeline}_{name}"
                    result = subprocess.run(self.command(
                        "run", pipeline, "-p", f"data={images}", "-p", "epochs=4", "--quiet", "--set", f"run.out={run}",
                        "--set", "nodes.small.width=32", "--set", "nodes.small.height=32", "--set", "nodes.score.metrics=[mse,psnr]",
                        "--set", f"nodes.train.optimizer={optimizer}"),
                        cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=280)
                    # It may well go on with large but finite values; then all that it leaves is finite.
                    self.assertIn(result.returncode, (0, 70), result.stdout)
                    if result.returncode == 70:
                        self.assertRegex(result.stdout, r"epoch \d+, step \d+|no image")
                        self.assertIn("lower rate", result.stdout)
                        self.assertIn("clip_norm", result.stdout)
                    self.finite(run / "checkpoint.h5")
                    if (run / "metrics.csv").exists():
                        for key, value in rows(run / "metrics.csv").items():
                            self.assertTrue(numpy.isfinite(value) or (key[3] == "psnr" and value > 0), key)
                    self.call("run", "encode", "-p", f"data={images}", "-p", f"checkpoint={run / 'checkpoint.h5'}",
                              "--quiet", "--set", f"run.out={self.folder / 'encoded'}")

    def test_one_surely_diverges(self):
        images, run = self.make_images(12), self.folder / "run"
        text = self.call("run", "train_convolutional", "-p", f"data={images}", "-p", "epochs=20", "--quiet", "--set",
                         f"run.out={run}", "--set", "nodes.train.optimizer={type: sgd, rate: 100}", code=70)
        self.assertRegex(text, r"epoch \d+, step \d+\); the last good checkpoint is (that of epoch \d+|the one before the "
                               r"first epoch): try a lower rate, or clip_norm")
        self.finite(run / "checkpoint.h5")


if __name__ == "__main__":
    unittest.main()
