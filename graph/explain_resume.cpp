// See explain_resume.hpp.
#include "graph/explain_resume.hpp"

#include "graph/paths.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace graph {

namespace {

/// The folder's own name says nothing.
std::vector<Difference> without_folder(std::vector<Difference> found) {
    std::erase_if(found, [](const Difference& one) { return one.path == "run.out"; });
    return found;
}

bool among(const std::vector<Difference>& list, const std::string& path) {
    return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.path == path; });
}

std::string program_changes(const MadeFrom& made_from) {
    if (made_from.version != version())
        return fmt::format("version {} -> {}", made_from.version, version());
    if (made_from.build != build_id())
        return fmt::format("another build of version {} ({} -> {})", version(),
                           made_from.build.substr(0, 8), build_id().substr(0, 8));
    return "";
}

/// The pipeline's file as it would be read today, against what it was.
std::vector<Difference> pipeline_changes(const MadeFrom& made_from) try {
    if (made_from.source.pipeline.empty()) return {};
    Errors errors;
    const Document document =
        load_document(made_from.source.pipeline, made_from.source.overrides, errors);
    if (!errors.empty()) return {};
    return without_folder(differences(parse_resolved(made_from.begun_with, "begun_with"),
                                      parse_resolved(document.resolved, document.name)));
} catch (const ConfigurationError&) {
    return {};
}

std::string text(const Difference& difference) {
    const auto given = [](const std::string& value) { return value.empty() ? "not given" : value; };
    return fmt::format("{}: {} -> {}", difference.path, given(difference.before),
                       given(difference.now));
}

/// "3 added (a.tif, b.tif, ...)"
std::string text(const std::vector<std::string>& names, const char* what) {
    constexpr size_t most = 3;
    if (names.empty()) return "";
    std::string list;
    for (size_t i = 0; i < std::min(most, names.size()); ++i)
        list += (i > 0 ? ", " : "") + names[i];
    return fmt::format("{} {} ({}{})", names.size(), what, list,
                       names.size() > most ? ", ..." : "");
}

std::string text(const InputChanges& changes) {
    std::string text_of_all;
    for (const auto& part :
         {text(changes.added, "added"), text(changes.removed, "removed"),
          text(changes.changed, "of another size"),
          text(changes.touched, "written anew with the same size, perhaps the same")})
        if (!part.empty()) text_of_all += (text_of_all.empty() ? "" : ", ") + part;
    return text_of_all.empty() ? "the list of files is another one" : text_of_all;
}

size_t count(const InputChanges& changes) {
    const size_t known = changes.added.size() + changes.removed.size() + changes.changed.size() +
                         changes.touched.size();
    return known == 0 && changes.names_differ ? 1 : known;
}

