"""OpenJPEG and libjxl by their command-line tools, two processors wide, from files to files.

Frames are PGM, which costs nothing to read. Of the ways to keep two processors busy the faster is
taken, and what starting a program takes is left out for the tool that must start for each frame."""

import subprocess
import time

from PIL import Image


def seconds_side_by_side(commands):
    """Each (command, text for its input); all at once."""
    start = time.perf_counter()
    running = []
    for command, text in commands:
        process = subprocess.Popen([str(part) for part in command], text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.stdin.write(text)
        process.stdin.close()
        running.append(process)
    if any([process.wait() for process in running]):
        raise SystemExit(f"{commands[0][0][0]} failed; try: {' '.join(map(str, commands[0][0]))}")
    return time.perf_counter() - start


class Classic:
    """Encodes frames near a rate. Streams end in `suffix`."""

    ways = ("two_processes", "two_threads")

    def __init__(self, frames, bits_per_pixel, folder):
        self.pixels = sum(frame.size for frame in frames)
        self.bits_per_sample = 8 * frames[0].itemsize
        self.bits_per_pixel = bits_per_pixel
        self.folder = folder
        for place, frame in enumerate(frames):
            half = folder / str(place % 2)
            half.mkdir(parents=True, exist_ok=True)
            Image.fromarray(frame).save(half / f"{place}.pgm")
        self.prepare()
        speeds = {way: self.encode(way) for way in self.ways}
        self.way = max(speeds, key=speeds.get)

    def prepare(self):
        """Finds the settings for the rate."""

    def halves(self):
        return [folder for folder in (self.folder / "0", self.folder / "1") if folder.exists()]

    def encode(self, way=None):
        """Megapixels/s."""
        return self.pixels / 1e6 / self.seconds(way or self.way)

    def rate(self):
        size = sum(path.stat().st_size for path in self.folder.glob("?/*" + self.suffix))
        return 8 * size / self.pixels


class OpenJpeg(Classic):
    """A program takes a whole folder. By the irreversible wavelet, to a fixed rate."""

    suffix = ".j2k"

    def seconds(self, way):
        def command(half, threads):
            ratio = self.bits_per_sample / self.bits_per_pixel
            return ["opj_compress", "-ImgDir", half, "-OutFor", "j2k", "-I", "-r", ratio, "-threads", threads], ""

        if way == "two_processes":
            return seconds_side_by_side([command(half, 1) for half in self.halves()])
        return sum(seconds_side_by_side([command(half, 2)]) for half in self.halves())


class JpegXl(Classic):
    """A program takes one frame; the distance is sought that gives the rate."""

    suffix = ".jxl"
    effort = 7

    def prepare(self):
        self.frames = sorted(self.folder.glob("?/*.pgm"))
        self.tiny = [self.folder / "tiny" / frame.name for frame in self.frames]
        self.tiny[0].parent.mkdir()
        for path in self.tiny:
            Image.new("L", (8, 8)).save(path)
        self.find_distance(self.frames[::max(1, len(self.frames) // 8)])

    def find_distance(self, some):
        """The least whose streams are no longer than they should be; libjxl takes up to 25."""
        low, high = 0.1, 25
        pixels = sum(Image.open(frame).width * Image.open(frame).height for frame in some)
        while high - low > 0.02 * high:
            self.distance = (low + high) / 2
            self.seconds_of(some, "two_processes")
            size = sum(frame.with_suffix(self.suffix).stat().st_size for frame in some)
            low, high = (low, self.distance) if 8 * size <= self.bits_per_pixel * pixels else (self.distance, high)
        self.distance = high

    def seconds_of(self, frames, way):
        threads, processes = (0, 2) if way == "two_processes" else (2, 1)
        command = ["xargs", "-P", processes, "-I@", "cjxl", "--quiet", "-e", self.effort, "-d", self.distance,
                   "--num_threads", threads, "@.pgm", "@" + self.suffix]
        return seconds_side_by_side([(command, "\n".join(str(frame.with_suffix("")) for frame in frames))])

    def seconds(self, way):
        return self.seconds_of(self.frames, way) - self.seconds_of(self.tiny, way)
