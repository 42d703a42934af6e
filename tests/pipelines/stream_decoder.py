"""A decoder of streams written from formats/stream.md alone, in numpy: slow, and proof that the page
says enough."""
import hashlib
import struct

import h5py
import numpy


class Model:
    def __init__(self, file):
        with h5py.File(file) as f:
            assert f["text"].attrs["codec"] == "1"
            found = []
            f["integers"].visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
            found.sort(key=lambda item: item.attrs["order"])
            self.integers = {item.attrs["name"]: item[...].astype(numpy.int64) for item in found}
            digest = hashlib.sha256()
            for item in found:
                digest.update(item.attrs["name"].encode() + b"\0" + struct.pack(f"<{item.ndim}q", *item.shape))
                digest.update(item[...].astype("<i4").tobytes())
        self.digest = digest.digest()[:8]
        self.channels, self.classes, _ = self.integers["coder.sizes"]
        self.tables = unpack(self.integers["coder.tables"])
        self.class_tables = unpack(self.integers["coder.class_tables"])


def unpack(numbers):
    tables = []
    at = 0
    while at < len(numbers):
        low, size = numbers[at:at + 2]
        tables.append((int(low), numpy.concatenate([[0], numpy.cumsum(numbers[at + 2:at + 2 + size])])))
        at += 2 + size
    return tables


class Payload:
    def __init__(self, data):
        head = 5 + (len(data) - 5) % 4
        self.state = int.from_bytes(data[:head], "little")
        self.words = list(struct.unpack(f"<{(len(data) - head) // 4}I", data[head:]))

    def take(self, start, frequency):
        self.state = frequency * (self.state >> 16) + (self.state & 65535) - start
        if self.state < 1 << 31:
            self.state = self.state << 32 | self.words.pop(0)

    def bits(self, count):
        value = (self.state & 65535) >> (16 - count)
        self.take(value << (16 - count), 1 << (16 - count))
        return value

    def value(self, table):
        low, starts = table
        i = int(numpy.searchsorted(starts, self.state & 65535, side="right")) - 1
        self.take(int(starts[i]), int(starts[i + 1] - starts[i]))
        if i < len(starts) - 2:
            return low + i
        below = self.bits(1)
        count = 0
        while not self.bits(1):
            count += 1
        steps = 1
        while count:
            some = min(count, 16)
            steps = steps << some | self.bits(some)
            count -= some
        return low - steps if below else low + len(starts) - 3 + steps


def tile_latents(model, data, rows, columns, level):
    payload = Payload(data)
    steps = model.integers["levels.steps"][level]
    table_of = model.integers["coder.table_of"]
    largest = model.integers["synthesis.largest_latent"][0]
    classes = numpy.zeros((rows, columns), int)
    values = numpy.zeros((model.channels, rows, columns), numpy.int64)
    for y in range(rows):
        for x in range(columns):
            left = classes[y, x - 1] if x else classes[y - 1, x] if y else 0
            above = classes[y - 1, x] if y else left
            group = [8 * k // model.classes for k in (left, above)]
            rate = (level + 8) // 16
            k = classes[y, x] = payload.value(model.class_tables[(rate * 8 + group[0]) * 8 + group[1]])
            for c in range(model.channels):
                values[c, y, x] = payload.value(model.tables[table_of[k, c]])
    assert payload.state == 1 << 31 and not payload.words
    return numpy.clip((values * steps[:, None, None] + 2048) >> 12, -largest, largest)


def synthesise(model, src):
    layer = 0
    while f"synthesis.{layer}.weights" in model.integers:
        weights, bias, shift, span = (model.integers[f"synthesis.{layer}.{what}"]
                                      for what in ("weights", "bias", "shift", "range"))
        up, _, outputs, _, window, _ = weights.shape
        half = window // 2
        rows, columns = src.shape[1:]
        padded = numpy.pad(src, ((0, 0), (half, half), (half, half)))
        dst = numpy.zeros((outputs, up * rows, up * columns), numpy.int64)
        for a in range(up):
            for b in range(up):
                total = numpy.zeros((outputs, rows, columns), numpy.int64) + bias[a, b][:, None, None]
                for p in range(window):
                    for q in range(window):
                        total += numpy.tensordot(weights[a, b, :, :, p, q],
                                                 padded[:, p:p + rows, q:q + columns], 1)
                dst[:, a::up, b::up] = numpy.clip(total >> shift[a, b][:, None, None], *span)
        src = dst
        layer += 1
    return src[0]


def decode(model, data):
    """Pages x channels x height x width, checked against the stream's digest."""
    assert data[:4] == b"\x8c\x4c\x46\x01"
    at = 7

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def take(count):
        nonlocal at
        at += count
        return data[at - count:at]

    flags, sizes, level = data[4:7]
    depth, tile = 8 + (sizes & 15), 64 << (sizes >> 4)
    width, height = varint(), varint()
    channels, pages = (varint(), varint()) if flags & 2 else (1, 1)
    top = int.from_bytes(take(2), "little") if flags & 4 else 2 ** depth - 1
    assert take(8) == model.digest
    pixels = take(8)
    if flags & 8:
        for _ in range(varint()):
            take(2)
            take(varint())
    down, across = -(-height // tile), -(-width // tile)
    index = []
    for _ in range(pages * channels * down * across):
        index.append(varint())
        take(4)
    take(4)
    rows, columns = -(-height // 16), -(-width // 16)
    planes = []
    for plane in range(pages * channels):
        latents = numpy.zeros((model.channels, rows, columns), numpy.int64)
        for y in range(0, rows, tile // 16):
            for x in range(0, columns, tile // 16):
                some = min(tile // 16, rows - y), min(tile // 16, columns - x)
                latents[:, y:y + some[0], x:x + some[1]] = tile_latents(model, take(index.pop(0)), *some, level)
        samples, white = synthesise(model, latents)[:height, :width], 4080
        if flags & 16:
            samples, white = samples * samples, white * white
        samples = (samples * top + white // 2) // white
        planes.append(samples.astype("<u1" if depth == 8 else "<u2"))
    assert at == len(data)
    result = numpy.stack(planes).reshape(pages, channels, height, width)
    assert hashlib.sha256(result.tobytes()).digest()[:8] == pixels
    return result
