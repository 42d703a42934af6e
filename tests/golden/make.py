"""Makes golden streams: make.py PIPELINE MODEL FOLDER. Once made they are never made anew: what has been
encoded must decode to the same pixels for ever. A new model or format gets a folder of its own."""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

import numpy
import tifffile

pipeline, model, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])


def cells(height, width, seed):
    """Blurred discs and some noise, in 0 .. 1."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[:height, :width]
    image = numpy.full((height, width), 0.1)
    for _ in range(height * width // 1500 + 1):
        distance = numpy.hypot(y - random.uniform(0, height), x - random.uniform(0, width))
        image += random.uniform(0.2, 0.8) / (1 + numpy.exp(distance - random.uniform(4, 12)))
    return numpy.clip(image + random.normal(0, 0.01, image.shape), 0, 1)


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    source = scratch / "in"
    source.mkdir()
    eight = lambda image: (255 * image).round().astype(numpy.uint8)
    tifffile.imwrite(source / "one_pixel.tif", eight(cells(1, 1, 1)))
    tifffile.imwrite(source / "tiles.tif", eight(cells(150, 333, 2)), description="golden", resolution=(300, 300))
    tifffile.imwrite(source / "colour.tif", eight(numpy.stack([cells(70, 90, i) for i in range(3)], -1)), photometric="rgb")
    tifffile.imwrite(source / "pages.tif", (4000 * numpy.stack([cells(65, 129, i) for i in range(3)])).astype(numpy.uint16),
                     photometric="minisblack", metadata=None)
    roots = scratch / "roots"
    roots.mkdir()
    tifffile.imwrite(roots / "roots.tif", (4000 * cells(100, 80, 5)).astype(numpy.uint16))
    streams, decoded = scratch / "streams", scratch / "decoded"
    encode = ["--set", "nodes.stream.tile_size=128", "-p", "quality=2"]
    for name, one, other, more in (("encode_images", source, streams, encode),
                                   ("encode_images", roots, streams, [*encode, "-p", "square_root=true"]),
                                   ("decode_images", streams, decoded, [])):
        subprocess.run([pipeline, "run", name, "-p", f"input={one}", "-p", f"output={other}", "-p", f"model={model}",
                        "--set", f"run.out={scratch / name}", "--quiet", *more], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    sums = []
    for file in sorted(streams.iterdir()):
        (folder / file.name).write_bytes(file.read_bytes())
        pixels = tifffile.imread(decoded / f"{file.stem}.tif")
        sums.append(f"{hashlib.sha256(pixels.tobytes()).hexdigest()}  {file.name}\n")
    (folder / "SHA256SUMS").write_text("".join(sums))
