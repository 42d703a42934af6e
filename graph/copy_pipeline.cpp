// Copies a pipeline's file as text, so that its comments stay, and puts what it includes into it.
#include "graph/create.hpp"
#include "graph/document.hpp"
#include "graph/example.hpp"
#include "graph/include.hpp"
#include "graph/yaml.hpp"

#include <fstream>
#include <sstream>

namespace graph {

namespace {

using Lines = std::vector<std::string>;

Lines read_lines(std::istream& text) {
    Lines lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}
Lines read_lines(const std::filesystem::path& path) {
    std::ifstream file(path);
    return read_lines(file);
}
std::string join(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

/// Whether there is more on the line than a comment.
bool says_something(const std::string& line) {
    const size_t begin = line.find_first_not_of(' ');
    return begin != std::string::npos && line[begin] != '#';
}

/// A key with the lines that belong to it: comments before it, and what is indented below it.
struct Block {
    std::string key;  // empty: comments at the end
    Lines lines;
    size_t first = 0;  // the line of the key
};

/// Cuts lines into blocks where they are indented as little as the first that says something.
std::vector<Block> cut(const Lines& lines) {
    std::vector<Block> blocks;
    Lines comments;
    size_t level = std::string::npos;
    for (const std::string& line : lines) {
        if (!says_something(line)) {
            comments.push_back(line);
            continue;
        }
        const size_t indent = line.find_first_not_of(' ');
        if (level == std::string::npos) level = indent;
        if (indent <= level && line[indent] != '-')  // a list may stand as far out as its key
            blocks.push_back({line.substr(indent, line.find(':') - indent), {}, comments.size()});
        Lines& into = blocks.back().lines;
        into.insert(into.end(), comments.begin(), comments.end());
        into.push_back(line);
        comments.clear();
    }
    if (!comments.empty()) blocks.push_back({"", comments, comments.size()});
    return blocks;
}

Block* find(std::vector<Block>& blocks, const std::string& key) {
    for (Block& block : blocks)
        if (block.key == key) return &block;
    return nullptr;
}

/// As write_block, but variables stay variables.
Lines write_raw(const Value& map, const std::string& indent) {
    std::string text = write_block(map, indent);
    for (size_t at = 0; (at = text.find("$$", at)) != std::string::npos; ++at) text.erase(at, 1);
    std::istringstream lines(text);
    return read_lines(lines);
}

Value only(const Value& map, const std::string& key) {
    Value one;
    one.kind = Value::Kind::map;
    for (const auto& entry : map.entries)
        if (entry.first.text == key) one.entries.push_back(entry);
    return one;
}

/// Puts a section over that of an included file. What both say is written anew from `merged`.
void merge_section(Block& base, const Block& over, const Value& merged) {
    const auto entries = [](const Block& block) {
        return cut({block.lines.begin() + static_cast<std::ptrdiff_t>(block.first) + 1,
                    block.lines.end()});
    };
    const std::vector<Block> changes = entries(over);
    std::vector<Block> all = entries(base);
    base.lines.resize(base.first + 1);
    if (all.empty() || changes.empty()) {  // `run: {seed: 7}`, in one line
        base.lines.back() = base.key + ":";
        const Lines lines = write_raw(merged, "  ");
        base.lines.insert(base.lines.end(), lines.begin(), lines.end());
        return;
    }
    for (const Block& change : changes) {
        Block* known = find(all, change.key);
        if (known == nullptr || change.key.empty()) {
            all.push_back(change);
            continue;
        }
        known->lines.resize(known->first);  // the comments before it, and those of the change
        const auto comments = change.lines.begin();
        known->lines.insert(known->lines.end(), comments,
                            comments + static_cast<std::ptrdiff_t>(change.first));
        const Lines lines = write_raw(only(merged, change.key), "  ");
        known->lines.insert(known->lines.end(), lines.begin(), lines.end());
    }
    for (const Block& block : all)
        base.lines.insert(base.lines.end(), block.lines.begin(), block.lines.end());
}

Value parse_file(const std::filesystem::path& path) {
    Errors errors;
    Value value = parse_yaml(join(read_lines(path)), path.string(), errors);
    if (!errors.empty()) throw ConfigurationError(errors);
    return value;
}

/// Sections that are merged entry by entry; of others the last one counts.
bool is_merged(const std::string& section) {
    return section == "params" || section == "run" || section == "nodes";
}
bool is_dropped(const std::string& section) { return section == "include" || section == "name"; }
bool is_empty(const Value* section) {
    return section == nullptr || (section->kind != Value::Kind::scalar && section->items.empty() &&
                                  section->entries.empty());
}

/// The blocks of a file and of those that it includes, as one.
std::vector<Block> merge_files(const std::filesystem::path& path, const Value& merged) {
    std::vector<Block> own = cut(read_lines(path));
    const Value written = parse_file(path);
    const Value* include = written.find("include");
    if (include == nullptr) return own;
    std::vector<std::filesystem::path> files;
    if (include->kind == Value::Kind::scalar) files.push_back(include->text);
    for (const Value& item : include->items) files.push_back(item.text);

    std::vector<Block> blocks;
    const auto lay_over = [&](const std::vector<Block>& over) {
        for (const Block& block : over) {
            if (is_dropped(block.key)) continue;
            Block* known = find(blocks, block.key);
            if (known == nullptr || block.key.empty())
                blocks.push_back(block);
            else if (is_merged(block.key))
                merge_section(*known, block, *merged.find(block.key));
            else
                *known = block;  // `version` with the comment at the top of the file
        }
    };
    for (const auto& file : files) lay_over(cut(read_lines(path.parent_path() / file)));
    lay_over(own);
    std::erase_if(blocks, [&](const Block& block) {  // what is not inherited
        return !block.key.empty() && block.key != "version" && is_empty(merged.find(block.key));
    });
    return blocks;
}

bool says(const std::string& text, const Value& merged) {
    Errors errors;
    const Value written = parse_yaml(text, "", errors);
    for (const auto& [section, value] : merged.entries) {
        const Value* found = written.find(section.text);
        if (is_dropped(section.text) || (is_empty(&value) && is_empty(found))) continue;
        if (found == nullptr || write_yaml(*found) != write_yaml(value)) return false;
    }
    return errors.empty();
}

}  // namespace

Created copy_pipeline(const std::filesystem::path& path) {
    Errors errors;
    const Value merged = read_pipeline(path, errors);
    if (!errors.empty()) throw ConfigurationError(errors);
    std::string text = modeline();
    for (const Block& block : merge_files(path, merged)) {
        if (block.key == "name") continue;
        for (const std::string& line : block.lines)
            if (line.find("yaml-language-server:") == std::string::npos) text += line + "\n";
    }
    if (says(text, merged)) return {text, {}};
    // Written in a way that cannot be put together line by line: without its comments.
    text = modeline() + "version: 1\n";
    for (const auto& [section, value] : merged.entries)
        if (!is_dropped(section.text) && !is_empty(&value))
            text += join(write_raw(only(merged, section.text), ""));
    return {text, {}};
}

}  // namespace graph
