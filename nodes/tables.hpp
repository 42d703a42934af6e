// Entropy tables and their file, and where a node that codes latents takes them from: a link or a
// file. Shared by the nodes that write them, encode and decode.
#pragma once

#include "nodes/types.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace nodes {

/// Replaces the file as a whole: an HDF5 file laid out as checkpoints are.
void write_tables(const std::filesystem::path& file, const Tables& tables);
/// Throws ConfigurationError.
Tables read_tables(const std::filesystem::path& file);

/// The input `tables` or the parameter `tables` of a node, one of the two.
class TablesOption {
  public:
    /// Throws ConfigurationError if both or none are given.
    TablesOption(const std::filesystem::path& file, const graph::Setup& setup);

    /// Those for a message of latents of `model`. Throws ConfigurationError if they are another's.
    const models::LatentCoder& of(const graph::Call& call, const std::string& model) const;

    /// The model of what comes by `input`, as far as the graph's links tell; "" if not. Throws
    /// ConfigurationError if the tables are another's.
    std::string check_mark(const graph::Setup& setup, const std::string& input) const;

    /// Those of the file, known before the run; null if they are linked.
    const Tables* stored() const { return stored_ ? &*stored_ : nullptr; }

    static graph::Port port();
    template <class P>
    static graph::Param param(std::filesystem::path P::*member) {
        return graph::param("tables", member,
                            "the file that save_tables wrote, if 'tables' is not linked");
    }

  private:
    void compare(const std::string& own, const std::string& model) const;

    std::string id_;
    std::optional<Tables> stored_;
};

}  // namespace nodes
