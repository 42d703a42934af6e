// What flows through random graphs, and what their nodes have in common: the fate of a message is a
// function of its value and of the node's options.
#pragma once

#include "graph/node.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace random_nodes {

/// SplitMix64's last step, of two numbers.
inline uint64_t mix(uint64_t a, uint64_t b) {
    return graph::Random(a * 0x9e3779b97f4a7c15 ^ b).next();
}

/// What the sinks got, and how many items and messages there were at once; cleared by each test.
struct Seen {
    using Line = std::vector<uint64_t>;  // pass, index, part of part..., value

    std::mutex mutex;
    std::map<std::string, std::vector<Line>> lines;             // by sink
    std::map<std::string, std::vector<std::string>> totals;     // by the node that sent them
    std::map<std::string, std::shared_ptr<const void>> stored;  // by sink
    std::atomic<int64_t> messages{0}, items{0}, most_items{0};  // alive
};
inline Seen& seen() {
    static Seen instance;
    return instance;
}

/// Alive as long as any message that was made of its item.
struct LiveItem {
    LiveItem() {
        const int64_t now = ++seen().items;
        int64_t most = seen().most_items;
        while (most < now && !seen().most_items.compare_exchange_weak(most, now)) {
        }
    }
    LiveItem(const LiveItem&) = delete;
    LiveItem& operator=(const LiveItem&) = delete;
    ~LiveItem() { --seen().items; }
};

struct Token {
    uint64_t value = 0;
    std::vector<std::shared_ptr<const LiveItem>> items;

    explicit Token(uint64_t v = 0, std::vector<std::shared_ptr<const LiveItem>> of = {})
        : value(v), items(std::move(of)) {
        ++seen().messages;
    }
    Token(const Token& other) : value(other.value), items(other.items) { ++seen().messages; }
    Token(Token&& other) noexcept : value(other.value), items(std::move(other.items)) {
        ++seen().messages;
    }
    Token& operator=(const Token&) = default;
    Token& operator=(Token&&) = default;
    ~Token() { --seen().messages; }
};
struct Total {
    std::string from;
    uint64_t value = 0;
    int epoch = 0;
    bool complete = false;
    uint64_t batches = 0;
};

}  // namespace random_nodes

template <>
inline constexpr const char* graph::port_type<random_nodes::Token> = "random_token";
template <>
inline constexpr const char* graph::port_type<random_nodes::Total> = "random_total";

namespace random_nodes {

using graph::Call;
using graph::Clock;
using graph::port;

struct Options {
    int salt = 0;
    int fail = 0;   // one in so many
    int drop = 0;   // one in so many
    int flaky = 0;  // how often a body throws before it does its work
    int delay = 0;  // microseconds, at most
    int size = 1;   // of a batch; the most parts
};
inline std::vector<graph::Param> params() {
    using graph::param;
    return {param("salt", &Options::salt, "makes it another function"),
            param("fail", &Options::fail, "throws at one in so many"),
            param("drop", &Options::drop, "drops one in so many"),
            param("flaky", &Options::flaky, "throws so often first"),
            param("delay", &Options::delay, "microseconds, at most"),
            param("size", &Options::size, "of a batch; the most parts")};
}

enum class Fate { value, drop, fail };
inline Fate fate(const Options& options, uint64_t value) {
    const uint64_t h = mix(value, static_cast<uint64_t>(options.salt) + 1);
    if (options.fail > 0 && h % static_cast<uint64_t>(options.fail) == 0) return Fate::fail;
    const bool drop = options.drop > 0 && (h >> 32) % static_cast<uint64_t>(options.drop) == 0;
    return drop ? Fate::drop : Fate::value;
}
inline uint64_t parts_of(const Options& options, uint64_t value) {
    return mix(value, 3) % static_cast<uint64_t>(options.size + 1);
}
inline bool goes_to(size_t output, const Options& options, uint64_t value) {
    const uint64_t h = mix(value, static_cast<uint64_t>(options.salt) + 5) % 4;
    return h == 3 || h != output;
}

/// What all of them do before their work: takes its time, and may throw.
class Base : public graph::Node {
  public:
    Base(const Options& o, const graph::Setup& setup) : options_(o), id_(setup.id) {}

  protected:
    /// False: dropped.
    bool begin(const Call& call, uint64_t value) {
        if (options_.delay > 0) {
            thread_local graph::Random random(
                std::hash<std::thread::id>()(std::this_thread::get_id()));
            std::this_thread::sleep_for(
                std::chrono::microseconds(random.below(uint64_t(options_.delay))));
        }
        if (options_.flaky > 0) {
            const std::lock_guard lock(mutex_);
            if (attempts_[call.stamp()]++ < options_.flaky) throw std::runtime_error("flaky");
        }
        const Fate what = fate(options_, value);
        if (what == Fate::fail) throw std::runtime_error("bad token");
        return what == Fate::value;
    }
    uint64_t salt() const { return static_cast<uint64_t>(options_.salt); }

    const Options options_;
    const std::string id_;

  private:
    std::mutex mutex_;
    std::map<graph::Stamp, int> attempts_;
};

}  // namespace random_nodes
