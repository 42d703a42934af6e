"""Names of files and what files hold are data: they start nothing, command no terminal, end no HTML
tag and lead out of no folder."""
import csv
import hashlib
import html.parser
import json
import re

import h5py
import numpy
import tifffile

from harness import *

NAMES = [b"\x1b]0;title\x07.tif", b"<script>alert(1)<_script>.tif", b"\"><img src=x onerror=alert(2)>.tif",
         b"=cmd|' _C calc'!A1.tif", b"new\ndone.tif", b"caf\xe9.tif", b"-rf.tif", b"a\"b,c.tif", b"$(touch owned).tif",
         b"`touch owned`.tif", b"; touch owned;.tif", b"\xc2\x9b31mred.tif", b"\xe2\x80\xaefit.tif", b"\xf0\x9f\x98\x80.tif"]
# What moves the cursor or turns the direction of a line, in UTF-8; new lines and tabs are fine.
COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.add(tag)
        self.attributes.update(name for name, _ in attributes)


class Sources(unittest.TestCase):
    def test_nothing_calls_a_shell(self):
        calls = re.compile(r"\b(system|popen|execlp?e?|execvpe?|posix_spawnp?|wordexp)\s*\(")
        programs = []
        for folder in "graph", "formats", "models", "nodes":
            for file in (ROOT / folder).rglob("*.[ch]pp"):
                text = file.read_text()
                self.assertIsNone(calls.search(text), file)
                programs += [f"{file.relative_to(ROOT)}: {match}" for match in re.findall(r"\bexecve?\s*\(([^,]*)", text)]
        self.assertEqual(programs, ['graph/sweep/children.cpp: "/proc/self/exe"'])

    def test_scripts_evaluate_nothing(self):
        for file in sorted((ROOT / "scripts").iterdir()):
            if not file.is_file():
                continue
            text = file.read_text()
            self.assertNotRegex(text, r"\beval\b", file)
            if file.name != "readme":  # which runs what the README says
                self.assertNotRegex(text, r"\b(ba)?sh -c\b", file)
            self.assertTrue("set -euo pipefail" in text, file)
        text = (ROOT / "scripts/pipeline").read_text()
        self.assertRegex(text, r'exec .*"\$@"')  # the user's words stay words


