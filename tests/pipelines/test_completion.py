"""Completion, asked of the program and typed into real shells."""
import pty
import re
import select

from harness import *


class AnswersTest(PipelineTest):
    def ask(self, *words):
        lines = self.call("complete", "--", *words).splitlines()
        return [line.split("\t")[0] for line in lines if line]

    def test_commands(self):
        said = self.ask("")
        for command in ["run", "validate", "create", "describe", "completion", "list", "schema"]:
            self.assertIn(command, said)
        self.assertNotIn("complete", said)
        self.assertNotIn("  complete ", self.call("--help"))
        self.assertEqual(self.ask("vali"), ["validate"])
        self.assertIn("--version", self.ask("--"))

    def test_pipelines_and_nodes(self):
        self.assertEqual(self.ask("run", "train_con"), ["train_convolutional", "files"])
        said = self.ask("describe", "re")
        for name in ["resize", "read_tiff", "reconstruct", "restore"]:
            self.assertIn(name, said)
        self.assertEqual(self.ask("create", "list_files", "read_ti"), ["read_tiff"])
        self.assertEqual(self.ask("create", "--from", "train_g"), ["train_gan", "files"])

    def test_options(self):
        said = self.ask("run", "encode", "--")
        for option in ["--set", "--dry-run", "--profile", "--trace", "--help"]:
            self.assertIn(option, said)
        self.assertEqual(self.ask("graph", "encode", "--format", "m"), ["mermaid"])
        self.assertEqual(self.ask("run", "encode", "--trace", ""), ["files"])
        self.assertEqual(self.ask("completion", ""), ["bash", "zsh"])

    def test_parameters_of_the_pipeline(self):
        self.assertEqual(self.ask("run", "train_gan", "-p", ""), ["data=", "group=", "epochs="])
        self.assertEqual(self.ask("run", "train_gan", "-p", "e"), ["epochs="])
        self.assertEqual(self.ask("run", "reconstruct", "-p", "format="), ["format=tiff", "format=png"])
        self.assertEqual(self.ask("run", "restore", "-p", "overwrite=t"), ["overwrite=true"])
        self.assertEqual(self.ask("run", "encode", "-p", "data="), ["files"])
        self.assertEqual(self.ask("run", "-p", "", "encode"), self.ask("run", "encode"))

    def test_paths_to_set(self):
        set_ = ["run", "train_convolutional", "--set"]
        self.assertEqual(self.ask(*set_, ""), ["nodes.", "run."])
        self.assertEqual(self.ask(*set_, "run.th"), ["run.threads="])
        self.assertIn("nodes.train.", self.ask(*set_, "nodes."))
        self.assertEqual(self.ask(*set_, "nodes.batch.s"), ["nodes.batch.size="])
        self.assertIn("nodes.train.on_error=", self.ask(*set_, "nodes.train.on"))
        self.assertEqual(self.ask(*set_, "nodes.small.method=a"), ["nodes.small.method=auto", "nodes.small.method=area"])
        self.assertEqual(self.ask(*set_, "nodes.train.model"), ["nodes.train.model."])
        self.assertIn("nodes.train.model.type=", self.ask(*set_, "nodes.train.model."))
        self.assertIn("nodes.train.model.encoder=", self.ask(*set_, "nodes.train.model."))
        self.assertEqual(self.ask(*set_, "nodes.train.model.type=g"), ["nodes.train.model.type=gan"])
        self.assertEqual(self.ask(*set_, "nodes.train.optimizer.ra"), ["nodes.train.optimizer.rate="])
        # Of another type, its own options.
        self.assertIn("nodes.train.model.adversarial.",
                      self.ask("run", "train_gan", "--set", "nodes.train.model.adv"))

    def test_everything_offered_can_be_set(self):
        """Each path, followed to its end, is taken by --set: only its value is judged."""
        tried = 0
        paths = ["nodes.", "run."]
        while paths:
            path = paths.pop()
            if path.endswith("."):
                paths += self.ask("run", "train_gan", "--set", path)
            elif path.endswith("=") and not path.endswith((".in=", ".op=")):
                said = subprocess.run([PIPELINE, "validate", "train_gan", "--set", path + "%"],
                                      text=True, capture_output=True, cwd=self.folder).stderr
                for fault in ["unknown option", "unknown node", "cannot be set"]:
                    self.assertNotIn(fault, said, path)
                tried += 1
        self.assertGreater(tried, 80)

    def test_what_is_wrong_has_no_completions(self):
        self.assertEqual(self.ask("rnu", ""), [])
        self.assertEqual(self.ask("run", "no_such", "-p", ""), [])
        (self.folder / "broken.yaml").write_text("nodes: [")
        self.assertEqual(self.ask("run", "broken.yaml", "-p", ""), [])
        self.assertEqual(self.ask("run", "broken.yaml", "--set", "nodes."), [])


