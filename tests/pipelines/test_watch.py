"""What a run shows while it goes on: on a terminal, as lines or JSON, to `top`, and to Prometheus."""
import fcntl
import json
import pty
import re
import select
import struct
import termios
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families
import pyte

from harness import *

SMALL = ["--set", "nodes.small.width=32", "--set", "nodes.small.height=32"]
NODES = ["files", "image", "small", "augment", "batch", "train", "score", "save", "latents", "keep", "sheet", "csv",
         "table"]


class Terminal:
    """A program in a pseudo-terminal, and the screen that a person would see."""

    def __init__(self, command, cwd, columns=80, rows=30, **environment):
        self.screen = pyte.HistoryScreen(columns, rows, history=10000)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.most_tables = 0  # that stood on the screen at once
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        self.process = subprocess.Popen(command, cwd=cwd, stdin=slave, stdout=slave, stderr=slave,
                                        env={**env, "TERM": "xterm-256color", **environment}, start_new_session=True)
        os.close(slave)

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def read(self, seconds):
        """Whether there is more to come."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            data = b""
        self.raw += data
        self.stream.feed(data)
        if data.endswith(b"\x1b[J"):  # a picture is whole
            tables = sum(bool(re.match(r"node +.*done", line)) for line in self.lines())
            self.most_tables = max(self.most_tables, tables)
        return bool(data)

    def read_until(self, text, seconds=100):
        end = time.monotonic() + seconds
        while text not in self.text():
            if time.monotonic() > end or not self.read(1):
                raise AssertionError(f"no {text!r} in:\n{self.text()}\n{self.raw[-2000:]}")

    def read_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.2)

    def read_to_end(self, seconds=200):
        end = time.monotonic() + seconds
        while self.read(1):
            assert time.monotonic() < end, self.text()
        code = self.process.wait(timeout=60)
        os.close(self.master)
        return code

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        above = ["".join(line[i].data for i in range(self.screen.columns)).rstrip()
                 for line in self.screen.history.top]
        return "\n".join(above + self.lines()).rstrip()


def widths(raw):
    plain = re.sub(rb"\x1b\[[0-9;]*[A-Za-z]", b"", raw).decode(errors="replace")
    return [len(line) for line in re.split(r"[\r\n]+", plain)]


class Watch(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(10)
        self.out = self.folder / "run"

    def train(self, epochs, *more):
        return self.command("run", "train_convolutional", "-p", f"data={self.images}", "-p", f"epochs={epochs}",
                            "--set", f"run.out={self.out}", *SMALL, *more)

    def start(self, epochs, *more, **options):
        process = subprocess.Popen(self.train(epochs, *more), cwd=self.folder, text=True, **options)
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stderr and process.stderr.close()))
        return process

    def wait_for(self, what, seconds=60):
        end = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def last(self):
        return json.loads((self.out / "run.json").read_text())


class OnATerminal(Watch):
    def test_it_is_drawn_in_place(self):
        (self.images / "broken\x1b[2J.tif").write_bytes(b"not a TIFF")
        terminal = Terminal(self.train(5, "--set", "run.quarantine_limit=1"), self.folder)
        self.assertEqual(terminal.read_to_end(), 0)
        text = terminal.text()
        self.assertEqual(terminal.most_tables, 1, text)
        self.assertLess(max(widths(terminal.raw.split(b"quarantined by")[0])), 80)
        for node in NODES:
            self.assertRegex(text, rf"(?m)^{node} +\S+ +\d+ +\d+")
        for part in ("train_convolutional  ended", "epoch 5/5", "1 quarantined", "[####", "100%", "convolutional.",
                     "done; 1 bad inputs were set aside"):
            self.assertIn(part, text)
        self.assertEqual(text.count("quarantined by image"), 1)
        self.assertEqual(text.count("| convolutional |"), 1)  # what a node prints stands above
        self.assertNotIn(b"\x1b[2J", terminal.raw)
        self.assertNotIn(b"\x1b[?", terminal.raw)  # no mode that a killed run would leave
        self.assertIn(b"\x1b[31m", terminal.raw)   # the node that failed

    def test_a_window_may_change(self):
        terminal = Terminal(self.train(100000), self.folder, NO_COLOR="1")
        terminal.read_until("/100000")
        self.assertNotRegex(terminal.raw, rb"\x1b\[[0-9;]*m")
        for columns, rows in ((40, 12), (20, 6), (120, 50)):
            terminal.resize(columns, rows)
            terminal.read_for(1)
            start = len(terminal.raw)
            terminal.read_for(1.5)
            drawn = widths(terminal.raw[start:])
            self.assertGreater(len(drawn), 5)
            self.assertLess(max(drawn), columns)
            self.assertLess(terminal.raw[start:].split(b"\x1b[J")[1].count(b"\n"), rows)
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.read_to_end(), 75)
        self.assertIn("stopped; go on with: pipeline resume", terminal.text())

    def test_a_dumb_terminal_gets_lines(self):
        terminal = Terminal(self.train(2), self.folder, TERM="dumb")
        self.assertEqual(terminal.read_to_end(), 0)
        self.assertNotIn(b"\x1b", terminal.raw)
        self.assertIn(b" items in ", terminal.raw)


class AsJson(Watch):
    def entries(self, text):
        entries = [json.loads(line) for line in text.splitlines()]
        for entry in entries:
            self.assertEqual(sorted(entry), ["event", "figures", "level", "message", "node", "time"])
        return entries

    def run_for(self, arguments, code):
        result = subprocess.run(arguments, cwd=self.folder, text=True, capture_output=True, timeout=280)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stdout, self.entries(result.stderr)

    def test_a_run(self):
        (self.images / "broken.tif").write_bytes(b"not a TIFF")
        self.train(1)
        out, entries = self.run_for(self.train(2, "--log-format", "json"), 65)
        bad = [entry for entry in entries if entry["event"] == "quarantine"]
        self.assertEqual(len(bad), 1)
        self.assertEqual((bad[0]["node"], bad[0]["level"]), ("image", "warning"))
        self.assertIn("broken.tif", bad[0]["message"])
        end = entries[-1]
        self.assertEqual((end["event"], end["level"]), ("end", "error"))
        self.assertIn("bad inputs were set aside", end["message"])
        self.assertEqual(end["figures"]["exit_code"], 65)
        self.assertEqual(end["figures"]["quarantined"], 1)
        self.assertGreater(end["figures"]["items"], 20)
        self.assertEqual(out.splitlines()[-1], str(self.out))
        _, entries = self.run_for(self.train(2, "--log-format=json", "--set", "run.quarantine_limit=1"), 0)
        self.assertEqual([entry["event"] for entry in entries], ["note", "quarantine", "end"])
        self.assertEqual(entries[-1]["level"], "info")

    def test_errors(self):
        for arguments, code in ((["run", "nowhere.yaml", "--log-format", "json"], 78),
                                (["rnu", "x", "--log-format=json"], 64),
                                (["run", "train_gan", "--frobnicate", "--log-format", "json"], 64),
                                (["top", "nowhere", "--log-format", "json"], 64)):
            _, entries = self.run_for(self.command(*arguments), code)
            self.assertGreater(len(entries), 0)
            for entry in entries:
                self.assertEqual((entry["level"], entry["event"]), ("error", "error"))
        errors = self.folder / "bad.yaml"
        errors.write_text("version: 1\nname: bad\nnodes:\n  a: {op: resise}\n  b: {op: resize, in: c}\n")
        _, entries = self.run_for(self.command("run", errors, "--log-format", "json"), 78)
        self.assertGreater(len(entries), 1)
        self.assertIn("did you mean 'resize'", entries[0]["message"])


class Top(Watch):
    def test_it_shows_a_run_to_its_end(self):
        run = self.start(100000, "--quiet")
        self.wait_for((self.out / "status.json").exists)
        status = json.loads((self.out / "status.json").read_text())
        self.assertEqual(status["pid"], run.pid)
        self.assertEqual(status["host"], os.uname().nodename)
        self.assertLess(abs(status["started"] - time.time()), 60)
        once = self.call("top", self.out, "--once")
        self.assertIn("train_convolutional  running", once)
        for node in NODES:
            self.assertRegex(once, rf"(?m)^{node} ")
        terminal = Terminal(self.command("top", self.out), self.folder)
        terminal.read_until("epoch ")
        before = terminal.text()
        self.wait_for(lambda: terminal.read(0.2) and terminal.text() != before)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(timeout=120), 75)
        self.assertEqual(terminal.read_to_end(), 0)
        self.assertEqual(terminal.most_tables, 1, terminal.text())
        self.assertIn("ended with exit code 75: stopped", terminal.text())
        self.assertFalse((self.out / "status.json").exists())
        ended = self.call("top", self.out)
        self.assertIn("ended with exit code 75", ended)
        self.assertIn("train ", ended)
        self.assertEqual(list(self.out.glob(".status*")), [])

    def test_a_killed_run_is_told_from_one_that_lives(self):
        run = self.start(100000, "--quiet")
        self.wait_for((self.out / "status.json").exists)
        self.wait_for((self.out / "checkpoint.h5").exists)
        run.kill()
        os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOWAIT)
        self.assertIn("is gone", self.call("top", self.out, code=70))  # a zombie is no process
        run.wait()
        text = self.call("top", self.out, code=70)
        self.assertIn(f"its process ({run.pid} on ", text)
        self.assertIn("pipeline resume", text)
        # Resumed, it lives again; its end is shown, not that of its forerunner.
        resumed = subprocess.Popen(self.command("resume", self.out, "--quiet"), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for(lambda: f'"pid": {resumed.pid}' in (self.out / "status.json").read_text())
        self.assertIn("running", self.call("top", self.out, "--once"))
        resumed.terminate()
        self.assertEqual(resumed.wait(timeout=120), 75)

    def test_another_host(self):
        """A file from elsewhere is judged by whether it is fresh."""
        self.out.mkdir()
        (self.out / "resolved.yaml").write_text("version: 1\n")
        status = {"name": "far", "host": "elsewhere", "pid": 1, "written": time.time(), "started": time.time()}
        (self.out / "status.json").write_text(json.dumps(status))
        self.assertIn("far  running", self.call("top", self.out))
        (self.out / "status.json").write_text(json.dumps({**status, "written": time.time() - 100}))
        self.assertIn("(1 on elsewhere) is gone", self.call("top", self.out, code=70))

    def test_what_is_no_run(self):
        self.assertIn("is not the folder of a run", self.call("top", self.images, code=78))
        self.assertIn("is not the folder of a run", self.call("top", self.folder / "nowhere", code=78))
        self.out.mkdir()
        (self.out / "resolved.yaml").write_text("version: 1\n")
        self.assertIn("came to no end", self.call("top", self.out, code=70))


class Metrics(Watch):
    def parse(self, text):
        """{(name, node or name or None): value}, by Prometheus's own parser."""
        values = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self.assertEqual(sample.labels["run"], str(self.out))
                key = sample.name, sample.labels.get("node", sample.labels.get("name"))
                self.assertNotIn(key, values)
                values[key] = sample.value
        return values

    def test_file(self):
        file = self.folder / "textfile" / "run.prom"
        file.parent.mkdir()
        subprocess.run(self.train(2, "--quiet", "--metrics", file), cwd=self.folder, check=True, timeout=280,
                       stdout=subprocess.DEVNULL)
        values = self.parse(file.read_text())
        self.assertEqual(values["latentflow_running", None], 0)
        self.assertEqual(values["latentflow_exit_code", None], 0)
        self.assertEqual(values["latentflow_epochs", None], 2)
        self.assertEqual(values["latentflow_items_total", None], values["latentflow_items_planned", None])
        run = self.last()
        for node in run["profile"]:
            self.assertEqual(values["latentflow_node_values_total", node["id"]], node["values"])
        self.assertGreater(values["latentflow_node_busy_seconds_total", "train"], 0)
        self.assertTrue(any(name == "latentflow_figure" for name, _ in values))
        self.assertEqual(os.listdir(file.parent), ["run.prom"])

    def test_endpoint(self):
        run = self.start(100000, "--metrics-port", "0", stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        line = run.stderr.readline()
        port = int(re.fullmatch(r"metrics are at http://127\.0\.0\.1:(\d+)/metrics\n", line)[1])
        listening = [row.split()[1] for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
                     if row.split()[3] == "0A"]
        self.assertIn(f"0100007F:{port:04X}", listening)  # on the loopback address alone
        self.assertNotIn(f"00000000:{port:04X}", listening)

        def get(path="metrics"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
                self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
                return self.parse(answer.read().decode())
        key = "latentflow_items_total", None
        self.wait_for(lambda: get()[key] > 0)
        first = get()[key]
        self.wait_for(lambda: get()[key] > first)
        self.assertEqual(get()["latentflow_running", None], 1)
        self.assertGreater(get()["latentflow_resident_memory_bytes", None], 1e6)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            get("")
        self.assertEqual(refused.exception.code, 404)
        refused.exception.close()
        text = self.call("run", "train_convolutional", "-p", f"data={self.images}", "--metrics-port", port,
                         "--set", f"run.out={self.folder / 'second'}", code=74)
        self.assertIn("Address already in use", text)
        self.assertFalse((self.folder / "second").exists())
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(timeout=120), 75)


class Profile(Watch):
    def test_table_and_sentence(self):
        text = self.call("run", "train_convolutional", "-p", f"data={self.images}", "-p", "epochs=20", "--profile",
                         "--set", f"run.out={self.out}", *SMALL)
        self.assertRegex(text, r"node +done +failed +waiting +at most +starved s +blocked s +busy s")
        for node in NODES:
            self.assertRegex(text, rf"(?m)^{node} +\d+ +0 +[\d.]+ +\d+ +[\d.]+ +[\d.]+ +[\d.]+$")
        run = self.last()
        self.assertIn(f"bottleneck: {run['bottleneck']}\n", text)
        self.assertEqual([node["id"] for node in run["profile"]], NODES)
        self.assertLessEqual(run["started"], run["ended"])


if __name__ == "__main__":
    unittest.main()
