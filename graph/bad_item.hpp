// An item that was set aside, and why.
#pragma once

#include <string>

namespace graph {

struct BadItem {
    std::string item;  // the file's path, if it is one
    std::string node, reason;

    /// In one text: a reason that names the item stands alone.
    std::string what() const {
        return (reason.find(item) != std::string::npos ? "" : item + ": ") + reason;
    }
    /// Beside the item, which it need not begin with again.
    std::string bare_reason() const {
        return reason.starts_with(item + ": ") ? reason.substr(item.size() + 2) : reason;
    }
};

}  // namespace graph
