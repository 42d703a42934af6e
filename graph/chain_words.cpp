// See chain_words.hpp.
#include "graph/chain_words.hpp"

#include "graph/create.hpp"
#include "graph/node_id.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace graph {

namespace {

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts(1);
    for (const char c : text)
        if (c == ',')
            parts.emplace_back();
        else
            parts.back() += c;
    return parts;
}

class Reader {
  public:
    void read(const std::string& word) {
        if (word.starts_with("@"))
            branch(word);
        else
            node(word);
    }
    std::vector<ChainStep> end() {
        if (!after_.empty()) wrong(fmt::format("name a node after '{}'", after_word_));
        if (!faults_.empty()) throw ConfigurationError(faults_);
        return std::move(steps_);
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> ids;
        for (const ChainStep& step : steps_) ids.push_back(step.id);
        return ids;
    }

  private:
    void wrong(const std::string& fault) { faults_ += (faults_.empty() ? "" : "\n") + fault; }

    void branch(const std::string& word) {
        if (!after_.empty())
            wrong(fmt::format("name a node between '{}' and '{}'", after_word_, word));
        after_ = split(word.substr(1));
        after_word_ = word;
        const auto known = ids();
        for (const std::string& id : after_)
            if (std::ranges::find(known, id) == known.end())
                wrong(known.empty()
                          ? fmt::format("{}: a branch begins at a node that is named before", word)
                          : fmt::format("{}: there is no node '{}' before; there are {}{}", word,
                                        id, fmt::join(known, ", "), did_you_mean(id, known)));
    }

    void node(const std::string& word) {
        const size_t equals = word.find('=');
        const std::string op = equals == std::string::npos ? word : word.substr(equals + 1);
        const int number = ++count_[op];
        ChainStep step{number == 1 ? op : fmt::format("{}_{}", op, number), nullptr, {}};
        step.after.swap(after_);
        try {
            step.spec = &find_node(op);
        } catch (const ConfigurationError& error) {
            wrong(error.what());
        }
        if (equals != std::string::npos) {
            step.id = word.substr(0, equals);
            if (const std::string fault = check_id(step.id); !fault.empty()) wrong(fault);
            --count_[op];  // the next without a name is the first
        }
        const auto known = ids();
        if (std::ranges::find(known, step.id) != known.end())
            wrong(fmt::format("{}: there is a node '{}' already", word, step.id));
        steps_.push_back(std::move(step));
    }

    std::vector<ChainStep> steps_;
    std::map<std::string, int> count_;  // of nodes that are called after their kind
    std::vector<std::string> after_;
    std::string after_word_, faults_;
};

}  // namespace

std::vector<ChainStep> read_chain(const std::vector<std::string>& words) {
    Reader reader;
    for (const std::string& word : words) reader.read(word);
    return reader.end();
}

std::vector<std::string> chain_ids(const std::vector<std::string>& words) {
    Reader reader;
    for (const std::string& word : words) reader.read(word);
    return reader.ids();
}

}  // namespace graph