std::string number_of(size_t count, const char* one, const char* many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

class Lines {
  public:
    void add(const std::string& label, const std::string& line) {
        text_ += fmt::format("{:<9} {}\n", label == last_ ? "" : label, line);
        last_ = label;
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_, last_;
};

}  // namespace

RunChanges find_changes(const std::optional<MadeFrom>& made_from, const Value& kept,
                        const Value& now, const std::map<std::string, Inputs>& inputs) {
    RunChanges changes;
    if (!made_from) {
        changes.given = without_folder(differences(kept, now));
        return changes;
    }
    changes.recorded = true;
    const Value before = parse_resolved(made_from->resolved, made_from_file);
    changes.edited = without_folder(differences(before, kept));
    for (Difference& one : without_folder(differences(before, now)))
        if (!among(changes.edited, one.path)) changes.given.push_back(std::move(one));
    changes.earlier =
        without_folder(differences(parse_resolved(made_from->begun_with, made_from_file), before));
    changes.pipeline = pipeline_changes(*made_from);
    changes.pipeline_file = made_from->source.pipeline;
    changes.program = program_changes(*made_from);
    for (const auto& [source, of] : inputs) {
        const auto old = made_from->inputs.find(source);
        if (old == made_from->inputs.end()) continue;
        InputChanges found = compare(old->second, of);
        if (!found.empty()) changes.inputs[source] = std::move(found);
    }
    for (const InputFile& file : made_from->files) {
        const InputFile found = look_at(file.name);
        if (found.size != file.size || found.modified != file.modified)
            changes.files.push_back(file.name + (found.size < 0 ? " (gone)" : ""));
    }
    return changes;
}

std::string explain(const RunChanges& changes) {
    Lines lines;
    for (const auto& one : changes.given) lines.add("config", text(one));
    for (const auto& one : changes.edited)
        lines.add("config", text(one) + " (edited in resolved.yaml)");
    for (const auto& one : changes.earlier)
        lines.add("config", text(one) + " (since it was resumed before)");
    if (changes.given.empty() && changes.edited.empty() && changes.earlier.empty())
        lines.add("config", "as it was");
    for (const auto& one : changes.pipeline)
        lines.add("config",
                  fmt::format("{} has changed, which is not taken up: {}; to do so: "
                              "--set {}={}",
                              changes.pipeline_file.string(), text(one), one.path, one.now));
    if (!changes.recorded) {
        lines.add("code", fmt::format("not known: the folder has no {}", made_from_file));
        return lines.text();
    }
    lines.add("code",
              changes.program.empty()
                  ? "as it was"
                  : changes.program + ": weights may come out otherwise than without a stop");
    for (const auto& [source, of] : changes.inputs)
        lines.add("inputs", fmt::format("{}: {}", source, text(of)));
    for (const auto& file : changes.files) lines.add("inputs", file + ": is another file now");
    const bool lists = std::any_of(changes.inputs.begin(), changes.inputs.end(),
                                   [](const auto& one) { return one.second.names_differ; });
    if (lists)
        lines.add("inputs",
                  "with other files, what is left of this epoch is of another order and split: "
                  "some images may be seen twice or not at all in it");
    if (changes.inputs.empty() && changes.files.empty())
        lines.add("inputs", "as they were, by name, size and time");
    return lines.text();
}

std::string summary(const RunChanges& changes) {
    std::vector<std::string> parts;
    if (const size_t options = changes.given.size() + changes.edited.size())
        parts.push_back(number_of(options, "option", "options"));
    if (!changes.program.empty()) parts.push_back("the program");
    size_t inputs = changes.files.size();
    for (const auto& [source, of] : changes.inputs) inputs += count(of);
    if (inputs > 0) parts.push_back(number_of(inputs, "input", "inputs"));
    if (!changes.pipeline.empty()) parts.push_back("the pipeline's file (not taken up)");
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string explain(const Standing& standing) {
    std::string text_of_all;
    const auto add = [&](const std::string& line) {
        text_of_all += (text_of_all.empty() ? "" : "; ") + line;
    };
    if (standing.learned.empty() && !standing.finished)
        add("nothing is kept of how far it was: all of it is done again");
    for (const auto& [node, cursor, epochs, ended] : standing.learned) {
        const int next = cursor.epoch + (cursor.complete ? 1 : 0);
        std::string line;
        if (!ended.empty())
            line = ended;
        else if (next >= epochs)
            line = fmt::format("all {} are trained", number_of(size_t(epochs), "epoch", "epochs"));
        else if (cursor.complete || cursor.batches == 0)
            line = fmt::format("goes on with epoch {} of {}", next + 1, epochs);
        else
            line = fmt::format("goes on in epoch {} of {}, after {}", next + 1, epochs,
                               number_of(cursor.batches, "batch", "batches"));
        if (ended.empty() && next < epochs)
            line += fmt::format(", with {} to train",
                                number_of(size_t(epochs - next), "epoch", "epochs"));
        if (!standing.finished && cursor.complete && (next >= epochs || !ended.empty()))
            line += "; the last evaluation is made again";
        add(standing.learned.size() > 1 ? node + ": " + line : line);
    }
    if (standing.finished) add("this run is finished; there is nothing to resume");
    return text_of_all;
}

std::string explain_outputs(const Plan& plan, bool finished) {
    std::vector<std::string> there, missing;
    for (const PlannedNode& node : plan.nodes) {
        if (!node.spec->outputs.empty()) continue;
        for (const Param& param : node.spec->params) {
            if (param.type != "path") continue;
            Errors errors;
            const Value value = parse_yaml(param.get(node.params.get()), "", errors);
            if (value.text.empty()) continue;
            const bool found = std::filesystem::exists(plan.settings.out / value.text);
            (found ? there : missing).push_back(value.text);
        }
    }
    Lines lines;
    const auto list = [](const auto& names) { return fmt::format("{}", fmt::join(names, ", ")); };
    if (!there.empty())
        lines.add("outputs",
                  list(there) + (finished ? ": stay as they are" : ": written anew, each whole"));
    if (!missing.empty())
        lines.add("outputs", list(missing) + (finished ? ": not there" : ": still to come"));
    return lines.text();
}

}  // namespace graph
