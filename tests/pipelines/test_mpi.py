"""Training in several processes: the same as in one, stopped, resumed, killed, cut off."""
from harness import *
import h5py

MPIRUN = shutil.which("mpirun")
SMALL = ["--set", "nodes.small.width=64", "--set", "nodes.small.height=64", "--set", "run.threads=1", "--quiet"]


def with_mpi():
    """Without Open MPI there is nothing to test here; in CI it must be there."""
    if not MPIRUN:
        if os.environ.get("CI"):
            raise AssertionError("mpirun is not there: scripts/setup installs it")
        raise unittest.SkipTest("mpirun is not there: install openmpi-bin to test training in several processes")


class Mpi(PipelineTest):
    @classmethod
    def setUpClass(cls):
        with_mpi()

    def setUp(self):
        super().setUp()
        self.images = self.make_images(24, size=64)

    def ranks(self, count, *arguments):
        """The command that runs `pipeline` in so many processes."""
        return [MPIRUN, "--allow-run-as-root", "--oversubscribe", "-n", str(count), *self.command(*arguments)]

    def start(self, count, *arguments):
        return subprocess.Popen(self.ranks(count, *arguments), cwd=self.folder, text=True, start_new_session=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def call_ranks(self, count, *arguments, code=0, **options):
        result = subprocess.run(self.ranks(count, *arguments), text=True, cwd=self.folder, timeout=200,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        self.assertEqual(result.returncode, code, result.stdout)
        return result.stdout

    def train(self, run, *more, model="convolutional", epochs=3):
        return ["run", f"train_{model}", "-p", f"data={self.images}", "-p", f"epochs={epochs}",
                "--set", f"run.out={self.folder / run}", *SMALL, *more]

    def metrics(self, run):
        return {key: value for key, value in rows(self.folder / run / "metrics.csv").items() if "seconds" not in key[3]}

    def checkpoint(self, run):
        return (self.folder / run / "checkpoint.h5").read_bytes()

    def checkpoint_epoch(self, run):
        with h5py.File(self.folder / run / "checkpoint.h5") as file:
            return int(file["numbers"].attrs["epoch"])

    def check_same(self, one, several, tolerance=1e-5, names=("loss", "mse")):
        one, several = self.metrics(one), self.metrics(several)
        self.assertEqual(set(one), set(several))
        compared = [key for key in one if key[3] in names]
        self.assertTrue(compared)
        for key in compared:
            self.assertLess(abs(one[key] - several[key]), tolerance, key)

    def test_losses_are_those_of_one_process(self):
        # 17 images to train on in batches of 8: the last batch of an epoch leaves ranks without any.
        self.call(*self.train("one"))
        for count in (2, 3, 4):
            output = self.call_ranks(count, *self.train(f"run{count}"))
            self.assertEqual(output.splitlines()[-1], str(self.folder / f"run{count}"))
            self.assertEqual(output.count("done"), 1, output)  # told by the first process alone
            self.check_same("one", f"run{count}")
        left = [path.name for path in self.folder.iterdir() if path.name.startswith(".")]
        self.assertEqual(left, [])

    def test_same_ranks_same_bytes(self):
        for model in ("convolutional", "gan"):
            for name in ("a", "b"):
                self.call_ranks(4, *self.train(f"{model}.{name}", model=model, epochs=2))
            self.assertEqual(self.checkpoint(f"{model}.a"), self.checkpoint(f"{model}.b"), model)

    def test_other_models(self):
        for model in ("gan", "fully_connected"):
            self.call(*self.train(f"{model}.one", model=model, epochs=2))
            self.call_ranks(2, *self.train(f"{model}.two", model=model, epochs=2))
            self.check_same(f"{model}.one", f"{model}.two", 1e-4, ("loss", "mse", "distortion", "discriminator"))

    def test_codec(self):
        def train(run):
            return ["run", "train_codec", "-p", f"data={self.images}", "-p", f"nuclei={self.images}",
                    "-p", "epochs=2", "-p", "latent_channels=16", "-p", "rounded_from=1", "--set", "run.threads=1",
                    "--set", "nodes.window.width=64", "--set", "nodes.window.height=64",
                    "--set", "nodes.files.limit=8", "--set", "nodes.files.except=[]", "--set", f"run.out={self.folder / run}", "--quiet"]
        self.call(*train("one"))
        self.call_ranks(2, *train("two"))
        one, two = self.metrics("one"), self.metrics("two")
        for key in one:
            if key[2] == "train" and key[3] in ("loss", "bits_per_pixel", "distortion"):
                self.assertLess(abs(two[key] - one[key]), 1e-3 * abs(one[key]), key)

    def test_three_trainers_in_one_graph(self):
        arguments = ["run", "compare", "-p", f"data={self.images}", "-p", "epochs=1", *SMALL]
        self.call(*arguments, "--set", f"run.out={self.folder / 'one'}")
        self.call_ranks(2, *arguments, "--set", f"run.out={self.folder / 'two'}")
        self.check_same("one", "two", 1e-4)

    def test_stopped_and_resumed(self):
        epochs = 60
        self.call_ranks(2, *self.train("whole", epochs=epochs))
        # SIGUSR1 to mpirun reaches all ranks, and SIGTERM to a rank that one first.
        for signal_of in (self.signal_mpirun, self.signal_a_rank):
            run = f"run.{signal_of.__name__}"
            process = self.start(2, *self.train(run, epochs=epochs))
            self.wait_for(lambda: (self.folder / run / "metrics.csv").exists())
            signal_of(process)
            output, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 75, output)
            self.assertLess(max(key[0] for key in self.metrics(run)), epochs, "it was stopped too late")
            self.call_ranks(2, "resume", self.folder / run, "--quiet")
            self.assertEqual(self.checkpoint(run), self.checkpoint("whole"))
            self.check_same("whole", run, 1e-12)

    def signal_mpirun(self, process):
        process.send_signal(signal.SIGUSR1)

    def signal_a_rank(self, process):
        os.kill(self.processes_of(process)[-1], signal.SIGTERM)

    def processes_of(self, mpirun):
        children = pathlib.Path(f"/proc/{mpirun.pid}/task/{mpirun.pid}/children").read_text().split()
        self.assertTrue(children)
        return [int(child) for child in children]

    def wait_for(self, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_a_killed_rank_ends_the_job(self):
        for victim in (0, 2):
            run = f"killed{victim}"
            process = self.start(3, *self.train(run, epochs=300))
            self.wait_for(lambda: (self.folder / run / "metrics.csv").exists())
            os.kill(self.processes_of(process)[victim], signal.SIGKILL)
            start = time.monotonic()
            process.communicate(timeout=60)
            self.assertLess(time.monotonic() - start, 30)
            self.assertNotEqual(process.returncode, 0)
            before = max(key[0] for key in self.metrics(run))
            self.assertLess(before, 300)
            # No more is lost than since the last checkpoint, and there is one after each epoch.
            self.assertGreaterEqual(self.checkpoint_epoch(run), before - 1)
            self.call_ranks(3, "resume", self.folder / run, "--quiet", "--set", f"nodes.files.epochs={before + 1}")
            self.assertEqual(max(key[0] for key in self.metrics(run)), before + 1)

    def test_a_stopped_rank_is_noticed(self):
        process = self.start(2, *self.train("run", epochs=300))
        self.wait_for(lambda: (self.folder / "run" / "metrics.csv").exists())
        frozen = self.processes_of(process)[1]
        os.kill(frozen, signal.SIGSTOP)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 74, output)
        self.assertIn("no sign of life", output)

    def test_an_error_of_one_rank_ends_all(self):
        sgd = "nodes.train.optimizer={type: sgd, rate: 100}"
        output = self.call_ranks(2, *self.train("run", "--set", sgd, epochs=50), code=70)
        self.assertIn("lower the rate", output)

    def test_another_number_of_ranks_is_warned_of(self):
        process = self.start(2, *self.train("run", epochs=40))
        self.wait_for(lambda: (self.folder / "run" / "metrics.csv").exists())
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75)
        output = self.call("resume", self.folder / "run", "--quiet")
        self.assertIn("begun with 2 processes and goes on with 1", output)

    def test_one_process_does_without(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OMPI_")}
        self.call(*self.train("run", epochs=1), env={**environment, "SLURM_NTASKS": "4", "SLURM_PROCID": "0"})

    def test_srun_without_pmix_is_refused(self):
        slurm = {**os.environ, "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_TASKS_PER_NODE": "4"}
        output = self.call(*self.train("run", epochs=1), code=78, env=slurm)
        self.assertIn("srun --mpi=pmix", output)
        self.assertFalse((self.folder / "run").exists())


if __name__ == "__main__":
    unittest.main()
