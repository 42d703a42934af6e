// A plan as a test runs it: nodes that are fed become sources of what they are fed with, what
// nobody asks for is left out, and what the asked nodes send is looked at.
#pragma once

#include "graph/inspect.hpp"
#include "graph/plan.hpp"
#include "graph/testing/test_case.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace graph {

/// What came out of one port.
class Observed {
  public:
    struct Message {
        Stamp stamp;
        Facts facts;
    };
    /// Of a port on the epoch clock the last word counts: the last epoch's.
    explicit Observed(bool last_counts) : last_counts_(last_counts) {}
    bool last_counts() const { return last_counts_; }
    void add(const Stamp& stamp, Facts facts);
    /// In the order of their stamps.
    std::vector<Message> messages() const;

  private:
    const bool last_counts_;
    mutable std::mutex mutex_;
    std::vector<Message> messages_;
};

class Rehearsal {
  public:
    /// Of a plan without errors; adds those that the test makes of it, such as a feed that comes
    /// nowhere.
    Rehearsal(Plan plan, const Document& document, const TestCase& test, Errors& errors);
    Rehearsal(const Rehearsal&) = delete;
    Rehearsal& operator=(const Rehearsal&) = delete;

    /// Of this object, which must outlive its run.
    Plan plan() const { return plan_; }
    /// By the key in `expect`; null for a node that sends nothing.
    const Observed* observed(const std::string& key) const;

  private:
    void feed(const TestedPort& port, std::vector<std::shared_ptr<void>> items);
    void leave_out(const std::vector<std::string>& wanted, bool all);
    void check_sources(const TestCase& test, Errors& errors) const;
    void observe(const std::string& key, const TestedPort& port);
    size_t index_of(const std::string& id) const;
    size_t source_of(size_t node) const;

    Plan plan_;
    std::deque<Spec> specs_;  // of nodes that are no one else's
    std::map<std::string, std::shared_ptr<Observed>> observed_;
};

}  // namespace graph
