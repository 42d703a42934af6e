"""The same work on SSE4.1, AVX2 and what this processor has at most: models agree to rounding. That
frozen decoding agrees to the last bit is for test_streams.py to see."""
import h5py
import numpy

from harness import *

SETS = ["SSE41", "AVX2", "DEFAULT"]
# Of latents and pixels, against the largest of them: sums of a few thousand floats in another order.
BOUND = 1e-5  # 3e-7 was measured, of SSE4.1 and the convolutional model


class InstructionSets(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(8, size=64)

    def run_on(self, isa, name, *arguments):
        environment = {key: value for key, value in os.environ.items() if key != "ONEDNN_MAX_CPU_ISA"}
        if isa != "DEFAULT":
            environment["ONEDNN_MAX_CPU_ISA"] = isa
        folder = self.folder / f"{name}_{isa}"
        self.call("run", *arguments, "--quiet", "--set", f"run.out={folder}", "--set", "run.threads=2", env=environment)
        return folder

    def test_models_agree(self):
        for pipeline in "train_convolutional", "train_fully_connected", "train_gan":
            with self.subTest(pipeline):
                trained = self.run_on("DEFAULT", pipeline, pipeline, "-p", f"data={self.images}", "-p", "epochs=2")
                latents = {}
                for isa in SETS:
                    run = self.run_on(isa, f"encode_{pipeline}", "encode", "-p", f"data={self.images}",
                                      "-p", f"checkpoint={trained / 'checkpoint.h5'}")
                    with h5py.File(run / "latents.h5") as file:
                        latents[isa] = file["latents"][:].astype(float)
                        quantised = "centres" in file
                reference = latents["DEFAULT"]
                self.assertTrue(numpy.isfinite(reference).all())
                for isa in SETS:
                    difference = numpy.abs(latents[isa] - reference)
                    if quantised:  # of symbols: a value at the border of two may round either way
                        self.assertLessEqual((difference > 0).mean(), 1e-3, isa)
                    else:
                        self.assertLessEqual(difference.max(), BOUND * numpy.abs(reference).max(), isa)

    def test_training_begins_alike(self):
        values = {}
        for isa in SETS:
            run = self.run_on(isa, "train", "train_convolutional", "-p", f"data={self.images}", "-p", "epochs=1")
            values[isa] = rows(run / "metrics.csv")
        for isa in SETS:
            for metric in "mse", "psnr":
                key = (1, "convolutional", "test", metric)
                self.assertAlmostEqual(values[isa][key] / values["DEFAULT"][key], 1, delta=1e-6, msg=isa)


if __name__ == "__main__":
    unittest.main()