class ShellTest(PipelineTest):
    """Types lines into a shell, with Tab, and reads which words they have become."""
    shell = None

    def setUp(self):
        super().setUp()
        if not shutil.which(self.shell):
            if os.environ.get("CI"):
                self.fail(f"{self.shell} is not there: scripts/setup --ci")
            self.skipTest(f"{self.shell} is not there")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/pipeline").symlink_to(PIPELINE)
        (self.folder / "images and more").mkdir()
        (self.folder / "images and more/cell.tif").touch()
        (self.folder / "mine.yaml").write_text(
            "version: 1\nparams: {alpha: {type: float, default: 1}}\nnodes:\n"
            "  cells: {op: generate_cells}\n  write: {op: write_image, in: cells}\n")

    def type(self, *lines):
        master, slave = pty.openpty()
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "HOME": str(self.folder),
                       "TERM": "dumb", "PS1": "> ", "LANG": "C.UTF-8"}
        process = subprocess.Popen(self.start, stdin=slave, stdout=slave, stderr=slave, cwd=self.folder,
                                   env=environment, start_new_session=True)
        os.close(slave)
        heard = ""

        def wait_for(text, seconds=60):
            nonlocal heard
            end = time.monotonic() + seconds
            while text not in heard:
                if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
                    self.fail(f"{text!r} did not come: {heard!r}")
                heard += os.read(master, 65536).decode(errors="replace")
            heard = heard.split(text, 1)[1]

        def send(text):
            os.write(master, text.encode())

        answers = []
        try:
            send(self.prepare + "\n")
            wait_for("READY\r\n")
            for line in lines:
                send(line)
                time.sleep(0.2)
                # The line is given to a command that says its words, one by one.
                send("\x01printf '<%s>' \x05 ; printf '\\nDO''NE\\n'\n")
                end = time.monotonic() + 60
                while "DONE\r\n" not in heard and time.monotonic() < end:
                    if select.select([master], [], [], 1)[0]:
                        heard += os.read(master, 65536).decode(errors="replace")
                said, heard = heard.split("DONE\r\n", 1)
                answers.append(re.findall(r"<([^<>]*)>", said.replace("<%s>", "")))
        finally:
            process.kill()
            process.wait()
            os.close(master)
        return answers

    def check(self):
        cases = {
            "pipeline vali\t": ["pipeline", "validate"],
            "pipeline run train_con\t": ["pipeline", "run", "train_convolutional"],
            "pipeline create list_files read_ti\t": ["pipeline", "create", "list_files", "read_tiff"],
            "pipeline run train_gan --dry\t": ["pipeline", "run", "train_gan", "--dry-run"],
            "pipeline run train_gan -p ep\t7": ["pipeline", "run", "train_gan", "-p", "epochs=7"],
            "pipeline run reconstruct -p format=p\t": ["pipeline", "run", "reconstruct", "-p", "format=png"],
            "pipeline run train_gan --set nodes.bat\tsi\t4": ["pipeline", "run", "train_gan", "--set", "nodes.batch.size=4"],
            "pipeline run train_gan --set run.see\t": ["pipeline", "run", "train_gan", "--set", "run.seed="],
            "pipeline run min\t": ["pipeline", "run", "mine.yaml"],
            "pipeline run mine.yaml -p al\t": ["pipeline", "run", "mine.yaml", "-p", "alpha="],
            "pipeline run mine.yaml --set nodes.cel\tcou\t3": ["pipeline", "run", "mine.yaml", "--set", "nodes.cells.count=3"],
            "pipeline run encode -p data=ima\tcel\t": ["pipeline", "run", "encode", "-p", "data=images and more/cell.tif"],
            "pipeline graph mine.yaml --format d\t": ["pipeline", "graph", "mine.yaml", "--format", "dot"],
        }
        said = self.type(*cases)
        for (line, expected), words in zip(cases.items(), said):
            self.assertEqual(words, expected, line)


class BashTest(ShellTest):
    shell = "bash"
    start = ["bash", "--norc", "--noprofile", "-i"]
    prepare = "bind 'set enable-bracketed-paste off'; source <(pipeline completion bash); echo REA''DY"

    def test_types(self):
        self.check()

    def test_lists_what_there_is(self):
        """The function itself, with the words as bash cuts them."""
        script = (
            'source <("$0" completion bash); COMP_LINE=$1; COMP_POINT=${#1}; shift\n'
            'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pipeline; printf "%s\\n" "${COMPREPLY[@]}"')

        def reply(line, *words):
            result = subprocess.run(["bash", "-c", script, str(self.folder / "bin/pipeline"), line, *words],
                                    text=True, capture_output=True, cwd=self.folder)
            return result.stdout.split()

        # "$0" is the program here, so the first word must be as well.
        program = str(self.folder / "bin/pipeline")
        self.assertIn("validate", reply(f"{program} ", program, ""))
        self.assertEqual(reply(f"{program} run train_gan -p ", program, "run", "train_gan", "-p", ""),
                         ["data=", "group=", "epochs="])
        self.assertEqual(reply(f"{program} run reconstruct -p format=", program, "run", "reconstruct", "-p", "format", "="),
                         ["tiff", "png"])
        self.assertEqual(reply(f"{program} run reconstruct -p format=t", program, "run", "reconstruct", "-p", "format", "=", "t"),
                         ["tiff"])


class ZshTest(ShellTest):
    shell = "zsh"
    start = ["zsh", "-f", "-i"]
    prepare = ("unsetopt zle_bracketed_paste; unset zle_bracketed_paste; bindkey -e; autoload -Uz compinit; compinit -u -D; "
               "source <(pipeline completion zsh); print REA''DY")

    def test_types(self):
        self.check()

    def test_types_when_installed(self):
        """As a file of fpath, which zsh loads when it is first needed."""
        (self.folder / "functions").mkdir()
        shutil.copy(ROOT / "scripts/completion/pipeline.zsh", self.folder / "functions/_pipeline")
        self.prepare = ("bindkey -e; fpath=(~/functions $fpath); autoload -Uz compinit; compinit -u -D; "
                        "unset zle_bracketed_paste; print REA''DY")
        self.assertEqual(self.type("pipeline vali\t", "pipeline run train_gan -p ep\t7"),
                         [["pipeline", "validate"], ["pipeline", "run", "train_gan", "-p", "epochs=7"]])


del ShellTest

if __name__ == "__main__":
    unittest.main()
