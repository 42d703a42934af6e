"""Training that stops early: at the same epoch and with the same bits whatever happens on the way.
LATENTFLOW_KILLS=200 stops or kills it so often."""
import random

import h5py

from harness import *

SMALL = ["--set", "nodes.small.width=64", "--set", "nodes.small.height=64"]
EPOCHS = 200
KILLS = int(os.environ.get("LATENTFLOW_KILLS", "8"))


class EarlyStop(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(12)
        # With a high rate it soon gets worse now and then.
        self.pipeline = self.folder / "p.yaml"
        self.pipeline.write_text(
            f"version: 1\nname: p\ninclude: {ROOT / 'pipelines' / 'train_convolutional.yaml'}\n"
            f"params: {{epochs: {{default: {EPOCHS}}}, patience: {{type: int, default: 3}}}}\n"
            "nodes:\n"
            '  train: {with: {stop_early: {patience: "${params.patience}"}, optimizer: {type: adam, rate: 0.01}}}\n'
            "  best: {op: save_checkpoint, in: train.model, with: {file: best.h5, keep: best}}\n")

    def train(self, run, *more):
        return ["run", self.pipeline, "-p", f"data={self.images}", "--set", f"run.out={run}", *SMALL, *more]

    def scores(self, run):
        table = rows(run / "metrics.csv")
        return [table[epoch, "convolutional", "test", "mse"] for epoch in range(1, EPOCHS + 1)
                if (epoch, "convolutional", "test", "mse") in table]

    def check_stopped(self, run, patience):
        """After the first epoch that had none better for so long."""
        scores = self.scores(run)
        best = min(range(len(scores)), key=lambda i: scores[i])
        self.assertEqual(len(scores), best + 1 + patience, scores)
        for epoch in range(1, len(scores)):
            before = min(range(epoch), key=lambda i: scores[i])
            self.assertLess(epoch - 1 - before, patience)
        with h5py.File(run / "best.h5") as best_file, h5py.File(run / "checkpoint.h5") as last:
            self.assertEqual(best_file["numbers"].attrs["epoch"], best)
            self.assertEqual(last["numbers"].attrs["epoch"], len(scores) - 1)
        self.assertTrue((run / "latents.h5").exists())
        self.assertTrue((run / "sheet.png").exists())
        return len(scores)

    def stop_and_kill(self, whole, duration):
        """At any moment, most of all about the end, when it stops by itself."""
        ends, runs = [], 0
        while len(ends) < KILLS:
            run = self.folder / f"run{runs}"
            runs += 1
            moments = [random.uniform(0, 1.1), random.uniform(0.8, 1.1), random.uniform(0, 0.5), random.uniform(0, 0.3)]
            code = None
            while code != 0:
                kind = random.choice([signal.SIGTERM, signal.SIGKILL])
                arguments = ["resume", str(run)] if (run / "resolved.yaml").exists() else self.train(run)
                code = self.stop_after(moments.pop() * duration if moments else 200, kind, *arguments)
                self.assertIn(code, (0, 75, -kind))
                ends += [code] if code != 0 else []
            for name in ("checkpoint.h5", "best.h5", "latents.h5"):
                self.assertEqual((run / name).read_bytes(), (whole / name).read_bytes(), f"{name} after {ends}")
            shutil.rmtree(run)
        print(f"\n{len(ends)} ends in {runs} runs, {ends.count(75)} of them stops; the same bits each time")

    def test_the_same_whatever_happens(self):
        whole = self.folder / "whole"
        begin = time.monotonic()
        text = self.call(*self.train(whole))
        duration = time.monotonic() - begin
        epochs = self.check_stopped(whole, 3)
        self.assertLess(epochs, EPOCHS)
        self.assertIn(f"stopped after epoch {epochs}: the test mse of epoch {epochs - 3}, ", text)
        # best.h5 is a model like any other, and its score is that of its epoch.
        self.call("run", "score", "-p", f"data={self.images}", "-p", f"checkpoint={whole / 'best.h5'}", *SMALL,
                  "--set", f"run.out={self.folder / 'scored'}")
        self.stop_and_kill(whole, duration)
        # Finished is finished, and with more patience it goes on as if it had had it from the start.
        self.assertIn("finished", self.call("resume", whole))
        text = self.call("resume", whole, "-p", "patience=6", "--explain")
        self.assertIn("nodes.train.stop_early.patience: 3 -> 6", text)
        self.assertIn(f"goes on with epoch {epochs + 1} of {EPOCHS}", text)
        self.call("resume", whole, "-p", "patience=6")
        self.check_stopped(whole, 6)
        patient = self.folder / "patient"
        self.call(*self.train(patient, "-p", "patience=6"))
        self.assertEqual((whole / "checkpoint.h5").read_bytes(), (patient / "checkpoint.h5").read_bytes())

    def test_several_learners_end_with_the_last_of_them(self):
        self.pipeline.write_text(self.pipeline.read_text() +
                                 "  other: {op: train, in: batch, with: {name: other, model: {type: convolutional}, "
                                 "optimizer: {type: adam, rate: 0.001}, stop_early: {patience: 2, min_delta: 1}}}\n"
                                 "  keep_other: {op: save_checkpoint, in: other.model, with: {file: other.h5}}\n"
                                 "  score_other: {op: evaluate, in: {images: batch, model: other.model}}\n"
                                 "  other_csv: {op: write_metrics, in: [other.metrics, score_other], "
                                 "with: {file: other.csv}}\n")
        run = self.folder / "run"
        self.call(*self.train(run))
        epochs = self.check_stopped(run, 3)
        table = rows(run / "other.csv")
        mse = [table[epoch, "other", "test", "mse"] for epoch in range(1, epochs + 1)]
        self.assertEqual(len(set(mse[2:])), 1)  # it stood still from its third epoch on
        self.assertEqual(len(set(mse[:3])), 3)
        self.assertNotIn((epochs + 1, "other", "test", "mse"), table)

    def test_several_processes_stop_together(self):
        if not shutil.which("mpirun"):
            if os.environ.get("CI"):
                raise AssertionError("mpirun is not there: scripts/setup installs it")
            self.skipTest("mpirun is not there")
        ranks = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"]
        run = self.folder / "run"
        threads = ["--set", "run.threads=1"]
        command = [*ranks, *self.command(*self.train(run, *threads))]
        result = subprocess.run(command, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=200)
        self.assertEqual(result.returncode, 0, result.stdout)
        epochs = self.check_stopped(run, 3)
        self.assertEqual(result.stdout.count("stopped after epoch"), 1, result.stdout)
        # With more patience they go on together as well.
        before = (run / "checkpoint.h5").read_bytes()
        result = subprocess.run([*ranks, *self.command("resume", run, "-p", "patience=5")], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertGreater(self.check_stopped(run, 5), epochs)
        self.assertNotEqual((run / "checkpoint.h5").read_bytes(), before)

    def test_what_cannot_work_is_refused(self):
        text = self.call(*self.train(self.folder / "a", "--set", "nodes.train.stop_early.split=val"), code=78)
        self.assertIn("stop_early goes by the split 'val', which is never evaluated", text)
        self.call(*self.train(self.folder / "a", "--set", "nodes.train.stop_early.split=val", "--dry-run"), code=78)
        text = self.call(*self.train(self.folder / "b", "-p", "patience=0"), code=78)
        self.assertIn("'keep: best' goes by what 'train' finds best", text)


if __name__ == "__main__":
    unittest.main()
