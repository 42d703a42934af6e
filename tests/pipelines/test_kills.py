"""Killed at any moment, again and again, while it trains, encodes or finalises: no file under its name is
ever in part, what is gone on with ends in the same bytes, and originals stay. LATENTFLOW_KILLS=1000 kills so often."""
import random

import faults
from harness import *

KILLS = int(os.environ.get("LATENTFLOW_KILLS", "10"))


class Kills(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(8)
        self.originals = faults.contents(self.images)
        self.work = self.folder / "work"
        self.killed = self.within = 0

    def start(self, command, seconds):
        """Kills it after so long, if it is still at work; gives its exit code."""
        process = subprocess.Popen(self.command(*command), cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            _, text = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            _, text = process.communicate()
            self.killed += 1
            self.within += any(path.name.endswith(".part") for path in self.work.rglob(".*"))
        self.assertIn(process.returncode, (0, -signal.SIGKILL), text)
        for name, data in faults.contents(self.work).items():
            self.assertTrue(faults.is_whole(name, data), name)
        return process.returncode

    def result(self):
        """Scores that were not yet written are not made again: their models are gone."""
        return {name: data for name, data in faults.result(faults.contents(self.work)).items()
                if not name.endswith("metrics.csv")}

    def try_kills(self, kills, command, again, patience=6):
        """Until so many were killed; `command` and `again` are functions that give what to do now."""
        begin = time.monotonic()
        self.assertEqual(self.start(command(), 200), 0)
        duration = time.monotonic() - begin
        expected = self.result()
        self.killed = self.within = 0
        rounds = 0
        while self.killed < kills:
            shutil.rmtree(self.work)
            self.work.mkdir()
            rounds += 1
            for attempt in range(patience + 1):
                last = attempt == patience or self.killed >= kills
                if self.start(again(), 200 if last else random.uniform(0, 1.1) * duration) == 0:
                    break
            self.assertEqual(self.result(), expected)
            self.assertEqual(faults.contents(self.images), self.originals)
        print(f"\n{self.id().split('.')[-1]}: {self.killed} kills in {rounds} runs, {self.within} of them while a file was being "
              "written; the same bytes each time")

    def test_training(self):
        run = self.work / "run"
        train = ["run", "train_convolutional", "-p", f"data={self.images}", "-p", "epochs=4", "--quiet", "--set",
                 f"run.out={run}", "--set", "nodes.small.width=64", "--set", "nodes.small.height=64"]
        resume = ["resume", str(run), "--quiet"]
        self.try_kills(KILLS * 2 // 5, lambda: train, lambda: resume if (run / "resolved.yaml").exists() else train)

    def archive(self, name):
        return ["run", name, "-p", f"archive={self.work / 'archive'}", "--quiet", "--set", f"run.out={self.folder / 'runs' / name}"]

    def test_encoding(self):
        encode = [*self.archive("archive"), "-p", f"input={self.images}", "-p", "shard_images=2"]
        self.try_kills(KILLS * 2 // 5, lambda: encode, lambda: encode)
        self.assertEqual([path for path in self.work.rglob("*") if path.name.endswith(".part")], [])

    def test_finalising(self):
        """An index that is there stays whole while another is made."""
        self.call(*self.archive("archive"), "-p", f"input={self.images}", "-p", "shard_images=2")
        expected = faults.contents(self.work)
        begin = time.monotonic()
        self.call(*self.archive("finalise"))
        duration = time.monotonic() - begin
        while self.killed < KILLS - 2 * (KILLS * 2 // 5):
            if random.random() < 0.5:
                (self.work / "archive/index.h5").unlink(missing_ok=True)
            code = self.start(self.archive("finalise"), random.uniform(0, 1.1) * duration)
            if code == 0:
                self.assertEqual(faults.contents(self.work), expected)
            found = faults.contents(self.work)
            self.assertEqual(found, {name: data for name, data in expected.items() if name in found})
        self.call(*self.archive("finalise"))
        self.assertEqual(faults.contents(self.work), expected)
        print(f"\ntest_finalising: {self.killed} kills, {self.within} of them while a file was being written")


if __name__ == "__main__":
    unittest.main()
