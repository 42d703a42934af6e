"""docs/add_a_model.md and add_a_metric.md, followed: their code is put where they say, compiled as the build
compiles its neighbours, linked to the rest of the program, and their commands are run."""
import re
import shlex

from harness import *

BUILD = pathlib.Path(PIPELINE).resolve().parent


def commands_of(target):
    result = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", target], check=True, text=True,
                            stdout=subprocess.PIPE)
    return [line for line in result.stdout.splitlines() if not line.startswith("ninja:")]


class Docs(PipelineTest):
    def follow(self, page):
        """The code blocks that name a file, [(file, text)], and the commands that call the program."""
        text = (ROOT / "docs" / page).read_text()
        blocks = re.findall(r"```cpp (\S+)\n(.*?)```", text, re.DOTALL)
        shell = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
        calls = [shlex.split(line)[1:] for line in shell.splitlines() if line.startswith("build/release/pipeline ")]
        self.assertEqual(len(calls), 2, shell)
        return blocks, calls

    def compile(self, name, neighbour):
        """Compiles a file of self.folder as the build does another of its folder; gives the object."""
        line = next(line for line in commands_of("pipeline") if line.endswith(f" -c {ROOT / neighbour}"))
        words = [word for word in shlex.split(line) if "ccache" not in word]
        out = self.folder / (name.replace("/", "_") + ".o")
        words[words.index("-o") + 1] = str(out)
        words[-1] = str(self.folder / name)
        words[words.index("-MF") + 1] = f"{out}.d"
        words.insert(1, f"-I{self.folder}")  # what is there comes before what is in the tree
        self.do(words)
        return out

    def link(self, added, replaced=None):
        """The program with an object more, or in place of another."""
        line = next(line for line in commands_of("pipeline") if " -o pipeline " in line)
        words = shlex.split(line.removeprefix(": && ").removesuffix(" && :"))
        if replaced:
            words.remove(replaced)
        words[words.index("pipeline")] = str(self.folder / "pipeline")
        self.do(words + [str(added)])
        self.program = self.folder / "pipeline"

    def do(self, words):
        result = subprocess.run(words, cwd=BUILD, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=600)
        self.assertEqual(result.returncode, 0, result.stdout)

    def command(self, *arguments):
        return [str(getattr(self, "program", PIPELINE)), *map(str, arguments)]

    def write(self, name, text):
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def try_out(self, calls):
        """As the page has them, on small images; gives what `describe` says."""
        describe, run = calls
        self.assertEqual((describe[0], run[0]), ("describe", "run"))
        images = self.make_images(8)
        said = self.call(*describe)
        self.call(*run, "-p", f"data={images}", "-p", "group=", "--set", "nodes.small.width=32", "--set",
                  "nodes.small.height=32")
        return said, self.folder / run[-1].removeprefix("run.out=")

    def test_adding_a_model(self):
        blocks, calls = self.follow("add_a_model.md")
        [(name, text)] = blocks
        self.write(name, text)
        self.link(self.compile(name, "models/convolutional.cpp"))
        said, run = self.try_out(calls)
        self.assertIn("type: strided - convolutions of stride 2", said)
        self.assertIn((2, "strided", "test", "mse"), rows(run / "metrics.csv"))
        # "encode, decode, evaluate and resume work with it as with the others"
        self.assertIn("finished", self.call("resume", run))
        self.call("run", "score", "-p", f"data={self.folder / 'images'}", "-p", f"checkpoint={run / 'checkpoint.h5'}",
                  "--set", "run.out=scored")
        # "validate reports it at the trainer's line"
        self.assertIn("strided: resize images to multiples of 4, not 30x32",
                      self.call("validate", "train_convolutional", "--set", "nodes.train.model.type=strided", "--set",
                                "nodes.small.width=30", "--set", "nodes.small.height=32", "-p",
                                f"data={self.folder / 'images'}", code=78))

    def test_adding_a_metric(self):
        blocks, calls = self.follow("add_a_metric.md")
        self.assertEqual([name for name, _ in blocks], ["models/metrics.hpp"] + 3 * ["models/metrics.cpp"])
        declaration, plane, images, entry = (text for _, text in blocks)
        header = (ROOT / "models/metrics.hpp").read_text()
        mse = "std::vector<double> mse(const Tensor& images, const Tensor& others);\n"
        self.assertIn(mse, header)
        self.write("models/metrics.hpp", header.replace(mse, f"{mse}\n{declaration}"))
        source = (ROOT / "models/metrics.cpp").read_text()
        for before, added in ((r"double squared_error\(", plane), (r"std::vector<double> mse\(", images),
                              (r" *\{\"mse\",", entry)):
            source, count = re.subn(f"^({before})", lambda at: f"{added}\n{at[1]}", source, flags=re.MULTILINE)
            self.assertEqual(count, 1, before)
        self.write("models/metrics.cpp", source)
        self.link(self.compile("models/metrics.cpp", "models/metrics.cpp"),
                  "CMakeFiles/models.dir/models/metrics.cpp.o")
        said, run = self.try_out(calls)
        self.assertIn("mae", said)
        table = rows(run / "metrics.csv")
        mae, mse = (table[1, "convolutional", "test", metric] for metric in ("mae", "mse"))
        self.assertLess(mse, mae)         # of differences below 1
        self.assertLessEqual(mae**2, mse)  # a mean of squares is not below the square of the mean


if __name__ == "__main__":
    unittest.main()
