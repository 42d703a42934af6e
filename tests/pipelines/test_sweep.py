"""Sweeps: trials beside each other, stopped and gone on with, failures named, one table."""
import csv

from harness import *

SMALL = ["--set", "nodes.small.width=32", "--set", "nodes.small.height=32"]


class Sweep(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(10)
        self.out = self.folder / "out"

    def write(self, sweep, epochs=2):
        file = self.folder / "p.yaml"
        file.write_text(f"version: 1\ninclude: {ROOT / 'pipelines' / 'train_convolutional.yaml'}\n"
                        f"params: {{epochs: {{default: {epochs}}}}}\nsweep:\n{sweep}")
        return file

    def arguments(self, pipeline, *more):
        return ["sweep", pipeline, "-p", f"data={self.images}", "--set", f"run.out={self.out}", *SMALL, *more]

    def check_second_trial(self, pipeline):
        """It is what a run with the same settings is."""
        self.call("run", pipeline, "-p", f"data={self.images}", *SMALL, "--set", "run.seed=2", "--set",
                  "run.threads=1", "--set", "nodes.train.optimizer.rate=0.001", "--set",
                  f"run.out={self.folder / 'one'}")
        self.assertEqual((self.folder / "one" / "checkpoint.h5").read_bytes(),
                         (self.out / "trial.002" / "checkpoint.h5").read_bytes())

    def table(self):
        with open(self.out / "sweep.csv") as file:
            return list(csv.DictReader(file))

    GRID = "  over: {nodes.train.optimizer.rate: [0.001, 0.005]}\n  seeds: [1, 2]\n  processes: 2\n"

    def test_grid(self):
        pipeline = self.write(self.GRID)
        listed = self.call(*self.arguments(pipeline, "--list"))
        self.assertIn("1\tnot begun\trate 0.001, seed 1\t", listed)
        self.assertIn("--array=1-4", listed)
        text = self.call(*self.arguments(pipeline))
        self.assertIn("| rate  | test mse |", text)
        table = self.table()
        columns = ("nodes.train.optimizer.rate", "seed", "state", "epoch")
        self.assertEqual([tuple(row[column] for column in columns) for row in table],
                         [(rate, seed, "done", "2") for rate in ("0.001", "0.005") for seed in ("1", "2")])
        for row in table:
            run = self.out / row["folder"]
            self.assertEqual(rows(run / "metrics.csv")[2, "convolutional", "test", "mse"], float(row["test_mse"]))
        means = {rate: sum(float(row["test_mse"]) for row in table if row["nodes.train.optimizer.rate"] == rate)
                 for rate in ("0.001", "0.005")}
        best = min(means, key=means.get)
        lines = (self.out / "sweep.md").read_text().splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("|---"))
        self.assertTrue(lines[first + 1].startswith(f"| {best} |"), lines)
        self.check_second_trial(pipeline)
        # Again: nothing is done twice.
        before = (self.out / "trial.001" / "checkpoint.h5").stat().st_mtime_ns
        self.assertIn("4 of 4 trials are done already", self.call(*self.arguments(pipeline)))
        self.assertEqual((self.out / "trial.001" / "checkpoint.h5").stat().st_mtime_ns, before)
        # Another grid does not take these for its own.
        self.write(self.GRID.replace("0.001", "0.002"))
        self.assertIn("rate was 0.001, and is 0.002", self.call(*self.arguments(pipeline), code=78))

    def test_stopped_and_gone_on_with(self):
        pipeline = self.write(self.GRID, epochs=40)
        process = subprocess.Popen(self.command(*self.arguments(pipeline)), cwd=self.folder, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(1200):
            if (self.out / "trial.002" / "metrics.csv").exists():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        text = process.communicate(timeout=200)[0]
        self.assertEqual(process.returncode, 75, text)
        self.assertIn("the same command goes on", text)
        self.assertIn("not begun", self.call(*self.arguments(pipeline, "--list")))
        self.assertIn("not begun", self.call(*self.arguments(pipeline, "--collect"), code=70))
        stopped = (self.out / "trial.002" / "checkpoint.h5").read_bytes()
        self.call(*self.arguments(pipeline))
        self.assertNotEqual((self.out / "trial.002" / "checkpoint.h5").read_bytes(), stopped)
        self.assertEqual({row["state"] for row in self.table()}, {"done"})
        self.check_second_trial(pipeline)

    def test_killed_leaves_nobody_behind(self):
        pipeline = self.write(self.GRID, epochs=1000)
        process = subprocess.Popen(self.command(*self.arguments(pipeline)), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(1200):
            if (self.out / "trial.001" / "metrics.csv").exists():
                break
            time.sleep(0.05)
        process.kill()
        process.wait()
        for _ in range(600):
            left = [entry for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()
                    and str(self.out).encode() in self.read(entry / "cmdline")]
            if not left:
                return
            time.sleep(0.05)
        self.fail(f"still there: {left}")

    @staticmethod
    def read(file):
        try:
            return file.read_bytes()
        except OSError:
            return b""

    def test_failures_are_named(self):
        (self.images / "bad.tif").write_text("no image")
        pipeline = self.write("  over: {run.quarantine_limit: [0, 5]}\n")
        text = self.call(*self.arguments(pipeline), code=65)
        self.assertIn("trial 1 (quarantine_limit 0): exit code 65; see ", text)
        self.assertEqual([row["state"] for row in self.table()], ["exit code 65", "done"])
        self.assertIn("bad.tif", (self.out / "trial.001.log").read_text())

    def test_one_trial(self):
        pipeline = self.write(self.GRID)
        self.assertIn("done", self.call(*self.arguments(pipeline, "--trial", 3)))
        self.assertIn("finished", self.call(*self.arguments(pipeline, "--trial", 3)))
        environment = {**os.environ, "SLURM_ARRAY_TASK_ID": "4"}
        self.call(*self.arguments(pipeline), env=environment)
        self.assertFalse((self.out / "trial.001").exists())
        self.assertTrue((self.out / "trial.004" / "checkpoint.h5").exists())
        self.assertIn("there is no trial 5", self.call(*self.arguments(pipeline, "--trial", 5), code=64))

    def test_faults_are_told_before_anything_runs(self):
        pipeline = self.write("  over: {nodes.train.optimizer.rat: [0.1], nodes.batch.size: [8, 0]}\n")
        text = self.call(*self.arguments(pipeline), code=78)
        self.assertIn(f"{pipeline}:5:38: unknown option 'rat' of optimizer adam; did you mean 'rate'?", text)
        self.assertIn(f"{pipeline}:5:66: 'size' must be", text)
        self.write(self.GRID)
        text = self.call("sweep", pipeline, "-p", "data=nowhere", "--set", f"run.out={self.out}", code=78)
        self.assertIn("there is no file or folder nowhere", text)
        self.assertFalse(self.out.exists())
        self.assertIn("has no section 'sweep'", self.call("sweep", "train_gan", code=78))

    def test_those_that_ship(self):
        for model in (name + what for name in ("convolutional", "fully_connected", "gan") for what in ("", "_widths")):
            out = self.folder / model
            options = ["-p", f"data={self.images}", "-p", "epochs=1", *SMALL]
            self.assertIn("valid", self.call("validate", f"sweep_{model}", *options))
            self.call("sweep", f"sweep_{model}", *options, "--set", f"run.out={out}", "--trial", 1)
            self.assertTrue((out / "trial.001" / "metrics.csv").exists())


if __name__ == "__main__":
    unittest.main()
