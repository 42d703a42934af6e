"""Every way to write a pipeline wrongly that we know of: place, cause and remedy, word for word.

tests/graph/broken holds the files, expected.txt what `run` says of each: a line with the file and
further arguments, then, indented, the lines that it prints."""
import re

from harness import *

BROKEN = ROOT / "tests/graph/broken"
PLACE = re.compile(r"(-p |--set |[\w.]+\.yaml:\d+:\d+: )")


def expected():
    """(arguments, lines) of each case."""
    cases = []
    for line in (BROKEN / "expected.txt").read_text().splitlines():
        if line.startswith("    "):
            cases[-1][1].append(line[4:])
        elif line and not line.startswith("#"):
            cases.append((line.split(" "), []))
    return cases


def snapshot(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


class Broken(PipelineTest):
    def setUp(self):
        super().setUp()
        self.make_images(4, size=64).rename(self.folder / "made_images")
        self.folder = self.folder / "broken"
        shutil.copytree(BROKEN, self.folder)
        images = self.folder / "images"
        images.mkdir()
        for number, file in enumerate(sorted((self.folder.parent / "made_images").iterdir()), 1):
            file.rename(images / f"{number}.tif")
        (self.folder / "junk.yaml").write_bytes(b"\x8b\x1f junk: [ }\n" * 800_000)  # 10 MB

    def says(self, command, arguments):
        """What is printed; the exit code is that of a wrong configuration."""
        text = self.call(command, *arguments, code=78,
                         env={k: v for k, v in os.environ.items() if k != "LATENTFLOW_NOT_SET"})
        return text.splitlines()

    def test_messages(self):
        cases = expected()
        self.assertGreater(len(cases), 100)
        before = snapshot(self.folder)
        for arguments, lines in cases:
            with self.subTest(" ".join(arguments)):
                self.assertEqual(self.says("run", arguments), lines)
                self.assertEqual(self.says("validate", arguments), lines)
        self.assertEqual(snapshot(self.folder), before, "something was written")

    def test_every_message_has_a_place(self):
        for arguments, lines in expected():
            with self.subTest(" ".join(arguments)):
                self.assertGreater(len(lines), 0)
                for line in lines:
                    if arguments[0] != "junk.yaml":
                        self.assertRegex(line, PLACE)

    def test_every_file_is_tried(self):
        tried = {arguments[0] for arguments, _ in expected()}
        self.assertEqual({path.name for path in BROKEN.glob("*.yaml")} - tried, set())


if __name__ == "__main__":
    unittest.main()
