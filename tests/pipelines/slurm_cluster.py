"""A real Slurm on this machine: slurmctld and two slurmd as the calling user, with configuration, ports,
state and logs of their own, so that no other Slurm of the machine is used or touched. It needs neither
systemd, cgroups nor munge."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

# One partition, low, is what jobs get; a job in high takes nodes from it. GraceTime is what the others
# have left then; KillWait what they have after Slurm's SIGTERM at any other end.
CONFIGURATION = """
ClusterName=latentflow
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
ReturnToService=2
SlurmdTimeout=5
KillWait={kill_wait}
MinJobAge=3600
MaxArraySize=2000
JobRequeue=1
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0,default_queue_depth=1000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName={nodes} NodeHostname={host} NodeAddr=127.0.0.1 Port={node_ports} CPUs={cpus} RealMemory=64000 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime={grace}
PartitionName=high Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10
"""


def need_slurm():
    """Without a Slurm to start, tests fail in CI and are skipped, saying so, elsewhere."""
    missing = [program for program in PROGRAMS if not shutil.which(program, path=PATH)]
    if missing:
        message = f"no {', '.join(missing)}: Slurm is not installed here (scripts/setup --ci does)"
        if os.environ.get("CI"):
            raise AssertionError(message)
        raise unittest.SkipTest(message)


def free_ports(count):
    """Consecutive ports, all free at the moment, below those that the kernel gives to clients."""
    for first in range(17000 + os.getpid() % 1000 * 10, 32000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for offset, one in enumerate(sockets):
                one.bind(("127.0.0.1", first + offset))
            return list(range(first, first + count))
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise RuntimeError("no free ports")


class SlurmCluster:
    """with SlurmCluster() as slurm: slurm.wait(slurm.sbatch("job.sh"))"""

    def __init__(self, cpus=4, grace=0, kill_wait=5):
        """Nodes n1 and n2 of `cpus` each, whatever the machine has; times in seconds."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="latentflow-slurm-"))
        self.daemons = {}
        ports = free_ports(3)
        configuration = self.folder / "slurm.conf"
        configuration.write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], user=pwd.getpwuid(os.getuid()).pw_name,
            folder=self.folder, ports=ports, nodes="n[1-2]", node_ports=f"[{ports[1]}-{ports[2]}]",
            cpus=cpus, grace=grace, kill_wait=kill_wait))
        (self.folder / "state").mkdir()
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("SLURM", "SBATCH", "SRUN"))}
        self.environment = {**kept, "PATH": PATH, "SLURM_CONF": str(configuration)}

    def __enter__(self):
        try:
            self._start("slurmctld", "slurmctld", "-D", "-i")
            for node in ("n1", "n2"):
                (self.folder / f"spool.{node}").mkdir()
                self.start_node(node)
            self._until(lambda: self.call("sinfo", "-h", "-N", "-p", "low", "-o", "%T", check=False)
                        .split() == ["idle", "idle"], 30, "both nodes idle")
        except BaseException:
            print(self.logs())
            self.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None and not issubclass(kind, unittest.SkipTest):
            print(self.logs())
        self.stop()

    def _start(self, name, *command, **environment):
        # A group of their own: Ctrl-C in the terminal must not end them before the jobs.
        with open(self.folder / f"{name}.out", "ab") as out:
            self.daemons[name] = subprocess.Popen(command, env={**self.environment, **environment}, stdout=out,
                                                  stderr=out, start_new_session=True)

    def start_node(self, node):
        self._start(node, "slurmd", "-D", "-N", node, LATENTFLOW_NODE=node)

    def kill_node(self, node):
        """As when a machine loses power: the daemon and all that runs under it, at once."""
        self.daemons[node].kill()
        self.daemons[node].wait()
        # What slurmd starts for a step inherits its environment; a step's processes have one of Slurm's.
        gone = self.processes(f"LATENTFLOW_NODE={node}") + self.processes(f"SLURMD_NODENAME={node}")
        for number in (signal.SIGSTOP, signal.SIGKILL):  # none may report the death of another
            for pid in gone:
                kill(pid, number)

    def processes(self, *variables):
        """The processes of jobs, or those with `variables` ("NAME=VALUE") in their environment too."""
        wanted = {f"SLURM_CONF={self.environment['SLURM_CONF']}".encode(),
                  *(variable.encode() for variable in variables)}
        daemons = {process.pid for process in self.daemons.values()}
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) in daemons:
                continue
            try:
                if wanted <= set((entry / "environ").read_bytes().split(b"\0")):
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended, or is another user's
        return found

    def stop(self):
        """Ends all jobs, daemons and what they left behind."""
        for name in (*sorted(name for name in self.daemons if name != "slurmctld"), "slurmctld"):
            if name in self.daemons:
                self.daemons[name].kill()
                self.daemons[name].wait()
        for _ in range(50):  # a job's process may start another while we look
            left = self.processes()
            if not left:
                break
            for pid in left:
                kill(pid)
            time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, *command, check=True, **environment):
        """A Slurm command's output."""
        result = subprocess.run([str(part) for part in command], env={**self.environment, **environment},
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        if check and result.returncode != 0:
            raise AssertionError(f"{command} ended with {result.returncode}: {result.stdout}")
        return result.stdout

    def sbatch(self, *arguments, **environment):
        """Submits; gives the job's id."""
        return self.call("sbatch", "--parsable", *arguments, **environment).strip()

    def job(self, job):
        """What Slurm says of a job (an array: of each of its tasks): a list of dicts."""
        text = self.call("scontrol", "show", "job", "-o", job)
        return [dict(word.split("=", 1) for word in line.split() if "=" in word)
                for line in text.splitlines() if line.startswith("JobId=")]

    def states(self, job):
        return [record["JobState"] for record in self.job(job)]

    def wait(self, job, timeout=120):
        """Until the job (all tasks of an array) has ended for good; gives its records."""
        ended = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}

        def done():
            self.hasten(job)
            return set(self.states(job)) <= ended

        self._until(done, timeout, f"job {job} ended", lambda: self.call("squeue"))
        return self.job(job)

    def hasten(self, job):
        """Starts what was requeued: Slurm holds it for two minutes. A few seconds there must be, or the
        node still refuses it."""
        for record in self.job(job):
            requeued = time.mktime(time.strptime(record["SubmitTime"], "%Y-%m-%dT%H:%M:%S"))
            if record["Reason"] == "BeginTime" and time.time() - requeued > 3:
                task = record.get("ArrayTaskId")
                name = record["JobId"] if task is None else f"{record['ArrayJobId']}_{task}"
                self.call("scontrol", "update", f"JobId={name}", "StartTime=now", check=False)

    def wait_for(self, job, state, timeout=30):
        self._until(lambda: state in self.states(job), timeout, f"job {job} {state}",
                    lambda: self.call("squeue"))

    def _until(self, condition, timeout, what, explain=lambda: ""):
        end = time.monotonic() + timeout
        while not condition():
            dead = [name for name, process in self.daemons.items() if process.poll() not in (None, -9)]
            if dead:
                raise AssertionError(f"{', '.join(dead)} ended while waiting for: {what}")
            if time.monotonic() > end:
                raise AssertionError(f"not within {timeout} s: {what}\n{explain()}")
            time.sleep(0.2)

    def logs(self):
        """The ends of the daemons' logs and what they wrote."""
        parts = []
        for file in sorted([*self.folder.glob("*.log"), *self.folder.glob("*.out")]):
            text = file.read_text(errors="replace").splitlines()
            if text:
                parts.append("\n".join([f"--- {file.name}", *text[-60:]]))
        return "\n".join(parts)


def kill(pid, number=signal.SIGKILL):
    """A signal to a process that may have ended already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
