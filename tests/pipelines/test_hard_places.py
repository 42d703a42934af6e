"""Where a program has to live: no memory, no room on the disk, folders that it may not write to or that go
away, clocks that jump, names that no shell likes, and very many files."""
import csv
import ctypes
import errno
import json
import re
import resource
import signal
import threading

import tifffile

import faults
from harness import *

NAMES = [b"sp ace.tif", b"new\nline.tif", b"-rf.tif", b"--help.tif", b"\xff\xfe no utf-8.tif", b"a: b: c.tif",
         "µm 細胞.tif".encode(), b"quo\"te's.tif", b"$(touch pwned) `id` ;.tif", b"tab\t.tif", b"<b>&amp;.tif", b"*?.tif"]
NOBODY = 65534


def mounted(folder, size):
    """A file system of so many bytes, until the test is over. Needs root; without it, CI fails."""
    folder.mkdir()
    if ctypes.CDLL(None, use_errno=True).mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()) != 0:
        message = "a small disk can only be mounted by root"
        if os.environ.get("CI"):
            raise AssertionError(message)
        raise unittest.SkipTest(message)
    return lambda: ctypes.CDLL(None).umount2(os.fsencode(folder), 2)


class HardPlaces(PipelineTest):
    def train(self, run, images, *more, epochs=2):
        return ["run", "train_convolutional", "-p", f"data={images}", "-p", f"epochs={epochs}", "--quiet",
                "--set", f"run.out={json.dumps(str(run))}", "--set", "nodes.small.width=64", "--set", "nodes.small.height=64", *more]

    def on_archive(self, pipeline, *more):
        return ["run", pipeline, "--quiet", "-p", f"archive={self.folder / 'archive'}",
                "--set", f"run.out={self.folder / 'runs' / pipeline}", *more]

    def odd_images(self):
        plain = sorted(self.make_images(len(NAMES), name="plain").glob("*.tif"))
        folder = self.folder / "in" / "sub fol\nder: of"
        folder.mkdir(parents=True)
        for name, file in zip(NAMES, plain):
            shutil.copy(file, folder / os.fsdecode(name))
        return self.folder / "in"

    def test_names_through_an_archive(self):
        source = self.odd_images()
        before = faults.contents(source)
        self.call(*self.on_archive("archive", "-p", f"input={source}", "-p", "shard_images=5", "-p", "min_psnr=200"))
        self.call(*self.on_archive("list"))
        with open(self.folder / "runs/list/list.csv", newline="", errors="surrogateescape") as file:
            self.assertEqual(sorted(row["path"] for row in csv.DictReader(file)), sorted(before))
        self.call(*self.on_archive("restore", "-p", f"output={self.folder / 'out'}"))
        after = faults.contents(self.folder / "out")
        self.assertEqual(set(after), set(before))
        for name in before:  # kept without loss
            self.assertTrue((tifffile.imread(source / name) == tifffile.imread(self.folder / "out" / name)).all(), name)
        text = self.call(*self.on_archive("verify", "-p", f"against={source}"))
        self.assertIn(f"{len(NAMES)} of {len(NAMES)} files", text)
        deletable = (self.folder / "runs/verify/deletable.txt").read_bytes().split(b"\0")[:-1]
        self.assertEqual(sorted(deletable), sorted(os.fsencode(source / name) for name in before))
        self.call(*self.on_archive("index_archive"))
        self.call(*self.on_archive("search", "-p", f"like={source / sorted(before)[0]}", "-p", "k=2"))
        self.assertEqual(faults.contents(source), before)
        self.assertFalse((self.folder / "pwned").exists())

    def test_names_through_training(self):
        source = self.odd_images()
        bad = source / "sub fol\nder: of" / os.fsdecode(b"bad: \xff image: of: \n.tif")
        bad.write_bytes(b"no TIFF")
        run = self.folder / "runs/tr: ain\n"
        self.call(*self.train(run, source, "--set", "nodes.files.recursive=true"), code=65)
        record = json.loads((run / "run.json").read_text())
        shown = os.fsencode(bad).decode(errors="replace")
        self.assertEqual([(one["node"], one["file"]) for one in record["quarantined"]], [("image", shown)])
        self.assertNotIn(shown, record["quarantined"][0]["reason"])
        page = (run / "report.html").read_text()  # which is UTF-8
        self.assertIn("image: of: \n.tif</td><td>image</td>", page.replace("<td class=text>", "<td>"))
        self.assertIn((2, "convolutional", "test", "mse"), rows(run / "metrics.csv"))

    def test_memory_runs_out(self):
        images = self.make_images(6, size=256)
        whole = self.folder / "whole"
        self.call(*self.train(whole, images))
        expected = (whole / "checkpoint.h5").read_bytes()
        codes = set()
        for megabytes in range(150, 1200, 75):
            run = self.folder / "run"
            limit = megabytes << 20
            result = subprocess.run(self.command(*self.train(run, images)), stdout=subprocess.PIPE, text=True,
                                    stderr=subprocess.STDOUT, timeout=120, cwd=self.folder,
                                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            codes.add(result.returncode)
            if result.returncode < 0:  # oneDNN and libhdf5 do not always look whether malloc gave anything
                self.assertIn(-result.returncode, (signal.SIGSEGV, signal.SIGABRT), f"{megabytes} MB: {result.stdout}")
            elif result.returncode > 0:
                # The system says the latter of a thread that finds no room for its stack, and of a library.
                self.assertRegex(result.stdout, "(?i)memory|Resource temporarily unavailable|failed to map segment", f"{megabytes} MB")
            for name, data in (faults.contents(run) if run.exists() else {}).items():
                self.assertTrue(faults.is_whole(name, data), f"{megabytes} MB: {name}")
            if (run / "resolved.yaml").exists():
                self.call("resume", run, "--quiet")
                self.assertEqual((run / "checkpoint.h5").read_bytes(), expected)
                shutil.rmtree(run)
        print(f"\nmemory limits: exit codes {sorted(codes)}")
        self.assertIn(0, codes)
        self.assertTrue(codes & {65, 70, 74}, codes)

    def test_the_disk_is_full(self):
        images = self.make_images(6)
        whole = self.folder / "whole"
        self.call(*self.train(whole, images))
        disk = self.folder / "disk"
        failed = 0
        for kilobytes in range(4, 300, 16):
            free = mounted(disk, kilobytes << 10)
            try:
                run = disk / "run"
                done = subprocess.run(self.command(*self.train(run, images)), stdout=subprocess.PIPE, text=True,
                                      stderr=subprocess.STDOUT, timeout=120, cwd=self.folder)
                self.assertIn(done.returncode, (0, 74), done.stdout)
                failed += done.returncode == 74
                if done.returncode:
                    self.assertIn("No space left on device", done.stdout)
                # A report can be made again: that there is no room for it is a warning. There may be room for a
                # report where there is none for a checkpoint.
                self.assertEqual((run / "report.html").exists(), run.exists() and "warning: no report: " not in done.stdout)
                for name, data in faults.contents(disk).items():
                    self.assertTrue(faults.is_whole(name, data), f"{kilobytes} kB: {name}")
                self.assertEqual(list(disk.rglob(".*")), [], f"{kilobytes} kB: left behind, where there is no room")
                if (run / "resolved.yaml").exists():  # on a disk with room it goes on
                    shutil.copytree(run, self.folder / "moved")
                    self.call("resume", self.folder / "moved", "--quiet")
                    self.assertEqual((self.folder / "moved/checkpoint.h5").read_bytes(), (whole / "checkpoint.h5").read_bytes())
                    shutil.rmtree(self.folder / "moved")
            finally:
                free()
                disk.rmdir()
        self.assertGreaterEqual(failed, 3)

    def test_an_archive_on_a_full_disk(self):
        images = self.make_images(6)
        self.call(*self.on_archive("archive", "-p", f"input={images}", "-p", "shard_images=2"))
        expected = faults.contents(self.folder / "archive")
        size = sum(map(len, expected.values()))
        shutil.rmtree(self.folder / "archive")
        free = mounted(self.folder / "archive", (size * 9 // 10) & ~4095)
        try:
            text = self.call(*self.on_archive("archive", "-p", f"input={images}", "-p", "shard_images=2"), code=74)
            self.assertIn("No space left on device", text)
            for name, data in faults.contents(self.folder / "archive").items():
                self.assertEqual(data, expected[name], name)
            shutil.copytree(self.folder / "archive", self.folder / "moved", ignore=shutil.ignore_patterns(".*"))
        finally:
            free()
        self.folder.joinpath("archive").rmdir()
        (self.folder / "moved").rename(self.folder / "archive")
        self.call(*self.on_archive("archive", "-p", f"input={images}", "-p", "shard_images=2"))
        self.assertEqual(faults.contents(self.folder / "archive"), expected)

    def test_a_file_system_without_hard_links(self):
        images = self.make_images(6)
        command = self.on_archive("archive", "-p", f"input={images}", "-p", "shard_images=2")
        self.call(*command)
        expected = faults.contents(self.folder / "archive")
        shutil.rmtree(self.folder / "archive")
        for count in (1, 2):  # the second finds all that it would make
            code, _, text, calls = faults.run(self.command(*command), errno.EPERM, 1, True, self.folder, cwd=self.folder)
            self.assertEqual(code, 0, text)
            self.assertEqual(faults.contents(self.folder / "archive"), expected)
            refused = [call.kind for call in calls if call.fault == errno.EPERM]
            self.assertEqual(refused, ["link"] * len(refused))
            self.assertEqual(bool(refused), count == 1)

    def test_clocks_that_jump(self):
        images = self.make_images(6)
        whole = self.folder / "whole"
        self.call(*self.train(whole, images, epochs=4))
        for jump in (-10 ** 9, -3600, 3600, 10 ** 9):
            run = self.folder / f"run{jump}"
            environment = {**os.environ, "LD_PRELOAD": faults.LIBRARY, "FAULTS_CLOCK": str(jump)}
            text = self.call(*[word for word in self.train(run, images, epochs=4) if word != "--quiet"], env=environment)
            self.assertEqual((run / "checkpoint.h5").read_bytes(), (whole / "checkpoint.h5").read_bytes())
            record = json.loads((run / "run.json").read_text())
            self.assertTrue(0 < record["seconds"] < 100, record["seconds"])
            self.assertNotRegex(text, r"-\d+ ?s\b|nan|inf\b")

    def as_nobody(self, *arguments, code):
        result = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                                 self.folder / "installed/bin/pipeline", *map(str, arguments)], cwd="/", text=True, timeout=120,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env={**os.environ, "LD_LIBRARY_PATH": str(self.folder / "installed/lib")})
        self.assertEqual(result.returncode, code, result.stdout)
        return result.stdout

    def install_for_nobody(self):
        """The build, and libraries of its own, may be where only root may look."""
        installed = self.folder / "installed"
        for name in ("bin", "lib"):
            (installed / name).mkdir(parents=True)
        shutil.copy(PIPELINE, installed / "bin")
        shutil.copytree(ROOT / "pipelines", installed / "share/latentflow/pipelines")
        libraries = subprocess.run(["ldd", PIPELINE], stdout=subprocess.PIPE, text=True, check=True).stdout
        for library in re.findall(r"=> (/\S+)", libraries):
            if not library.startswith(("/lib", "/usr/lib")):
                shutil.copy(library, installed / "lib")

    def test_folders_that_may_only_be_read(self):
        if os.geteuid() != 0:
            raise AssertionError("only root can try what others may not do") if os.environ.get("CI") else unittest.SkipTest("not root")
        images = self.make_images(6)
        before = faults.contents(images)
        self.folder.chmod(0o755)
        self.install_for_nobody()
        mine = self.folder / "mine"
        mine.mkdir()
        os.chown(mine, NOBODY, NOBODY)
        for file in images.iterdir():
            file.chmod(0o444)
        images.chmod(0o555)
        self.as_nobody(*self.train(mine / "run", images), code=0)
        self.assertTrue((mine / "run/checkpoint.h5").exists())
        text = self.as_nobody(*self.train(images / "run", images), code=78)
        self.assertIn("Permission denied", text)
        one = sorted(images.iterdir())[2]
        one.chmod(0)
        text = self.as_nobody(*self.train(mine / "other", images), code=65)
        self.assertIn(f"{one}: cannot open: Permission denied", text)
        one.chmod(0o444)
        self.assertEqual(faults.contents(images), before)

    def vanishing(self, gone, *command):
        """Starts a command and takes a folder away while it runs; gives exit code and what it said."""
        process = subprocess.Popen(self.command(*command), cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        timer = threading.Timer(60, process.kill)
        timer.start()
        try:
            while process.poll() is None and not list(self.folder.glob("run*/metrics.csv")):
                time.sleep(0.002)
            gone.rename(gone.with_name("taken away"))
            text, _ = process.communicate()
        finally:
            timer.cancel()
        return process.returncode, text

    def test_the_images_go_away(self):
        images = self.make_images(8)
        code, text = self.vanishing(images, *self.train(self.folder / "run", images, epochs=30))
        self.assertIn(code, (65, 70, 74), text)
        self.assertIn("No such file or directory", text)
        (self.folder / "taken away").rename(images)

    def test_the_run_goes_away(self):
        images = self.make_images(8)
        run = self.folder / "run"
        code, text = self.vanishing(run, *self.train(run, images, epochs=300))
        self.assertEqual(code, 74, text)
        self.assertIn("No such file or directory", text)
        self.assertFalse(run.exists())
        (self.folder / "taken away").rename(run)
        self.call("resume", run, "--quiet", "-p", "epochs=301", "--explain")

    def test_a_hundred_thousand_files(self):
        count = int(os.environ.get("LATENTFLOW_FILES", "100000"))
        folder = self.folder / "many"
        folder.mkdir()
        one = sorted(self.make_images(1, size=16).iterdir())[0]
        for i in range(count):
            os.link(one, folder / f"{i * 7919 % count:06}.tif") if i % 60000 else shutil.copy(one, folder / f"{i * 7919 % count:06}.tif")
            if i % 60000 == 0:
                one = folder / f"{i * 7919 % count:06}.tif"
        file = self.folder / "many.yaml"
        file.write_text("version: 1\nname: many\nnodes:\n  files: {op: list_files, with: {path: many}}\n"
                        "  image: {op: read_tiff, in: files}\n  grey: {op: resize, in: image, with: {width: 16, height: 16}}\n"
                        "  table: {op: write_image, in: grey}\n")
        start = time.monotonic()
        process = subprocess.Popen(self.command("run", file, "--dry-run", "--set", f"run.out={self.folder / 'run'}"),
                                   cwd=self.folder, stdout=subprocess.PIPE, text=True)
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, text)
        self.assertIn(f"{count}", text.replace(",", ""))
        print(f"\n{count} files: looked at in {time.monotonic() - start:.1f} s and {usage.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    unittest.main()
