"""The comparison of codecs, as a user runs it: every codec, image and setting, and a page."""
import collections
import csv

from harness import *

COLUMNS = "codec,setting,image,bytes,bpp,psnr,ssim,ms_ssim,max_error,encode_mb_s,decode_mb_s"


class CompareCodecs(PipelineTest):
    def compare(self, data, name):
        run = self.folder / name
        text = self.call("run", "compare_codecs", "-p", f"data={data}", "--set", f"run.out={run}",
                         "--set", "nodes.jpegxl_e7.distances=[0.5, 3, 25]",
                         "--set", "nodes.jpegxl_e3.distances=[0.5, 3, 25]")
        self.assertEqual((run / "codecs.csv").read_text().splitlines()[0], COLUMNS)
        with open(run / "codecs.csv", newline="") as file:
            return text, list(csv.DictReader(file)), (run / "codecs.html").read_text()

    def test_every_image_of_every_folder(self):
        images = self.make_images(3, size=96)
        (images / "more").mkdir()
        first = sorted(images.glob("*.tif"))[0]
        shutil.move(first, images / "more" / first.name)
        text, table, page = self.compare(images, "run")
        counts = collections.Counter((row["codec"], row["image"]) for row in table)
        names = {"ours", "jpeg", "jpeg2000_rate", "jpeg2000_psnr", "jpegxl_e3", "jpegxl_e7", "webp"}
        self.assertEqual({codec for codec, _ in counts}, names)
        self.assertEqual(len({image for _, image in counts}), 3)
        self.assertIn(f"more/{first.name}", {image for _, image in counts})
        self.assertEqual(len(counts), 21)
        order = [(row["codec"], row["image"], float(row["setting"])) for row in table]
        self.assertEqual(order, sorted(order))
        for row in table:
            self.assertAlmostEqual(float(row["bpp"]), 8 * int(row["bytes"]) / 96 ** 2, places=9)
            self.assertGreater(float(row["psnr"]), 10)
            self.assertLessEqual(float(row["ssim"]), 1)
            self.assertGreater(float(row["decode_mb_s"]), 0)
        for name in names:
            self.assertIn(name, text)
            self.assertIn(name, page)
        self.assertNotIn("http", page)
        _, again, _ = self.compare(images, "again")
        still = [{k: v for k, v in row.items() if "mb_s" not in k} for row in table]
        self.assertEqual([{k: v for k, v in row.items() if "mb_s" not in k} for row in again], still)

    def test_sixteen_bits_where_the_codec_has_them(self):
        images = self.folder / "wide"
        self.call("run", "make_sample", "-p", f"data={images}", "-p", "count=1", "-p", "size=64",
                  "-p", "bits=16", "--set", f"run.out={self.folder / 'made'}", "--quiet")
        _, table, _ = self.compare(images, "run")
        self.assertEqual({row["codec"] for row in table},
                         {"ours", "jpeg2000_rate", "jpeg2000_psnr", "jpegxl_e3", "jpegxl_e7"})
        self.assertGreater(max(int(row["max_error"]) for row in table), 255)

    def test_every_window_of_an_image(self):
        images = self.make_images(2, size=96)
        pipeline = self.folder / "tiles.yaml"
        pipeline.write_text(f"version: 1\nnodes:\n"
                            f"  files: {{op: list_files, with: {{path: {images}}}}}\n"
                            "  image: {op: read_tiff, in: files}\n"
                            "  tile:  {op: crop, in: image, with: {mode: grid, width: 48, height: 48}}\n"
                            "  jpeg:  {op: jpeg, in: tile}\n"
                            "  webp:  {op: webp, in: tile}\n"
                            "  score_jpeg: {op: score_codec, in: jpeg}\n"
                            "  score_webp: {op: score_codec, in: webp}\n"
                            "  table: {op: write_codecs, in: [score_jpeg, score_webp]}\n"
                            "  page:  {op: write_codec_report, in: [score_jpeg, score_webp], with: {anchor: jpeg}}\n")
        run = self.folder / "run"
        self.call("run", pipeline, "--set", f"run.out={run}", "--quiet")
        with open(run / "codecs.csv", newline="") as file:
            table = list(csv.DictReader(file))
        counts = collections.Counter((row["codec"], row["setting"]) for row in table)
        self.assertEqual(set(counts.values()), {8})
        names = {image.name + window for image in images.glob("*.tif") for window in ("", " window 2", " window 3",
                                                                                       " window 4")}
        self.assertEqual({row["image"] for row in table}, names)
        self.assertIn("window 4", (run / "codecs.html").read_text())


if __name__ == "__main__":
    unittest.main()
