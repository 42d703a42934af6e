"""Two network namespaces as two hosts, and the link between them taken down while they train.

Needs root and iproute2; the hosts are made and removed here, and nothing else on the machine is touched.
"""
import sys

from harness import *

AGENT = r"""#!/bin/bash
# Stands in for ssh: agent HOST COMMAND...
host=$1; shift
exec ip netns exec "$host" unshare -u bash -c "hostname $host; $*"
"""


def needs(condition, message):
    if condition:
        return
    if os.environ.get("CI"):
        raise AssertionError(message)
    raise unittest.SkipTest(message)


class Network(PipelineTest):
    def setUp(self):
        super().setUp()
        needs(os.geteuid() == 0, "two namespaces as two hosts: only root can make them")
        needs(shutil.which("ip"), "iproute2 is not there: scripts/setup --ci installs it")
        needs(shutil.which("mpirun"), "mpirun is not there: scripts/setup installs it")
        self.hosts = [f"lf{os.getpid()}a", f"lf{os.getpid()}b"]
        self.addCleanup(self.remove_hosts)
        try:
            self.make_hosts()
        except subprocess.CalledProcessError as error:
            needs(False, f"network namespaces cannot be made here: {error}")
        self.images = self.make_images(24, size=64)

    def ip(self, *arguments, check=True):
        subprocess.run(["ip", *arguments], check=check, stderr=subprocess.DEVNULL if not check else None)

    def make_hosts(self):
        for host in self.hosts:
            self.ip("netns", "add", host)
            names = pathlib.Path("/etc/netns") / host / "hosts"  # what /etc/hosts is in there
            names.parent.mkdir(parents=True)
            names.write_text("127.0.0.1 localhost\n" +
                             "".join(f"10.99.7.{i + 1} {name}\n" for i, name in enumerate(self.hosts)))
        first, second = self.hosts
        self.ip("link", "add", "eth0", "netns", first, "type", "veth", "peer", "name", "eth0", "netns", second)
        for i, host in enumerate(self.hosts):
            self.ip("-n", host, "addr", "add", f"10.99.7.{i + 1}/24", "dev", "eth0")
            self.ip("-n", host, "link", "set", "eth0", "up")
            self.ip("-n", host, "link", "set", "lo", "up")

    def remove_hosts(self):
        for host in self.hosts:
            self.ip("netns", "del", host, check=False)
            shutil.rmtree(pathlib.Path("/etc/netns") / host, True)

    def start(self, *arguments):
        """As on the first host: mpirun with two ranks on each, which talk by TCP."""
        agent = self.folder / "agent"
        agent.write_text(AGENT)
        agent.chmod(0o755)
        options = {"plm_rsh_agent": agent, "plm_rsh_no_tree_spawn": 1, "oob_tcp_if_include": "10.99.7.0/24",
                   "btl_tcp_if_include": "10.99.7.0/24", "btl": "tcp,self", "pml": "ob1"}
        command = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "4",
                   "--host", ",".join(f"{host}:2" for host in self.hosts)]
        for name, value in options.items():
            command += ["--mca", name, str(value)]
        return subprocess.Popen([str(agent), self.hosts[0], "exec", *command, *self.command(*arguments)], text=True,
                                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def processes(self):
        """All that still run in the namespaces."""
        found = []
        for host in self.hosts:
            result = subprocess.run(["ip", "netns", "pids", host], stdout=subprocess.PIPE, text=True, check=True)
            found += result.stdout.split()
        return found

    def test_a_link_taken_down_ends_the_job(self):
        run = self.folder / "run"
        small = ["--set", "nodes.small.width=64", "--set", "nodes.small.height=64", "--set", "run.threads=1"]
        process = self.start("run", "train_convolutional", "-p", f"data={self.images}", "-p", "epochs=100000",
                             "--set", f"run.out={run}", *small, "--quiet")
        deadline = time.monotonic() + 60
        while not (run / "metrics.csv").exists():
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(process.poll(), "it did not start")
            time.sleep(0.1)
        time.sleep(1)
        self.ip("-n", self.hosts[1], "link", "set", "eth0", "down")
        start = time.monotonic()
        output, _ = process.communicate(timeout=120)
        ended = time.monotonic() - start
        print(f"ended {ended:.0f} s after the link was down, with {process.returncode}", file=sys.stderr)
        self.assertLess(ended, 60, output)
        self.assertNotEqual(process.returncode, 0, output)
        self.assertIn("no sign of life", output)
        while self.processes() and time.monotonic() - start < 60:
            time.sleep(0.5)
        self.assertEqual(self.processes(), [])  # on the other host too
        self.assertTrue((run / "checkpoint.h5").exists())


if __name__ == "__main__":
    unittest.main()
