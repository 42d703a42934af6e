"""Same seed and threads, same bytes: again, after Ctrl-C, and after being killed at random moments."""
import random

from harness import *

SMALL = ["--set", "nodes.small.width=64", "--set", "nodes.small.height=64"]


class Resume(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(20, size=128)

    def train(self, run, *more, model="convolutional", epochs=6):
        return ["run", f"train_{model}", "-p", f"data={self.images}", "-p", f"epochs={epochs}",
                "--set", f"run.out={run}", *SMALL, *more]

    def test_same_seed_same_bytes(self):
        for model in ("convolutional", "fully_connected", "gan"):
            files = []
            for name in ("a", "b"):
                run = self.folder / f"{model}.{name}"
                self.call(*self.train(run, "--set", "run.threads=2", model=model, epochs=2))
                files.append((run / "checkpoint.h5").read_bytes())
            self.assertEqual(files[0], files[1], model)

    def test_another_seed_other_bytes(self):
        files = []
        for seed in (1, 2):
            run = self.folder / f"seed{seed}"
            self.call(*self.train(run, "--set", f"run.seed={seed}", epochs=1))
            files.append((run / "checkpoint.h5").read_bytes())
        self.assertNotEqual(files[0], files[1])

    def check_interrupted(self, model, moments, kinds, epochs):
        whole = self.folder / "whole"
        start = time.monotonic()
        self.call(*self.train(whole, model=model, epochs=epochs))
        duration = time.monotonic() - start
        expected = (whole / "checkpoint.h5").read_bytes()
        scores = rows(whole / "metrics.csv")
        for moment in range(moments):
            run = self.folder / f"run{moment}"
            code = None
            for attempt in range(60):
                kind = kinds[random.randrange(len(kinds))]
                after = random.uniform(0.02, 1.0) * duration
                if attempt >= 4:
                    after = 200  # it has been stopped often enough
                resume = ["resume", str(run)] if (run / "resolved.yaml").exists() else None
                code = self.stop_after(after, kind, *(resume or self.train(run, model=model, epochs=epochs)))
                self.assertIn(code, (0, 75, -kind))  # killed, or before it listens to signals
                if code == 0:
                    break
            self.assertEqual(code, 0)
            self.assertEqual((run / "checkpoint.h5").read_bytes(), expected, f"{model}, moment {moment}")
            table = rows(run / "metrics.csv")
            for key, value in table.items():
                if "seconds" not in key[3]:
                    self.assertEqual(value, scores[key], key)
            if signal.SIGKILL not in kinds:
                self.assertEqual(set(table), set(scores))
            shutil.rmtree(run)

    def test_stopped_and_resumed(self):
        self.check_interrupted("convolutional", 6, [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1], 6)

    def test_killed_and_resumed(self):
        self.check_interrupted("convolutional", 20, [signal.SIGKILL], 6)

    def test_gan_killed_and_resumed(self):
        self.check_interrupted("gan", 2, [signal.SIGKILL, signal.SIGTERM], 3)

    def test_a_finished_run_says_so(self):
        run = self.folder / "run"
        self.call(*self.train(run, epochs=1))
        self.assertIn("finished", self.call("resume", run))

    def test_what_is_no_run_is_refused(self):
        self.assertIn("resolved.yaml", self.call("resume", self.images, code=78))


if __name__ == "__main__":
    unittest.main()
