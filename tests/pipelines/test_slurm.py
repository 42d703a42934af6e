"""Training under a real Slurm: stopped before the time limit, preempted, its node lost, and not run again
when there is no use."""
import os
import re

from harness import *
from slurm_cluster import SlurmCluster, kill, need_slurm

TRAIN = ROOT / "scripts" / "slurm" / "train.sbatch"


class Slurm(PipelineTest):
    EPOCHS = 60

    def setUp(self):
        need_slurm()
        super().setUp()
        self.images = self.make_images(20)

    def training(self, run):
        return ["train_convolutional", "-p", f"data={self.images}", "-p", f"epochs={self.EPOCHS}", "--set",
                f"run.out={run}", "--set", "nodes.small.width=64", "--set", "nodes.small.height=64"]

    def submit(self, slurm, *arguments, options=(), **environment):
        return slurm.sbatch("--output=log", f"--chdir={self.folder}", "--cpus-per-task=2", "--time=5", *options,
                            TRAIN, *arguments, **{"LATENTFLOW": str(ROOT), "PIPELINE": PIPELINE, **environment})

    def log(self):
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    def program(self, slurm, job, epochs=3):
        """The process that trains in a job, once it has gone so far."""
        metrics = self.folder / "run" / "metrics.csv"
        for _ in range(600):
            if metrics.exists() and any(key[0] >= epochs for key in rows(metrics)):
                for pid in slurm.processes(f"SLURM_JOB_ID={job}"):
                    if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "pipeline":
                        return pid
            time.sleep(0.05)
        self.fail(f"it does not train: {self.log()}")

    def stopped_by(self, slurm, job, number, act=lambda: None):
        """Lets Slurm send the program a signal. It stands still until then, so that it cannot be done before."""
        pid = self.program(slurm, job)
        end = time.monotonic() + 60
        os.kill(pid, signal.SIGSTOP)
        while not self.stands_still(pid, number):  # all of its threads
            self.assertLess(time.monotonic(), end)
        act()
        while self.stands_still(pid, number):
            self.assertLess(time.monotonic(), end, f"no signal {number}: {self.log()}")
            time.sleep(0.05)
        kill(pid, signal.SIGCONT)

    @staticmethod
    def stands_still(pid, number):
        """Whether a stopped process has had no signal yet; with some, Slurm sends SIGCONT of its own."""
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            return False
        pending = int(re.search(r"ShdPnd:\s*(\w+)", status)[1], 16) >> (number - 1) & 1
        return re.search(r"State:\s*T", status) and not pending

    def check_resumed(self, slurm, job, starts=2):
        """It was started again, went on, and came to what an uninterrupted run comes to. No number of
        starts: at least two."""
        record, = slurm.wait(job)
        self.assertEqual(record["JobState"], "COMPLETED", f"{record} {self.log()}")
        if starts is None:
            starts = int(record["Restarts"]) + 1
            self.assertGreater(starts, 1, self.log())
        self.assertEqual(record["Restarts"], str(starts - 1), self.log())
        for start in range(1, starts + 1):
            what = "run" if start == 1 else "resume"
            self.assertRegex(self.log(), rf"job {job}, start {start}, host n[12]: {PIPELINE} {what} ")
        self.assertRegex(self.log(), r"exit code 0 after \d+ s: done")
        self.call("run", *self.training(self.folder / "whole"), "--set", "run.threads=2", "--quiet")
        self.assertEqual((self.folder / "run" / "checkpoint.h5").read_bytes(),
                         (self.folder / "whole" / "checkpoint.h5").read_bytes())
        self.assertEqual(list(self.folder.glob(".run*")), [])

    def test_time_limit(self):
        with SlurmCluster() as slurm:
            job = self.submit(slurm, *self.training("run"), options=["--time=1", "--signal=USR1@50"])
            self.stopped_by(slurm, job, signal.SIGUSR1)
            self.check_resumed(slurm, job, starts=None)  # a slow machine comes to the limit again
            self.assertRegex(self.log(), r"exit code 75 after \d+ s: stopped by a signal; requeued")

    def check_preempted(self, grace):
        with SlurmCluster(grace=grace, kill_wait=20) as slurm:
            job = self.submit(slurm, *self.training("run"))
            others = []
            self.stopped_by(slurm, job, signal.SIGTERM, lambda: others.append(slurm.sbatch(
                "--partition=high", "--nodes=2", "--exclusive", "--output=/dev/null", "--wrap", "sleep 1")))
            self.assertEqual(slurm.wait(others[0])[0]["JobState"], "COMPLETED")
            self.check_resumed(slurm, job)
            self.assertRegex(self.log(), r"exit code 75 after \d+ s: stopped by a signal")

    def test_preempted_at_once(self):
        self.check_preempted(grace=0)

    def test_preempted_with_a_warning(self):
        self.check_preempted(grace=30)  # the program is done before Slurm would requeue it

    def test_node_lost(self):
        with SlurmCluster() as slurm:
            job = self.submit(slurm, *self.training("run"))
            os.kill(self.program(slurm, job), signal.SIGSTOP)
            slurm.kill_node(slurm.job(job)[0]["BatchHost"])
            self.check_resumed(slurm, job)

    def test_killed(self):
        with SlurmCluster() as slurm:
            job = self.submit(slurm, *self.training("run"))
            kill(self.program(slurm, job))
            self.check_resumed(slurm, job)
            self.assertRegex(self.log(), r"exit code 137 after \d+ s: killed; .*; requeued")

    def test_no_progress_has_an_end(self):
        with SlurmCluster() as slurm:
            # A program that is stopped before it has done anything, each time.
            program = self.folder / "stuck"
            program.write_text("#!/bin/sh\nexit 75\n")
            program.chmod(0o755)
            job = self.submit(slurm, "train_convolutional", "--set", "run.out=run", PIPELINE=str(program),
                              REQUEUE_LIMIT="2")
            record, = slurm.wait(job)
            self.assertEqual((record["JobState"], record["ExitCode"], record["Restarts"]), ("FAILED", "75:0", "2"),
                             self.log())
            self.assertIn("it has come no further in 2 starts", self.log())

    def test_cancelled(self):
        with SlurmCluster() as slurm:
            job = self.submit(slurm, *self.training("run"))
            self.stopped_by(slurm, job, signal.SIGTERM, lambda: slurm.call("scancel", job))
            record, = slurm.wait(job)
            self.assertEqual((record["JobState"], record["Restarts"]), ("CANCELLED", "0"), self.log())
            self.assertIn("unless it was cancelled", self.log())
            # What it left can be gone on with, but not be overwritten.
            again = self.submit(slurm, *self.training("run"))
            self.assertEqual(slurm.wait(again)[0]["ExitCode"], "78:0", self.log())
            self.assertIn("there is a run in run: give another folder", self.log())
            last = self.submit(slurm, "resume", "run")
            self.assertEqual(slurm.wait(last)[0]["JobState"], "COMPLETED", self.log())

    def test_a_wrong_configuration_is_not_requeued(self):
        with SlurmCluster() as slurm:
            job = self.submit(slurm, *self.training("run"), "--set", "nodes.small.heigth=64")
            record, = slurm.wait(job)
            self.assertEqual((record["JobState"], record["ExitCode"], record["Restarts"]), ("FAILED", "78:0", "0"))
            self.assertIn("did you mean 'height'?", self.log())
            self.assertRegex(self.log(), r"exit code 78 after \d+ s: the configuration is wrong.* Not requeued")


if __name__ == "__main__":
    unittest.main()
