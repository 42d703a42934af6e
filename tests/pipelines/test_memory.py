"""Memory does not grow with the number of images."""
import resource
import os

from harness import *


class Memory(PipelineTest):
    def peak(self, checkpoint, count):
        """Peak resident memory, in kB, of encoding `count` generated images."""
        file = self.folder / f"encode{count}.yaml"
        file.write_text(
            "version: 1\nname: encode_generated\nrun: {threads: 2, max_in_flight: 64}\nnodes:\n"
            f"  cells: {{op: generate_cells, with: {{count: {count}, width: 64, height: 64}}}}\n"
            "  batch: {op: batch, in: cells, with: {size: 8}}\n"
            f"  encode: {{op: encode, in: batch, with: {{checkpoint: {checkpoint}}}}}\n"
            "  keep: {op: write_latents, in: encode}\n")
        run = self.folder / f"out{count}"
        process = subprocess.Popen(self.command("run", file, "--set", f"run.out={run}", "--quiet"),
                                   stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        self.assertTrue((run / "latents.h5").exists())
        return usage.ru_maxrss

    def test_twenty_thousand_images_take_no_more_than_two_thousand(self):
        images = self.make_images(8)
        self.call("run", "train_convolutional", "-p", f"data={images}", "-p", "epochs=1",
                  "--set", f"run.out={self.folder / 'run'}",
                  "--set", "nodes.small.width=64", "--set", "nodes.small.height=64")
        checkpoint = self.folder / "run" / "checkpoint.h5"
        small, large = self.peak(checkpoint, 2_000), self.peak(checkpoint, 20_000)
        self.assertLess(large, 1.2 * small, f"{small} kB for 2,000, {large} kB for 20,000")


if __name__ == "__main__":
    unittest.main()
