"""Every call on a file that the program makes fails in turn: the disk is full, does not answer, interrupts
or does half. What was there stays whole, the error names file and cause, no run ends as if all were well that
has lost something, and the next one makes the same bytes. LATENTFLOW_FAULTS=2000 tries so many, of all commands or
of those that LATENTFLOW_FAULTS_IN names, and other ones for each LATENTFLOW_FAULTS_SEED."""
import collections
import errno
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import faults
from harness import *

COUNT = int(os.environ.get("LATENTFLOW_FAULTS", "70"))
SEED = int(os.environ.get("LATENTFLOW_FAULTS_SEED", "1"))
CAUSES = {errno.EIO: "Input/output error", errno.ENOSPC: "No space left on device"}
IO_FAILED, BAD_INPUTS, INCOMPLETE = 74, 65, 70


class Scenario:
    """A command of which calls fail; `first` are those that make what it finds, `again` is what goes on."""

    def __init__(self, name, command, first=(), again=None):
        self.name, self.command, self.first, self.again = name, command, first, again or command


def run_of(pipeline, *options, name=None):
    return ["run", pipeline, "--quiet", "--set", f"run.out=work/runs/{name or pipeline}", *options]


def on_archive(pipeline, *options):
    return run_of(pipeline, "-p", "archive=work/archive", *options)


TRAIN = ["-p", "data=in", "--set", "nodes.small.width=64", "--set", "nodes.small.height=64", "--set", "run.threads=2"]
ARCHIVE = on_archive("archive", "-p", "input=in", "-p", "shard_images=2")
SCENARIOS = [
    Scenario("train", run_of("train_convolutional", "-p", "epochs=2", *TRAIN)),
    Scenario("train over an older run", run_of("train_convolutional", "-p", "epochs=1", *TRAIN),
             [run_of("train_convolutional", "-p", "epochs=1", *TRAIN)]),
    Scenario("resume", ["resume", "work/runs/train_convolutional", "--quiet", "-p", "epochs=2"],
             [run_of("train_convolutional", "-p", "epochs=1", *TRAIN)]),
    Scenario("encode", run_of("encode", "-p", "data=in", "-p", "checkpoint=work/runs/train_convolutional/checkpoint.h5"),
             [run_of("train_convolutional", "-p", "epochs=1", *TRAIN)]),
    Scenario("archive", ARCHIVE),
    Scenario("append", on_archive("archive", "-p", "input=more", "-p", "prefix=more", "-p", "append=true", "-p", "shard_images=2"), [ARCHIVE]),
    Scenario("finalise", on_archive("finalise"), [ARCHIVE]),
    Scenario("verify", on_archive("verify", "-p", "against=in"), [ARCHIVE]),
    Scenario("restore", on_archive("restore", "-p", "output=work/restored"), [ARCHIVE]),
    Scenario("list", on_archive("list"), [ARCHIVE]),
    Scenario("index_archive", on_archive("index_archive"), [ARCHIVE]),
    Scenario("search", on_archive("search", "-p", "like=more", "-p", "k=2"), [ARCHIVE, on_archive("index_archive")]),
    Scenario("encode_images", run_of("encode_images", "-p", "input=in", "-p", "output=work/streams")),
]


