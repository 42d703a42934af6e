"""An archive is searched by an image, as a user does it; what the user knows of the images is shown."""
import csv
import re

import tifffile
from PIL import Image

from harness import *


class Search(PipelineTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(12, size=256)
        (self.images / "junk.tif").write_bytes(b"no image")
        self.archive = self.folder / "archive"
        self.run_it("archive", f"input={self.images}", "shard_images=5")

    def run_it(self, name, *params, code=0):
        given = [word for param in (f"archive={self.archive}", *params) for word in ("-p", param)]
        return self.call("run", name, *given, "--set", f"run.out={self.folder}/run_{name}", "--quiet", code=code)

    def answers(self):
        with open(self.folder / "run_search/answers.csv") as file:
            return list(csv.DictReader(file))

    def test_an_image_is_found_and_what_is_known_of_it(self):
        text = self.run_it("search", f"like={self.images}", code=78)
        self.assertIn("pipeline run index_archive", text)
        text = self.run_it("index_archive")
        self.assertIn("junk.tif", text)
        names = sorted(file.name for file in self.images.glob("*.tif") if file.name != "junk.tif")
        known = self.folder / "known.csv"
        known.write_text("file,well,dose\n" + "".join(f"{name},W{i},{i}\n" for i, name in enumerate(names)))
        # Most of an image is nearer to it than to others.
        query = self.folder / "query.tif"
        tifffile.imwrite(query, tifffile.imread(self.images / names[3])[:, 16:])
        text = self.run_it("search", f"like={query}", "k=4", f"metadata={known}")
        rows = self.answers()
        self.assertEqual([row["rank"] for row in rows], ["1", "2", "3", "4"])
        self.assertEqual((rows[0]["path"], rows[0]["well"], rows[0]["dose"]), (names[3], "W3", "3"))
        self.assertIn(names[3], text)
        distances = [float(row["distance"]) for row in rows]
        self.assertEqual(distances, sorted(distances))
        with Image.open(self.folder / "run_search/answers.png") as sheet:
            self.assertEqual(sheet.size, (5 * 164 - 4, 160))

    def test_the_script_of_the_readme_reads_all(self):
        script = re.search(r"```python\n(import h5py.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
        self.assertLessEqual(len(script.splitlines()), 10)
        result = subprocess.run(["/usr/bin/python3", "-c", script + "\n    print(len(data))"], text=True,
                                cwd=self.archive, stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(result.count(" stream "), 12)
        self.assertIn(" junk.tif original 0 0 nan\n8\n", result)

    def test_the_index_goes_on_and_grows(self):
        self.run_it("index_archive")
        before = {file.name: file.read_bytes() for file in (self.archive / "search").iterdir()}
        self.run_it("index_archive")
        self.assertEqual({file.name: file.read_bytes() for file in (self.archive / "search").iterdir()}, before)
        image = tifffile.imread(sorted(self.images.glob("cells*.tif"))[0])
        tifffile.imwrite(self.images / "zz_new.tif", 255 - image)
        self.run_it("archive", f"input={self.images}", "append=true")
        text = self.run_it("search", f"like={self.images / 'zz_new.tif'}")
        self.assertIn("are in the index", text)
        self.run_it("index_archive")
        self.run_it("search", f"like={self.images / 'zz_new.tif'}")
        self.assertEqual(self.answers()[0]["path"], "zz_new.tif")
        self.run_it("verify")


if __name__ == "__main__":
    unittest.main()
