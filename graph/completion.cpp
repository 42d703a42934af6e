// See completion.hpp. What fits an argument follows from its name in the help: PIPELINE, FILE, ...
#include "graph/completion.hpp"

#include "graph/chain_words.hpp"
#include "graph/command.hpp"
#include "graph/document.hpp"
#include "graph/node.hpp"
#include "graph/paths.hpp"
#include "graph/planning.hpp"
#include "graph/reference.hpp"

#include <functional>
#include <map>

#include <CLI/CLI.hpp>

namespace graph {

namespace {

using Candidate = Completions::Candidate;

/// A pipeline as far as it can be read.
Document read_as_far(const std::string& name) try {
    Errors ignored;
    return load_document(find_pipeline(name), {}, ignored);
} catch (const std::exception&) {
    return {};
}

class Completer {
  public:
    explicit Completer(std::vector<std::string> words)
        : words_(std::move(words)), parser_(command_parser()) {}

    Completions all() {
        if (words_.empty()) words_.emplace_back();
        size_t at = 0;
        const CLI::App* command = parser_.get();
        if (words_.size() > 1) {
            command = nullptr;
            for (const auto* sub : parser_->get_subcommands({}))
                if (sub->get_name() == words_[0]) command = sub;
            if (command == nullptr) return {};
            at = 1;
        }
        read(*command, at);
        return std::move(found_);
    }

  private:
    const std::string& last() const { return words_.back(); }

    void add(const std::string& text, const std::string& doc) {
        if (text.starts_with(last())) found_.candidates.push_back({text, doc});
    }

    /// Goes over the words before the last, to know which argument the last one is.
    void read(const CLI::App& command, size_t at) {
        const CLI::Option* open = nullptr;  // waits for its value
        for (; at + 1 < words_.size(); ++at) {
            if (open != nullptr) {
                open = nullptr;
            } else if (words_[at].starts_with("-")) {
                open = find_option(command, words_[at]);
                if (open != nullptr && open->get_items_expected_max() == 0) open = nullptr;
            } else {
                places_.push_back(words_[at]);
            }
        }
        if (open != nullptr) return add_values(label_of(*open), *open);
        if (last().starts_with("-")) return add_options(command);
        if (&command == parser_.get()) return add_commands();
        size_t place = 0;
        for (const auto* option : command.get_options()) {
            if (!option->get_positional()) continue;
            const bool many = option->get_items_expected_max() > 1;
            if (place++ == places_.size() || (many && place <= places_.size()))
                return add_values(option->get_name(true), *option);
        }
    }

    static const CLI::Option* find_option(const CLI::App& command, const std::string& word) {
        for (const auto* option : command.get_options())
            if (!option->get_positional() && option->check_name(word)) return option;
        return nullptr;
    }
    static std::string label_of(const CLI::Option& option) { return option.get_type_name(); }

    void add_commands() {
        for (const auto* sub : parser_->get_subcommands({}))
            if (!sub->get_group().empty()) add(sub->get_name(), sub->get_description());
    }

    void add_options(const CLI::App& command) {
        for (const auto* option : command.get_options()) {
            if (option->get_positional()) continue;
            for (const auto& name : option->get_snames())
                add("-" + name, option->get_description());
            for (const auto& name : option->get_lnames())
                add("--" + name, option->get_description());
        }
    }

    void add_values(const std::string& label, const CLI::Option& option) {
        using Add = void (Completer::*)();
        static const std::map<std::string, std::vector<Add>> ways = {
            {"PIPELINE", {&Completer::add_pipelines, &Completer::add_files}},
            {"NODE", {&Completer::add_nodes}},
            {"NODE|PIPELINE",
             {&Completer::add_nodes, &Completer::add_pipelines, &Completer::add_files}},
            {"NAME=VALUE", {&Completer::add_params}},
            {"PATH=VALUE", {&Completer::add_paths}},
            {"RUN_FOLDER", {&Completer::add_folders}},
        };
        if (add_members(option)) return;
        if (const auto way = ways.find(label); way != ways.end())
            for (const Add add_some : way->second) (this->*add_some)();
        else if (label == "DIR")
            add_folders();
        else if (label.find('|') != std::string::npos)  // "text|json"
            for (const auto& name : CLI::detail::split(label, '|')) add(name, "");
        else if (label.starts_with("FILE") || option.get_positional())
            add_files();
    }

    /// CLI::IsMember says "{dot,mermaid}" of itself.
    bool add_members(const CLI::Option& option) {
        const std::string text = option.get_type_name();
        const size_t begin = text.find('{'), end = text.find('}');
        if (begin == std::string::npos || end == std::string::npos) return false;
        for (const auto& name : CLI::detail::split(text.substr(begin + 1, end - begin - 1), ','))
            add(name, "");
        return true;
    }

