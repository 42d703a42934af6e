// What may come next on a command line of `pipeline`, for the completion of shells.
#pragma once

#include <string>
#include <vector>

namespace graph {

struct Completions {
    struct Candidate {
        std::string text;  // the whole word; more follows if it ends in '=' or '.'
        std::string doc;
    };
    std::vector<Candidate> candidates;  // all that begin like the last word
    bool files = false;                 // files fit too; of `name=FILE`, after the '='
    bool folders = false;
};

/// The words after `pipeline`, up to the cursor; the last is the one to complete, maybe empty.
/// Commands and options are taken from the parser, all else from nodes and pipelines. Never throws
/// for what is wrong on the line: it has no completions then.
Completions complete(const std::vector<std::string>& words);

}  // namespace graph
