"""What the end-to-end tests share: run `pipeline` as a user would, and look at what it leaves."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

PIPELINE = os.environ["PIPELINE"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("LATENTFLOW_SHARED_DATA", ROOT.parent / "shared" / "data"))


def real_images(name):
    """The folder of real images; missing ones fail in CI and are skipped, loudly, elsewhere."""
    folder = SHARED / name
    if not folder.is_dir():
        message = f"{folder} is not there: set LATENTFLOW_SHARED_DATA to test with real images"
        if os.environ.get("CI"):
            raise AssertionError(message)
        raise unittest.SkipTest(message)
    return folder


class PipelineTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="latentflow-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def command(self, *arguments):
        return [PIPELINE, *map(str, arguments)]

    def call(self, *arguments, code=0, **options):
        """Runs to the end, checks the exit code, gives stdout and stderr as one text."""
        result = subprocess.run(self.command(*arguments), text=True, errors="replace", cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=280, **options)
        self.assertEqual(result.returncode, code, result.stdout)
        return result.stdout

    def make_images(self, count, size=64, name="images"):
        folder = self.folder / name
        self.call("run", "make_sample", "-p", f"data={folder}", "-p", f"count={count}",
                  "-p", f"size={size}", "--set", f"run.out={self.folder / 'made'}", "--quiet")
        return folder

    def stop_after(self, seconds, kind, *arguments):
        """Starts a run and sends it a signal; gives its exit code (negative: killed)."""
        process = subprocess.Popen(self.command(*arguments), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(kind)
        return process.wait(timeout=120)


def rows(file):
    """metrics.csv as {(epoch, model, split, metric): value}."""
    lines = pathlib.Path(file).read_text().splitlines()
    assert lines[0] == "epoch,model,split,metric,value", lines[0]
    table = {}
    for line in lines[1:]:
        epoch, model, split, metric, value = line.split(",")
        key = (int(epoch), model, split, metric)
        assert key not in table, key
        table[key] = float(value)
    return table


__all__ = ["os", "PIPELINE", "PipelineTest", "ROOT", "SHARED", "real_images", "rows", "pathlib", "shutil",
           "signal", "subprocess", "time", "unittest"]