    void add_files() { found_.files = true; }
    void add_folders() { found_.folders = true; }

    /// For `create` also NAME=NODE and @NODE,NODE.
    void add_nodes() {
        if (words_.front() == "create") {
            if (last().starts_with("@")) return add_branches();
            if (const size_t equals = last().find('='); equals != std::string::npos)
                for (const auto& [name, spec] : registry())
                    add(last().substr(0, equals + 1) + name, spec.doc);
        }
        for (const auto& [name, spec] : registry()) add(name, spec.doc);
    }
    void add_branches() {
        const std::string before = last().substr(0, last().find_last_of("@,") + 1);
        for (const auto& id : chain_ids(places_)) add(before + id, "go on from there");
    }
    void add_pipelines() {
        for (const auto& path : shipped_pipelines())
            add(path.stem(), first_sentence(header_comment(path)));
    }

    void add_choices(const std::string& prefix, const std::string& type,
                     const std::vector<std::string>& choices) {
        for (const auto& choice : choices) add(prefix + choice, "");
        if (type == "boolean" || type == "bool")
            for (const char* value : {"true", "false"}) add(prefix + value, "");
        if (type == "path") add_files();
    }

    /// -p NAME=VALUE
    void add_params() {
        if (places_.empty()) return;
        for (const auto& param : read_as_far(places_.front()).params) {
            const std::string prefix = param.name + "=";
            if (last().starts_with(prefix))
                add_choices(prefix, param.type, param.choices);
            else
                add(prefix, param.help + " (" + facts(param) + ")");
        }
    }

    /// --set PATH=VALUE, one name of the path after the other.
    void add_paths() {
        if (places_.empty()) return;
        std::string pipeline = places_.front();
        if (words_.front() == "resume") pipeline += "/resolved.yaml";
        const Document document = read_as_far(pipeline);
        if (!last().starts_with("nodes.")) add("nodes.", "an option of a node");
        if (!last().starts_with("run.")) add("run.", "a setting of the run");
        add_options_below("run.", settings_params(), document.run);
        for (const auto& [id, node] : document.nodes.entries) {
            const std::string prefix = "nodes." + id.text + ".";
            const Value* op = node.find("op");
            const auto spec = registry().find(op != nullptr ? op->text : "");
            if (last().starts_with("nodes."))
                if (!last().starts_with(prefix))
                    add(prefix, spec != registry().end() ? spec->first : "");
            if (!last().starts_with(prefix)) continue;
            for (const Param& param : node_params())
                if (param.name != "with") add_option(prefix, param, Value());
            if (spec == registry().end()) continue;
            const Value* with = node.find("with");
            add_options_below(prefix, spec->second.params, with != nullptr ? *with : Value());
        }
    }

    void add_options_below(const std::string& prefix, const std::vector<Param>& params,
                           const Value& values) {
        if (!last().starts_with(prefix)) return;
        for (const Param& param : params) {
            const Value* own = values.find(param.name);
            add_option(prefix, param, own != nullptr ? *own : Value());
        }
    }

    /// An option, or, of one that is an object, the options within; `value` says of which type it
    /// is.
    void add_option(const std::string& prefix, const Param& param, const Value& value) {
        const std::string name = prefix + param.name;
        const std::string note = param.doc + " (" + facts(param) + ")";
        if (last().starts_with(name + "=")) {
            std::vector<std::string> choices = param.choices;
            if (param.alternatives)
                for (const auto& kind : param.alternatives()) choices.push_back(kind.name);
            return add_choices(name + "=", param.type, choices);
        }
        if (param.type != "object") return add(name + "=", note);
        if (!last().starts_with(name + ".")) return add(name + ".", note);
        if (!param.alternatives) return add_options_below(name + ".", param.fields, value);
        Errors ignored;
        const Value fallback = parse_yaml(param.fallback, "", ignored);
        const Value* type = value.find("type");
        const std::string chosen = type != nullptr ? type->text
                                   : value.kind == Value::Kind::scalar
                                       ? value.text
                                       : fallback.find("type")->text;
        Param which;
        which.name = "type";
        which.type = "string";
        which.doc = "which one";
        which.fallback = chosen;
        for (const auto& kind : param.alternatives()) which.choices.push_back(kind.name);
        add_option(name + ".", which, Value());
        for (const auto& kind : param.alternatives())
            if (kind.name == chosen) add_options_below(name + ".", kind.params, value);
    }

    std::vector<std::string> words_;
    std::shared_ptr<const CLI::App> parser_;
    std::vector<std::string> places_;  // arguments by place before the last word
    Completions found_;
};

}  // namespace

Completions complete(const std::vector<std::string>& words) { return Completer(words).all(); }

}  // namespace graph
