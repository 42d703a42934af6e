"""`resume` says what has changed and what it will do; what cannot be gone on with is an error, and never
begins anew."""
import h5py

from harness import *

SMALL = ["--set", "nodes.small.width=64", "--set", "nodes.small.height=64"]


class ResumeExplain(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(10)
        self.run_folder = self.folder / "run"
        self.pipeline = self.folder / "p.yaml"
        shutil.copy(ROOT / "pipelines" / "train_convolutional.yaml", self.pipeline)

    def arguments(self, epochs=4):
        return ["run", self.pipeline, "-p", f"data={self.images}", "-p", f"epochs={epochs}", "--set",
                f"run.out={self.run_folder}", *SMALL]

    def stop_early(self, epochs=400):
        """A run that was stopped on the way."""
        process = subprocess.Popen(self.command(*self.arguments(epochs)), cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        for _ in range(1200):
            if (self.run_folder / "metrics.csv").exists():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=100), 75)

    def contents(self):
        return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in self.run_folder.iterdir()}

    def explain(self, *more, code=0):
        before = self.contents()
        text = self.call("resume", self.run_folder, "--explain", *more, code=code)
        self.assertEqual(self.contents(), before)  # it does nothing
        return text

    def test_what_changed_and_what_is_left(self):
        self.stop_early()
        text = self.explain()
        self.assertIn("config    as it was\n", text)
        self.assertIn("code      as it was\n", text)
        self.assertIn("inputs    as they were, by name, size and time\n", text)
        self.assertIn("model     fits its checkpoint\n", text)
        self.assertRegex(text, r"work      goes on (in|with) epoch \d+ of 400,.* with \d+ epochs to train\n")
        self.assertRegex(text, r"outputs   .*checkpoint.h5.*: written anew, each whole\n")
        self.assertRegex(text, r"          .*latents.h5.*: still to come\n")
        # Each kind of change.
        files = sorted(self.images.glob("*.tif*"))
        files[0].unlink()
        os.utime(files[1])
        shutil.copy(files[2], self.images / "new.tif")
        self.pipeline.write_text(self.pipeline.read_text().replace("rate: 0.005", "rate: 0.007"))
        resolved = self.run_folder / "resolved.yaml"
        resolved.write_text(resolved.read_text().replace("size: 8", "size: 4"))
        text = self.explain("--set", "nodes.train.clip_norm=1")
        self.assertIn("config    nodes.train.clip_norm: not given -> 1\n", text)
        self.assertIn("          nodes.batch.size: 8 -> 4 (edited in resolved.yaml)\n", text)
        self.assertIn("p.yaml has changed, which is not taken up: nodes.train.optimizer.rate: 0.005 -> 0.007; to do "
                      "so: --set nodes.train.optimizer.rate=0.007\n", text)
        self.assertRegex(text, r"inputs    files: 1 added \(.*new.tif\), 1 removed \(.*\), 1 written anew with the "
                               r"same size, perhaps the same \(.*\)\n")
        # In short, when it goes on; epochs given as the pipeline's own parameter.
        with h5py.File(self.run_folder / "checkpoint.h5") as file:
            epochs = int(file["numbers"].attrs["epoch"]) + 2
        if epochs > 2:
            self.assertIn("its epochs may be raised, but not taken back",
                          self.explain("-p", f"epochs={epochs - 2}", code=78))
        text = self.call("resume", self.run_folder, "-p", f"epochs={epochs}", "--set", "nodes.train.clip_norm=1")
        self.assertIn("changed since it was made: 4 options, 3 inputs, the pipeline's file (not taken up); 'pipeline "
                      "resume", text)
        self.assertIn(f"epochs: {epochs}", resolved.read_text())
        self.assertIn("epochs: 400", (self.run_folder / "resolved.1.yaml").read_text())

    def test_more_epochs_for_a_finished_run(self):
        self.call(*self.arguments(2))
        self.assertIn("this run is finished; there is nothing to resume", self.explain())
        self.assertIn("goes on with epoch 3 of 4, with 2 epochs to train", self.explain("-p", "epochs=4"))
        self.call("resume", self.run_folder, "--set", "nodes.files.epochs=4")
        self.assertIn((4, "convolutional", "test", "mse"), rows(self.run_folder / "metrics.csv"))
        # What was set stays set.
        self.assertIn("finished", self.call("resume", self.run_folder))
        self.assertIn("nodes.files.epochs: 2 -> 4 (since it was resumed before)", self.explain())
        # With a constant rate it is what a longer run would have been.
        whole = self.folder / "whole"
        constant = ["--set", "nodes.train.schedule=constant", "--set", "run.threads=2"]
        self.call(*self.arguments(4), *constant, "--set", f"run.out={whole}")
        longer = self.folder / "longer"
        self.call(*self.arguments(2), *constant, "--set", f"run.out={longer}")
        self.call("resume", longer, "-p", "epochs=4")
        self.assertEqual((whole / "checkpoint.h5").read_bytes(), (longer / "checkpoint.h5").read_bytes())

    def test_what_cannot_be_gone_on_with(self):
        self.stop_early()
        checkpoint = self.run_folder / "checkpoint.h5"
        good = checkpoint.read_bytes()
        for more, message in [
                (["--set", "nodes.train.model.encoder=[8, 8, 4]"], "go on with the options that it was made with"),
                (["--set", "nodes.small.width=32"], "for images of 1x64x64, not of "),
                (["--set", "nodes.train.optimizer={type: sgd, momentum: 0.9}"], "what the optimizer adam needs")]:
            self.assertIn(message, self.explain(*more, code=78))
            self.assertIn(message, self.call("resume", self.run_folder, *more, code=78))
        checkpoint.write_bytes(good[:len(good) // 2])
        self.assertIn("start again with 'run'", self.explain(code=78))
        self.assertIn("start again with 'run'", self.call("resume", self.run_folder, code=78))
        checkpoint.unlink()
        self.assertIn(f"there is no {checkpoint} to resume from: start again with 'run'", self.explain(code=78))
        self.assertIn("start again with 'run'", self.call("resume", self.run_folder, code=78))
        # Another model's.
        self.call("run", "train_fully_connected", "-p", f"data={self.images}", "-p", "epochs=1", "--set",
                  f"run.out={self.folder / 'other'}", *SMALL)
        shutil.copy(self.folder / "other" / "checkpoint.h5", checkpoint)
        self.assertIn("the checkpoint is of {type: fully_connected", self.explain(code=78))
        self.assertIn("the checkpoint is of", self.call("resume", self.run_folder, code=78))
        (self.run_folder / "resolved.yaml").unlink()
        self.assertIn("it has no resolved.yaml", self.call("resume", self.run_folder, code=78))
        self.assertIn("it does not exist", self.call("resume", self.folder / "nowhere", code=78))

    def test_a_run_that_is_going_on_is_left_alone(self):
        process = subprocess.Popen(self.command(*self.arguments(4000)), cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        while not (self.run_folder / "metrics.csv").exists():
            time.sleep(0.05)
        going_on = f"{self.run_folder}: the run in it is going on, in process {process.pid} on {os.uname().nodename}"
        self.assertIn(going_on, self.call("resume", self.run_folder, code=78))
        # Nor does another run push it aside.
        self.assertIn(going_on, self.call(*self.arguments(), code=78))
        self.assertEqual(sorted(file.name for file in self.folder.glob("run*")), ["run"])
        self.assertIn("goes on", self.call("resume", self.run_folder, "--explain"))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=100), 75)

    def test_without_a_checkpoint(self):
        text = self.pipeline.read_text()
        self.pipeline.write_text("\n".join(line for line in text.splitlines() if not line.startswith("  save:")))
        process = subprocess.Popen(self.command(*self.arguments(400)), cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        while not (self.run_folder / "metrics.csv").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=100)
        self.assertIn("kept no checkpoint that it could go on from", self.call("resume", self.run_folder, code=78))

    def test_a_run_that_learns_nothing_begins_anew_and_says_so(self):
        self.call("run", "make_sample", "-p", f"data={self.folder / 'made2'}", "-p", "count=3", "--set",
                  f"run.out={self.run_folder}")
        (self.run_folder / "run.json").unlink()  # as if it had been killed
        self.assertIn("all of it is done again", self.explain())
        self.call("resume", self.run_folder)


if __name__ == "__main__":
    unittest.main()
