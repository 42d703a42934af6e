// See power_cuts.hpp.
#include "tests/faults/power_cuts.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace faults {

namespace fs = std::filesystem;

namespace {

uint64_t cuts() {
    const char* asked = std::getenv("LATENTFLOW_POWER_CUTS");
    return asked ? std::stoull(asked) : 1000;
}

/// In memory, where there is such a thing: 100,000 states are written to it.
class Shelf {
  public:
    Shelf() {
        std::string name = "/dev/shm/latentflow_cut.XXXXXX";
        if (!::mkdtemp(name.data())) throw std::runtime_error("no /dev/shm");
        path_ = name;
    }
    ~Shelf() { fs::remove_all(path_); }
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;

    const fs::path& path() const { return path_; }

    void hold(const CrashState& state) {
        for (const auto& [name, content] : held_)
            if (!state.files.contains(name)) fs::remove(path_ / name);
        for (const auto& [name, content] : state.files) {
            const auto before = held_.find(name);
            if (before != held_.end() && before->second == content) continue;
            fs::create_directories((path_ / name).parent_path());
            std::ofstream(path_ / name, std::ios::binary) << content;
        }
        held_ = state.files;
    }

  private:
    fs::path path_;
    std::map<std::string, std::string> held_;
};

/// Of a state, with or without its temporaries, which have hidden names.
size_t hash_of(const CrashState& state, bool hidden) {
    size_t hash = state.mark;
    for (const auto& [name, content] : state.files)
        if (hidden || !is_hidden(name)) {
            hash = hash * 31 + std::hash<std::string>()(name);
            hash = hash * 31 + std::hash<std::string>()(content);
        }
    return hash;
}

bool changes_the_disk(const Record& record) {
    return record.call != Call::read && record.call != Call::close && record.call != Call::mark &&
           (record.call != Call::open || record.flags & 3);
}

}  // namespace

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::vector<Record> tape_of(const Work& work) {
    const Shelf shelf;
    start_tape(shelf.path().string());
    work(shelf.path());
    auto tape = stop_tape();
    // Played where they are checked: paths begin with the folder, of which only one is there then.
    for (Record& record : tape)
        for (std::string* path : {&record.path, &record.other})
            if (path->starts_with(shelf.path().string()))
                path->replace(0, shelf.path().string().size(), "/disk");
    return tape;
}

Tally look(const std::vector<Record>& tape, uint64_t states, const Check& check) {
    std::mt19937_64 random(7);
    Tally tally;
    std::unordered_set<size_t> seen;
    std::unordered_map<size_t, std::string> judged;
    Shelf shelf;
    Disk disk("/disk");
    const auto changes = static_cast<uint64_t>(std::ranges::count_if(tape, changes_the_disk));
    for (uint64_t i = 0, changed = 0; i < tape.size(); ++i) {
        disk.play(tape[i]);
        changed += changes_the_disk(tape[i]);
        for (; tally.states < states * changed / changes; ++tally.states) {
            const CrashState state = disk.cut(random);
            seen.insert(hash_of(state, true));
            const auto [verdict, fresh] = judged.try_emplace(hash_of(state, false));
            if (fresh) {
                shelf.hold(state);
                verdict->second = check(shelf.path(), state.mark);
            }
            if (!verdict->second.empty() && tally.wrong++ == 0)
                tally.first =
                    fmt::format("after call {} of {}: {}", i, tape.size(), verdict->second);
        }
    }
    tally.distinct = seen.size();
    tally.visible = judged.size();
    return tally;
}

void expect_safe(const std::string& what, const Work& work, const Check& check) {
    const auto tape = tape_of(work);
    const Tally tally = look(tape, cuts(), check);
    fmt::print("{}: {} states after {} calls, {} distinct, {} without temporaries; {} wrong\n",
               what, tally.states, tape.size(), tally.distinct, tally.visible, tally.wrong);
    EXPECT_EQ(tally.wrong, 0U) << tally.first;
    for (const bool of_folders : {false, true}) {
        const Tally careless =
            look(without_syncs(tape, of_folders), std::min<uint64_t>(cuts(), 300), check);
        fmt::print("  without fsync of {}: {} of {} wrong\n", of_folders ? "folders" : "files",
                   careless.wrong, careless.states);
        EXPECT_GT(careless.wrong, 0U) << "the check would not have seen it";
    }
}

}  // namespace faults
