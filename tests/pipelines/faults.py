"""Makes calls of a program fail, by libfaults (tests/faults/library/calls.cpp), and says whether a file is whole."""
import csv
import errno
import hashlib
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile

LIBRARY = os.environ["FAULTS"]
KINDS = ("open read write sync close truncate rename link unlink make_folder remove_folder open_folder "
         "read_folder map mark").split()
RECORD = struct.Struct("<QQQIIHHHHii")  # tests/faults/tape.hpp
SHORT = -1


class Call:
    """One that a program made on a file: its number, kind and path, and the fault it was given."""

    def __init__(self, tape, at):
        self.number, _, self.count, self.total, _, kind, path, other, self.flags, self.fault, _ = RECORD.unpack_from(tape, at)
        self.kind = KINDS[kind]
        at += RECORD.size
        self.path = os.fsdecode(tape[at:at + path])
        self.other = os.fsdecode(tape[at + path:at + path + other])  # of rename and link: the new name

    def changes(self):
        return self.kind in ("write", "sync", "truncate", "rename", "link", "make_folder") or \
            self.kind == "open" and self.flags & 3

    def can_fail_with(self, fault):
        """As in calls.cpp: what a system may answer."""
        moves = self.kind in ("read", "write")
        if fault == SHORT:
            return moves and self.count > 1
        if fault == errno.EINTR:
            return moves or self.kind in ("open", "sync", "truncate")
        if fault == errno.ENOSPC:
            return self.changes()
        return fault != errno.EPERM or self.kind == "link"  # of a file system without hard links

    def __str__(self):
        return f"{self.kind} {self.path}"


def run(command, fault=0, at=0, goes_on=False, below="", timeout=60, **options):
    """Runs to the end; gives the exit code (None: it hung), what it said, and its calls."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="latentflow_tape.") as file:
        file.truncate(1 << 24)
        environment = {**os.environ, "LD_PRELOAD": LIBRARY, "FAULTS_TAPE": file.name, "FAULTS_BELOW": str(below),
                       "FAULTS_AT": str(at), "FAULTS_AS": "short" if fault == SHORT else str(fault),
                       "FAULTS_ON": "1" if goes_on else ""}
        try:
            done = subprocess.run(command, env=environment, timeout=timeout, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **options)
            code, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            code, out, err = None, "", (late.stderr or b"").decode(errors="replace")
        tape = file.read()
    _, end = struct.unpack_from("<QQ", tape)
    calls, at = [], 16
    while at + RECORD.size <= min(end, len(tape)):
        call = Call(tape, at)
        if call.total == 0:
            break  # killed while it wrote this down
        calls.append(call)
        at += call.total
    return code, out, err, calls


def unflushed(calls):
    """What a power cut may take away of the files that have a name for good, and of folders: those that were written
    to, or whose name was given, after the last flush of them, or of the folder that they are in."""
    names, written, published = set(), set(), set()
    for call in calls:
        if call.kind in ("make_folder", "rename", "link"):
            target = call.other or call.path
            moved = {name for name in names | written if name == call.path or name.startswith(call.path + "/")}
            for of in (names, written):
                of.update([target + name[len(call.path):] for name in moved & of])
                of.difference_update(moved if call.kind == "rename" else ())
            names.add(target)
            published.add(target)
        elif call.kind == "write":
            written.add(call.path)
        elif call.kind == "sync":
            written.discard(call.path)
            names = {name for name in names if os.path.dirname(name) != call.path}
        elif call.kind in ("unlink", "remove_folder"):
            names.discard(call.path)
            published.discard(call.path)
    return sorted(names | (written & published))


def contents(folder):
    """{path below the folder: bytes} of all files that are not hidden; temporaries are."""
    folder = pathlib.Path(folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)}


def result(files):
    """Of a folder's files what must be the same bytes in each run: without times and what shows them."""
    kept = {}
    for name, data in files.items():
        if re.search(r"(^|/)(run\.json|made_from\.json|report\.html|times\.csv|table\.md|sweep\.(csv|md)|status\.json"
                     r"|log\.txt|resolved(\.\d+)?\.yaml)$", name):
            continue
        if name.endswith("metrics.csv"):
            data = b"\n".join(line for line in data.split(b"\n") if b"seconds" not in line)
        kept[name] = data
    return kept


def is_whole(name, data):
    """Whether a file is as its writer finished it: each kind of ours tells."""
    if name.endswith(".h5"):
        return data[:23] == b"latentflow hdf5 sha256 " and \
            hashlib.sha256(data[512:]).hexdigest().encode() == data[23:87]
    if name.endswith(".json"):
        return bool(json.loads(data))
    if name.endswith(".csv"):
        table = list(csv.reader(io.StringIO(data.decode(errors="surrogateescape"))))
        return data.endswith(b"\n") and len({len(row) for row in table}) == 1
    if name.endswith(".html"):
        return data.rstrip().endswith(b"</html>")
    if name.endswith(".png"):
        return data[-8:-4] == b"IEND"
    if name.lower().endswith((".tif", ".tiff")):
        import tifffile
        return tifffile.imread(io.BytesIO(data)).size > 0
    if name.endswith("SHA256SUMS"):
        return all(re.fullmatch(rb"\\?[0-9a-f]{64}  .+", line) for line in data.splitlines())
    return len(data) > 0
