"""A sweep as an array job of a real Slurm: a task for each trial, one of them killed and started again."""
from harness import *
from slurm_cluster import SlurmCluster, kill, need_slurm

SWEEP = ROOT / "scripts" / "slurm" / "sweep.sbatch"


class SlurmSweep(PipelineTest):
    def setUp(self):
        need_slurm()
        super().setUp()
        self.images = self.make_images(10)
        self.pipeline = self.folder / "p.yaml"
        self.pipeline.write_text(f"version: 1\ninclude: {ROOT / 'pipelines' / 'train_convolutional.yaml'}\n"
                                 "params: {epochs: {default: 60}}\n"
                                 "sweep: {over: {nodes.train.optimizer.rate: [0.001, 0.005]}, seeds: [1, 2]}\n")
        self.arguments = [self.pipeline, "-p", f"data={self.images}", "--set", f"run.out={self.folder / 'out'}",
                          "--set", "nodes.small.width=32", "--set", "nodes.small.height=32"]

    def log(self):
        return "".join(file.read_text() for file in sorted(self.folder.glob("log.*")))

    def submit(self, slurm, array, *arguments):
        return slurm.sbatch("--output=log.%a", f"--chdir={self.folder}", "--cpus-per-task=1", "--time=5",
                            f"--array={array}", SWEEP, *arguments, LATENTFLOW=str(ROOT), PIPELINE=PIPELINE)

    def kill_trial(self, slurm, trial):
        """The program of one task, once it has trained for some epochs."""
        metrics = self.folder / "out" / f"trial.{trial:03}" / "metrics.csv"
        for _ in range(2400):
            if metrics.exists() and any(key[0] >= 3 for key in rows(metrics)):
                for pid in slurm.processes(f"SLURM_ARRAY_TASK_ID={trial}"):
                    if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "pipeline":
                        return kill(pid)
            time.sleep(0.05)
        self.fail(f"it does not train: {self.log()}")

    def test_array(self):
        with SlurmCluster() as slurm:
            job = self.submit(slurm, "1-4", *self.arguments)
            self.kill_trial(slurm, 3)
            records = slurm.wait(job, timeout=240)
            self.assertEqual({record["JobState"] for record in records}, {"COMPLETED"}, f"{records} {self.log()}")
            self.assertRegex((self.folder / "log.3").read_text(), r"exit code 137 after \d+ s: killed; .*; requeued")
            text = self.call("sweep", *self.arguments, "--collect")
            self.assertEqual(text.count("2 of 2"), 2, text)
            self.call("run", *self.arguments, "--set", "run.threads=1", "--set", "run.seed=1", "--set",
                      "nodes.train.optimizer.rate=0.005", "--set", f"run.out={self.folder / 'one'}", "--quiet")
            self.assertEqual((self.folder / "one" / "checkpoint.h5").read_bytes(),
                             (self.folder / "out" / "trial.003" / "checkpoint.h5").read_bytes())

    def test_what_is_wrong_is_refused(self):
        with SlurmCluster() as slurm:
            job = self.submit(slurm, "9", *self.arguments)
            record, = slurm.wait(job)
            self.assertEqual((record["JobState"], record["ExitCode"]), ("FAILED", "78:0"), self.log())
            self.assertIn("there is no trial 9", self.log())


if __name__ == "__main__":
    unittest.main()
