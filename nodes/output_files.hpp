// Where the nodes that write a file for each message put it, and how they call it: one place that
// keeps originals safe. Shared by the nodes that write images, frames and streams.
#pragma once

#include "graph/node.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nodes {

struct OutputFolder {
    std::filesystem::path folder;
    std::string within = "run";

    /// Of a node whose parameters P derive from these, before its own.
    template <class P>
    static std::vector<graph::Param> params(const std::vector<graph::Param>& own = {}) {
        std::vector<graph::Param> all{
            graph::param("folder", static_cast<std::filesystem::path P::*>(&OutputFolder::folder),
                         "where the files go"),
            graph::param("within", static_cast<std::string P::*>(&OutputFolder::within),
                         graph::Choice{{"run", "working_folder"}},
                         "where a relative 'folder' is: in the run's folder, or where the program "
                         "was started")};
        all.insert(all.end(), own.begin(), own.end());
        return all;
    }

    /// Of the same node, for Spec::writes.
    template <class P>
    static std::vector<graph::Written> writes(const void* params) {
        const OutputFolder& where = *static_cast<const P*>(params);
        return {{where.folder, where.within == "run", true, true}};
    }
};

class OutputFiles {
  public:
    OutputFiles(const OutputFolder& where, graph::Setup setup)
        : where_(where), setup_(std::move(setup)) {}

    /// Where to write what became of a page of the file `original`; makes the folder. It has the
    /// name of the original; windows of one page, and files of one name from several folders, are
    /// told apart by a number, in the order of the calls. In a later pass each gets the name that
    /// it had. Throws ConfigurationError if the original is in that folder or in one below it, and
    /// IoError.
    std::filesystem::path next(const std::string& original, int page, const std::string& ending,
                               int pass);

  private:
    std::filesystem::path folder_beside(const std::string& original);

    const OutputFolder where_;
    const graph::Setup setup_;
    std::filesystem::path made_;
    std::map<std::string, std::string> owners_;  // file name -> what has it
    std::string last_origin_;
    int last_pass_ = -1;
    int occurrence_ = 0;
};

}  // namespace nodes
