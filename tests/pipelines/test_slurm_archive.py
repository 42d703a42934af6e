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
SHARDS = int(os.environ.get("LATENTFLOW_SHARDS", 12))
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

    def __init__(self, slurm, jobs, kills):
        super().__init__(daemon=True)
        self.slurm, self.jobs, self.left = slurm, jobs, kills
        self.scripts, self.again = 0, 0
        self.random = random.Random(1)
        self.done = threading.Event()

    def run(self):
        looked = 0.0
        while not self.done.is_set():
            if self.left:
                self.strike()
            if time.monotonic() - looked > 1:
                self.restart()
                looked = time.monotonic()
            time.sleep(self.random.uniform(0.0, 0.2))

    def strike(self):
        programs = [pid for pid in self.slurm.processes() if self.read(pid, "comm") == b"pipeline\n"]
        if not programs:
            return
        victim = self.random.choice(programs)
        job = [name for name in self.read(victim, "environ").split(b"\0") if name.startswith(b"SLURM_JOB_ID=")]
        whole = self.random.random() < 0.5
        for pid in self.slurm.processes(job[0].decode()) if whole and job else [victim]:
            kill(pid)
        self.scripts += whole
        self.left -= 1

    def restart(self):
        """A task whose batch script was killed has failed; its user runs it again."""
        for job in self.jobs:
            for record in self.slurm.job(job):
                if record["JobState"] == "FAILED":
                    self.slurm.call("scontrol", "requeue", f"{job}_{record['ArrayTaskId']}")
                    self.again += 1
            self.slurm.hasten(job)

    @staticmethod
    def read(pid, file):
        try:
            return pathlib.Path(f"/proc/{pid}/{file}").read_bytes()
        except OSError:
            return b""  # it has ended


class SlurmArchive(PipelineTest):
    def setUp(self):
        need_slurm()
        super().setUp()
        self.images = self.make_images(SHARDS * 2, size=64)

    def plan(self, archive):
        self.call("run", "plan_archive", "-p", f"input={self.images}", "-p", f"archive={archive}",
                  "-p", "shard_images=2", "--set", f"run.out={self.folder / 'plan'}", "--quiet")

    def serial(self, archive):
        """What the archive has to be: written by one process, undisturbed."""
        where = ["-p", f"archive={archive}", "--set", f"run.out={self.folder / 'serial'}", "--quiet"]
        self.call("run", "archive", "-p", f"input={self.images}", *where)
        self.call("run", "finalise", *where)

    def array(self, slurm, archive, run):
        return slurm.sbatch(f"--array=0-{SHARDS - 1}%4", "--output=archive-%A_%a.log", f"--chdir={self.folder}",
                            "--cpus-per-task=1", "--mem=1G", SCRIPTS / "archive.sbatch", "-p", f"input={self.images}",
                            "-p", f"archive={archive}", "--set", f"run.out={run}", "--quiet",
                            LATENTFLOW=str(ROOT), PIPELINE=PIPELINE, REQUEUE_LIMIT="1000")

    def test_killed_and_started_twice(self):
        archive = self.folder / "archive"
        self.plan(archive)
        shutil.copytree(archive, self.folder / "whole")  # the same plan, which names its folders
        self.serial(self.folder / "whole")
        with SlurmCluster(cpus=4, kill_wait=2) as slurm:
            # Half of the CPUs for each: they go through the same shards side by side, for whoever is
            # behind has nothing to do until it has caught up.
            jobs = [self.array(slurm, archive, run) for run in ("runs/first", "runs/twice")]
            killer = Killer(slurm, jobs, KILLS)
            self.end(slurm, killer)
            print(f"{KILLS - killer.left} killed, {killer.scripts} of them with the batch script; "
                  f"{killer.again} run again by hand")
            self.assertEqual(killer.left, 0, "the archive was done before all kills were")
        self.call("run", "finalise", "-p", f"archive={archive}", "--set", f"run.out={self.folder / 'end'}", "--quiet")
        self.assertEqual(sorted(names(archive)), sorted(path.name for path in self.images.iterdir()))
        self.assertEqual(content(archive), content(self.folder / "whole"))

    def end(self, slurm, killer):
        """Waits until every task of both arrays has ended well."""
        limit = time.monotonic() + 120 + 10 * KILLS
        killer.start()
        try:
            while any(set(slurm.states(job)) != {"COMPLETED"} for job in killer.jobs):
                self.assertLess(time.monotonic(), limit, slurm.call("squeue"))
                self.assertTrue(killer.is_alive())
                time.sleep(0.5)
        finally:
            killer.done.set()
            killer.join()


if __name__ == "__main__":
    unittest.main()
