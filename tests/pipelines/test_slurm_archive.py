"""An archive written by an array job under a real Slurm whose tasks are killed with SIGKILL again and again,
some of them started twice at once: every image is in it once, and its content is that of a serial run.
LATENTFLOW_SHARDS and LATENTFLOW_KILLS make it larger (200 and 100 are what a release is tried with)."""
import hashlib
import os
import random
import threading

from harness import *
from slurm_cluster import SlurmCluster, kill, need_slurm

SCRIPTS = ROOT / "scripts" / "slurm"
SHARDS = int(os.environ.get("LATENTFLOW_SHARDS", 8))
KILLS = int(os.environ.get("LATENTFLOW_KILLS", 6))


def content(archive):
    """{file: SHA-256} of what makes an archive: equal content is equal bytes."""
    files = [*sorted((archive / "shards").glob("*.h5")), archive / "index.h5", archive / "SHA256SUMS"]
    return {str(file.relative_to(archive)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def names(archive):
    """The images in an archive, as often as they are in it."""
    import h5py
    found = []
    for shard in sorted((archive / "shards").glob("*.h5")):
        with h5py.File(shard) as file:
            found += [path.decode() for path in file["path"][()]]
    return found


class Killer(threading.Thread):
    """Kills the processes of a random running task, all of them (the batch script and srun too) or only the
    program, and lets Slurm run the task again, until it has killed so often."""

    def __init__(self, slurm, job, kills, seed=1):
        super().__init__(daemon=True)
        self.slurm, self.job, self.left = slurm, job, kills
        self.killed, self.again = [], 0
        self.random = random.Random(seed)
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            self.restart()
            if self.left:
                self.strike()
            time.sleep(self.random.uniform(0.0, 0.3))

    def strike(self):
        tasks = [record for record in self.slurm.job(self.job) if record["JobState"] == "RUNNING"]
        if not tasks:
            return
        victim = self.random.choice(tasks)
        pids = self.slurm.processes(f"SLURM_JOB_ID={victim['JobId']}")
        programs = [pid for pid in pids if self.command(pid) == "pipeline"]
        if not programs:
            return  # not begun, or done
        whole = self.random.random() < 0.5
        for pid in pids if whole else programs:
            kill(pid)
        self.left -= 1
        self.killed.append(f"{victim['ArrayTaskId']} {'whole' if whole else 'program'}")

    def restart(self):
        """A task whose batch script was killed has failed; its user runs it again."""
        for record in self.slurm.job(self.job):
            if record["JobState"] == "FAILED":
                self.slurm.call("scontrol", "requeue", f"{record['ArrayJobId']}_{record['ArrayTaskId']}", check=False)
                self.again += 1
        self.slurm.hasten(self.job)

    @staticmethod
    def command(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            return ""


class SlurmArchive(PipelineTest):
    def setUp(self):
        need_slurm()
        super().setUp()
        self.images = self.make_images(SHARDS * 2, size=64)

    def plan(self, archive):
        self.call("run", "plan_archive", "-p", f"input={self.images}", "-p", f"archive={archive}",
                  "-p", "images_per_shard=2", "--set", f"run.out={self.folder / 'plan'}", "--quiet")

    def serial(self, archive):
        """What the archive has to be: written by one process, undisturbed."""
        where = ["-p", f"archive={archive}", "--set", f"run.out={self.folder / 'serial'}", "--quiet"]
        self.call("run", "archive", "-p", f"input={self.images}", *where)
        self.call("run", "finalise", *where)

    def array(self, slurm, archive, run):
        return slurm.sbatch(f"--array=0-{SHARDS - 1}", "--output=archive-%A_%a.log", f"--chdir={self.folder}",
                            "--cpus-per-task=1", "--mem=1G", SCRIPTS / "archive.sbatch", "-p", f"input={self.images}",
                            "-p", f"archive={archive}", "--set", f"run.out={run}", "--quiet",
                            LATENTFLOW=str(ROOT), PIPELINE=PIPELINE, REQUEUE_LIMIT="1000")

    def test_killed_and_started_twice(self):
        archive = self.folder / "archive"
        self.plan(archive)
        shutil.copytree(archive, self.folder / "whole")  # the same plan, which names its folders
        self.serial(self.folder / "whole")
        with SlurmCluster(cpus=4, kill_wait=2) as slurm:
            first = self.array(slurm, archive, "runs/first")
            twice = self.array(slurm, archive, "runs/twice")
            killers = [Killer(slurm, first, KILLS - KILLS // 3), Killer(slurm, twice, KILLS // 3, seed=2)]
            self.end(slurm, killers)
            print(f"{sum(len(k.killed) for k in killers)} killed, {sum(k.again for k in killers)} run again by hand")
            self.assertEqual([killer.left for killer in killers], [0, 0])
        self.call("run", "finalise", "-p", f"archive={archive}", "--set", f"run.out={self.folder / 'end'}", "--quiet")
        self.assertEqual(sorted(names(archive)), sorted(path.name for path in self.images.iterdir()))
        self.assertEqual(content(archive), content(self.folder / "whole"))

    def end(self, slurm, killers):
        """Waits until every task of both arrays has ended well."""
        for killer in killers:
            killer.start()
        limit = time.monotonic() + 120 + 10 * KILLS
        try:
            while any(set(slurm.states(killer.job)) != {"COMPLETED"} for killer in killers):
                self.assertLess(time.monotonic(), limit, slurm.call("squeue"))
                self.assertTrue(all(killer.is_alive() for killer in killers))
                time.sleep(0.5)
        finally:
            for killer in killers:
                killer.done.set()
                killer.join()


if __name__ == "__main__":
    unittest.main()