class Place:
    """A folder in which a scenario is tried again and again, always under the same paths."""

    def __init__(self, folder, images, scenario):
        self.folder, self.scenario = folder, scenario
        shutil.copytree(images, folder)
        self.images = {name: faults.contents(folder / name) for name in ("in", "more")}
        (folder / "work").mkdir()
        for command in scenario.first:
            self.do(command)
        self.before = faults.contents(folder / "work")
        shutil.copytree(folder / "work", folder / "first")
        code, _, err, self.calls = self.do(scenario.command)
        assert code == 0, (scenario.name, code, err)
        assert not faults.unflushed(self.calls), (scenario.name, faults.unflushed(self.calls))
        self.whole = faults.result(faults.contents(folder / "work"))

    def do(self, command, **fault):
        return faults.run([PIPELINE, *command], cwd=self.folder, **fault)

    def try_fault(self, fault, call, goes_on):
        """What is wrong after it, or nothing; and which kind of call it was, and how the program ended."""
        shutil.rmtree(self.folder / "work")
        shutil.copytree(self.folder / "first", self.folder / "work")
        code, out, err, calls = self.do(self.scenario.command, fault=fault, at=call, goes_on=goes_on)
        failed = [one for one in calls if one.fault]
        wrong = list(self.complaints(fault, code, out, err, failed))
        again, _, text, _ = self.do(self.scenario.again)
        if again != 0:
            wrong.append(f"the next run ends with {again}: {text}")
        elif code == BAD_INPUTS and self.scenario.name in ("archive", "append"):
            pass  # what could not be read while it was planned is in no plan, or in a later one
        elif faults.result(faults.contents(self.folder / "work")) != self.whole and not self.kept_aside():
            wrong.append("the next run makes other files: " + self.difference())
        name = errno.errorcode.get(fault, "short") + (" from then on" if goes_on else "")
        where = f"{self.scenario.name}, call {call} as {name}: {failed[0] if failed else 'not reached'}; exit {code}: {err.strip()}"
        return [f"{where}\n    {what}" for what in wrong], (failed[0].kind if failed else "not reached", name), code

    def kept_aside(self):
        """An older run, or one that failed late, is kept under another name by the one after it."""
        now = faults.result(faults.contents(self.folder / "work"))
        return {name: data for name, data in now.items() if not is_aside(name)} == \
               {name: data for name, data in self.whole.items() if not is_aside(name)}

    def difference(self):
        now = faults.result(faults.contents(self.folder / "work"))
        return ", ".join(sorted(name for name in now.keys() | self.whole.keys()
                                if now.get(name) != self.whole.get(name)))

    def complaints(self, fault, code, out, err, failed):
        if code is None:
            yield "it hangs"
            return
        now = faults.contents(self.folder / "work")
        for name in ("in", "more"):
            if faults.contents(self.folder / name) != self.images[name]:
                yield "an original was changed"
        for name, data in now.items():
            try:
                if data != self.before.get(name) and not faults.is_whole(name, data):
                    yield f"{name} is not whole"
            except Exception as error:
                yield f"{name} is not whole: {error}"
        for name in self.before.keys() - now.keys():
            if not name.startswith("runs/"):  # which may be set aside, or its run.json be out of date
                yield f"{name} is gone"
        if code == 0:
            same = faults.result(now)
            if same != self.whole:
                yield "success, but other files: " + self.difference()
            return
        text = out + err
        if fault not in CAUSES:
            yield "it should have been tried again"
        elif code not in (IO_FAILED, BAD_INPUTS, INCOMPLETE):
            yield "a wrong exit code"
        elif failed:
            lines = [line for line in text.splitlines() if CAUSES[fault] in line and not line.startswith("warning: ")]
            named = [one for one in failed if any(is_named(one.path, line) for line in lines)]
            given = tuple(str(self.folder / name) for name in ("in", "more", "work/archive"))
            if not lines:
                yield "no line tells the cause"
            elif not named:
                yield "the line that tells the cause does not name the file"
            elif code != IO_FAILED and not any(one.path.startswith(given) and not one.changes() for one in named):
                yield "no input was bad: it should end with 74"


def is_aside(name):
    parts = pathlib.PurePath(name).parts
    return len(parts) > 2 and parts[0] == "runs" and parts[1][-1:].isdigit()


def is_named(path, line):
    """By its name, or, of a temporary, by the one that it would have had."""
    name = pathlib.PurePath(path).name
    for ending, more in ((".part", 3), (".starting", 2), ("", 1)):  # .NAME.HOST.PID-COUNT.part, .NAME.PID
        if name.startswith(".") and name.endswith(ending):
            name = name[1:].rsplit(".", more)[0]
    return path in line or name in line


class Faults(PipelineTest):
    def setUp(self):
        super().setUp()
        images = self.folder / "images"
        images.mkdir()
        self.make_images(4, name="images/in")
        self.make_images(2, size=48, name="images/more")
        self.images = images

    def test_every_call_fails_in_turn(self):
        chosen = os.environ.get("LATENTFLOW_FAULTS_IN")
        scenarios = [one for one in SCENARIOS if not chosen or one.name in chosen.split(",")]
        with ThreadPoolExecutor(2) as pool:
            places = list(pool.map(lambda item: Place(self.folder / f"place{item[0]}", self.images, item[1]),
                                   enumerate(scenarios)))
            total = sum(len(place.calls) for place in places)
            shares = [max(2, round(COUNT * len(place.calls) / total)) for place in places]
            results = list(pool.map(self.try_many, places, shares))
        wrong = [text for tried in results for found, _, _ in tried for text in found]
        ends = collections.defaultdict(collections.Counter)
        for tried in results:
            for _, call, code in tried:
                ends[call][code] += 1
        print(f"\nseed {SEED}: {sum(map(len, results))} faults in {total} calls of {len(places)} commands, {len(wrong)} complaints",
              *(f"{place.scenario.name}: {len(place.calls)} calls, {len(tried)} faults, "
                f"{sum(len(found) for found, _, _ in tried)} complaints" for place, tried in zip(places, results)),
              *(f"{kind}, {name}: " + ", ".join(f"{count} ended with {code}" for code, count in sorted(counts.items(), key=str))
                for (kind, name), counts in sorted(ends.items())), sep="\n  ", file=sys.stderr)
        self.assertFalse(wrong, "\n".join(wrong[:100]))

    def try_many(self, place, count):
        draw = random.Random(f"{SEED} {place.scenario.name}")
        kinds = [(errno.EIO, False), (errno.ENOSPC, False), (errno.EINTR, False), (faults.SHORT, False),
                 (errno.EIO, True), (errno.ENOSPC, True), (faults.SHORT, True)]
        all_of_them = [(fault, call.number, on) for fault, on in kinds for call in place.calls
                       if call.can_fail_with(fault)]
        chosen = draw.sample(all_of_them, min(count, len(all_of_them)))
        return [place.try_fault(*one) for one in chosen]


if __name__ == "__main__":
    unittest.main()
