// See crash_states.hpp.
#include "tests/faults/crash_states.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace faults {

namespace fs = std::filesystem;

namespace {

/// A write, or a change of size.
struct Change {
    bool resizes;
    uint64_t offset;  // or the new size
    std::string data;
};

void put(std::string& content, const Change& change) {
    if (change.resizes) {
        content.resize(change.offset);
        return;
    }
    content.resize(std::max<size_t>(content.size(), change.offset + change.data.size()));
    content.replace(change.offset, change.data.size(), change.data);
}

using Random = std::mt19937_64;

bool coin(Random& random) { return (random() & 1) != 0; }

/// Some pieces of a write: where nothing came, what was there stays, or zeros, or rubbish.
void put_torn(std::string& content, const Change& change, size_t piece, Random& random) {
    if (change.resizes) return put(content, change);
    const size_t before = content.size();
    content.resize(std::max<size_t>(before, change.offset + change.data.size()));
    const bool rubbish = random() % 4 == 0;
    for (size_t at = 0; at < change.data.size();) {
        const size_t to = change.offset + at;
        const size_t count = std::min(change.data.size() - at, piece - to % piece);
        if (random() % 4 != 0)
            content.replace(to, count, change.data, at, count);
        else if (rubbish && to >= before)
            content.replace(to, count, count, static_cast<char>(random()));
        at += count;
    }
}

/// What of the changes since the last flush may have come to the disk.
std::string content_after(std::string content, const std::vector<Change>& changes, Random& random) {
    constexpr size_t sector = 512, block = 4096;
    const size_t kept = changes.empty() ? 0 : random() % (changes.size() + 1);
    switch (random() % 12) {  // most often in parts, of which there are most
        case 0:               // nothing
            break;
        case 1:  // everything
            for (const Change& change : changes) put(content, change);
            break;
        case 2:  // the first ones
            for (size_t i = 0; i < kept; ++i) put(content, changes[i]);
            break;
        case 3:  // the size alone, as where data are allocated late
        {
            std::string whole = content;
            for (const Change& change : changes) put(whole, change);
            content.resize(whole.size());
            break;
        }
        case 4:
        case 5:  // any of them
            for (const Change& change : changes)
                if (coin(random)) put(content, change);
            break;
        default:  // parts of all
            for (const Change& change : changes)
                put_torn(content, change, coin(random) ? sector : block, random);
    }
    return content;
}

}  // namespace

struct Disk::Node {
    bool folder = false;
    std::string content, flushed;  // of a file: now, and on the disk
    std::vector<Change> changes;   // since it was flushed
    std::map<std::string, NodePtr> names, flushed_names;
    std::vector<Naming> namings;
};

Disk::Disk(std::string root) : root_(std::move(root)), top_(std::make_shared<Node>()) {
    top_->folder = true;
}

Disk::~Disk() = default;

Disk::NodePtr Disk::find(const std::string& path) const {
    NodePtr node = top_;
    for (const fs::path& part : fs::path(path).lexically_relative(root_)) {
        if (part == ".") continue;
        const auto found = node->names.find(part.string());
        if (found == node->names.end()) return nullptr;
        node = found->second;
    }
    return node;
}

Disk::Node& Disk::folder_of(const std::string& path) const {
    const NodePtr node = find(fs::path(path).parent_path().string());
    if (!node) throw std::runtime_error(path + ": its folder was never made");
    return *node;
}

void Disk::name(const std::string& path, NodePtr node) {
    Node& folder = folder_of(path);
    const std::string name = fs::path(path).filename().string();
    if (node)
        folder.names[name] = node;
    else
        folder.names.erase(name);
    folder.namings.push_back({name, std::move(node), ++namings_});
}

void Disk::play(const Record& record) {
    const auto change = [&](Change change) {
        const NodePtr file = find(record.path);
        if (!file) throw std::runtime_error(record.path + ": was never made");
        put(file->content, change);
        file->changes.push_back(std::move(change));
    };
    switch (record.call) {
        case Call::mark:
            mark_ = record.offset;
            break;
        case Call::open:
            if ((record.flags & 1) && !find(record.path))
                name(record.path, std::make_shared<Node>());
            if (record.flags & 2) change({true, 0, ""});
            break;
        case Call::write:
            change({false, record.offset,
                    std::string(reinterpret_cast<const char*>(record.data.data()),
                                record.data.size())});
            break;
        case Call::truncate:
            change({true, record.offset, ""});
            break;
        case Call::sync: {
            const NodePtr node = find(record.path);
            node->flushed = node->content;
            node->changes.clear();
            node->flushed_names = node->names;
            node->namings.clear();
            break;
        }
        case Call::rename: {
            const NodePtr node = find(record.path);
            name(record.path, nullptr);
            name(record.other, node);
            break;
        }
        case Call::link:
            name(record.other, find(record.path));
            break;
        case Call::unlink:
        case Call::remove_folder:
            name(record.path, nullptr);
            break;
        case Call::make_folder: {
            auto node = std::make_shared<Node>();
            node->folder = true;
            name(record.path, std::move(node));
            break;
        }
        default:
            break;
    }
}

void Disk::collect(const Node& folder, const std::string& path, bool in_order, uint64_t last,
                   Random& random, CrashState& state) const {
    auto names = folder.flushed_names;
    std::map<std::string, std::vector<NodePtr>> may_be;
    for (const Naming& naming : folder.namings) {
        if (in_order && naming.order <= last) {
            if (naming.node)
                names[naming.name] = naming.node;
            else
                names.erase(naming.name);
        }
        may_be[naming.name].push_back(naming.node);
    }
    if (!in_order)
        for (const auto& [name, nodes] : may_be) {
            const size_t chosen = random() % (nodes.size() + 1);
            if (chosen == nodes.size()) continue;  // as it was
            if (nodes[chosen])
                names[name] = nodes[chosen];
            else
                names.erase(name);
        }
    for (const auto& [name, node] : names) {
        const std::string at = path.empty() ? name : path + "/" + name;
        if (node->folder)
            collect(*node, at, in_order, last, random, state);
        else
            state.files[at] = content_after(node->flushed, node->changes, random);
    }
}

CrashState Disk::cut(Random& random) const {
    CrashState state;
    state.mark = mark_;
    const bool in_order = coin(random);
    const uint64_t most_lost = std::min<uint64_t>(namings_, 8);
    collect(*top_, "", in_order, namings_ - random() % (most_lost + 1), random, state);
    return state;
}

std::vector<Record> without_syncs(const std::vector<Record>& tape, bool of_folders) {
    std::set<std::string> folders;
    for (const Record& record : tape)
        if (record.flags & 4) folders.insert(record.path);
    std::vector<Record> rest;
    for (const Record& record : tape)
        if (record.call != Call::sync || folders.contains(record.path) != of_folders)
            rest.push_back(record);
    return rest;
}

}  // namespace faults