class Names(PipelineTest):
    def setUp(self):
        super().setUp()
        self.input = os.fsencode(self.folder / "in")
        os.mkdir(self.input)
        image = (numpy.arange(48 * 48) % 251).astype(numpy.uint8).reshape(48, 48)
        tifffile.imwrite(self.folder / "x.tif", image, metadata=None)
        data = (self.folder / "x.tif").read_bytes()
        for name in NAMES:
            for prefix, content in (b"", data), (b"bad", b"II*\0" + b"\xff" * 40):
                with open(os.path.join(self.input, prefix + name), "wb") as file:
                    file.write(content)

    def bytes_of(self, *arguments, code):
        result = subprocess.run(self.command(*arguments), cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=280)
        self.assertEqual(result.returncode, code, result.stdout)
        self.assertFalse((self.folder / "owned").exists())
        return result.stdout

    def check_terminal(self, output, table=False):
        text = output.decode()  # UTF-8, whatever names are of
        self.assertIsNone(COMMANDS.search(text), text)
        if not table:  # where a name of two lines is in quotes
            self.assertNotRegex(text, r"(?m)^done\.tif")
        return text

    def test_a_run_and_its_report(self):
        run = self.folder / "run"
        arguments = ["run", "train_convolutional", "-p", "data=in", "-p", "epochs=1", "-p", "group=", "--set",
                     "run.quarantine_limit=99", "--set", "nodes.small.width=16", "--set", "nodes.small.height=16",
                     "--set", "nodes.score.metrics=[mse]", "--set", f"run.out={run}"]
        text = self.check_terminal(self.bytes_of(*arguments, code=0))
        self.assertEqual(text.count("quarantined by image"), len(NAMES))
        for arguments in (["report", run], ["top", run, "--once"], ["resume", run, "--explain"], ["resume", run]):
            self.check_terminal(self.bytes_of(*arguments, code=0))
        page = (run / "report.html").read_text()
        tags = Tags(page)
        self.assertNotIn("alert(1)", "".join(re.findall(r"<script.*?</script>", page, re.S)))
        self.assertFalse([name for name in tags.attributes if name.startswith("on")], tags.attributes)
        self.assertIn("&lt;script&gt;alert(1)&lt;_script&gt;", page)
        for file in run.glob("*.json"):
            json.loads(file.read_text(encoding="utf-8"))

    def test_lines_of_json(self):
        output = self.bytes_of("run", "train_convolutional", "-p", "data=in", "-p", "epochs=1", "-p", "group=", "--set",
                               "nodes.small.width=16", "--set", "nodes.small.height=16", "--log-format", "json", "--set",
                               "nodes.score.metrics=[mse]", "--set", "nodes.table.print=false", code=65)
        lines = [json.loads(line) for line in output.decode().splitlines() if line.startswith("{")]
        quarantined = [line for line in lines if line["event"] == "quarantine"]
        self.assertEqual(len(quarantined), len(NAMES))

    def test_an_archive(self):
        archive, output = self.folder / "archive", os.fsencode(self.folder / "out")
        quiet = ["--quiet", "--set", f"run.out={self.folder / 'run'}"]
        self.check_terminal(self.bytes_of("run", "archive", "-p", "input=in", "-p", f"archive={archive}", *quiet, code=0))
        for pipeline in "list", "info", "verify":
            output_of = self.bytes_of("run", pipeline, "-p", f"archive={archive}", *quiet, code=0)
            self.check_terminal(output_of, table=pipeline == "list")
            if pipeline == "list":
                table = (self.folder / "run/list.csv").read_bytes().decode(errors="surrogateescape")
        self.check_terminal(self.bytes_of("run", "restore", "-p", f"archive={archive}", "-p", "output=out", *quiet, code=0))
        names = {prefix + name for name in NAMES for prefix in (b"", b"bad")}
        self.assertEqual(set(os.listdir(output)), names)
        # The table names files as they are called: it is for programs.
        paths = {os.fsencode(row["path"]) for row in csv.DictReader(table.splitlines(keepends=True))}
        self.assertEqual(paths, names)


class Files(PipelineTest):
    """What a data file says starts nothing."""

    def train(self):
        images = self.make_images(6)
        run = self.folder / "run"
        self.call("run", "train_convolutional", "-p", f"data={images}", "-p", "epochs=1", "--quiet", "--set", f"run.out={run}")
        return images, run / "checkpoint.h5"

    def say(self, checkpoint, model):
        """Has the checkpoint name another model, signed as it should be."""
        with h5py.File(checkpoint, "r+") as file:
            file["text"].attrs["model"] = model
        data = bytearray(checkpoint.read_bytes())
        line = b"latentflow hdf5 sha256 " + hashlib.sha256(data[512:]).hexdigest().encode() + b"\n"
        data[:512] = line + bytes(512 - len(line))
        checkpoint.write_bytes(data)

    def test_a_checkpoint_names_a_model_and_nothing_else(self):
        images, checkpoint = self.train()
        secret = self.folder / "secret.yaml"
        secret.write_text("{type: convolutional}")
        environment = dict(os.environ, SECRET="convolutional")
        for model in ("{type: '${env:SECRET}'}", f"{{include: {secret}}}", "{type: convolutional, include: x}",
                      "!!python/object:os.system {type: convolutional}", f"{{type: {secret}}}",
                      "{type: convolutional, plugins: x.so}", "[" * 5000, "&a [*a, *a]", "{type: \x1b[2J}"):
            with self.subTest(model[:60]):
                self.say(checkpoint, model)
                text = self.call("run", "encode", "-p", f"data={images}", "-p", f"checkpoint={checkpoint}", "--set",
                                 f"run.out={self.folder / 'encoded'}", "--quiet", code=78, env=environment)
                self.assertIsNone(COMMANDS.search(text), text)
                self.assertFalse((self.folder / "encoded").exists())

    def test_a_pipeline_loads_no_plugin(self):
        file = self.folder / "p.yaml"
        for line in "plugins: evil.so", "plugin: evil.so":
            file.write_text(f"version: 1\n{line}\nnodes:\n  a: {{op: list_files, with: {{path: .}}}}\n")
            self.assertIn("unknown key 'plugin", self.call("validate", file, code=78))


if __name__ == "__main__":
    unittest.main()
