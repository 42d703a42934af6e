// Items that fail or are dropped wait for their turn as others do, and hold their tickets until
// then: else one slow item would let any number of bad ones pile up behind it.
#include "graph/engine.hpp"
#include "tests/graph/random_nodes.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <unistd.h>

namespace {

using namespace graph;
using random_nodes::Token;

std::atomic<int> begun_beside_the_first{0};
std::atomic<bool> first_is_done{false};

const Register slow_then_bad{map<NoParams, Token, Token>(
    {.name = "random_slow_then_bad",
     .doc = "Is slow at the first token and fails at all others.",
     .inputs = {port<Token>(Clock::item, "in", "a token")},
     .outputs = {port<Token>(Clock::item, "out", "the first; all others fail at once")}},
    [](const NoParams&, const Token& token) {
        if (token.value == random_nodes::mix(0, 1)) {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            first_is_done = true;
            return token;
        }
        if (!first_is_done) ++begun_beside_the_first;
        throw std::runtime_error("bad token");
    })};

const Register too_large{map<NoParams, Token, Token>(
    {.name = "random_too_large",
     .doc = "Finds no memory for any token.",
     .inputs = {port<Token>(Clock::item, "in", "a token")},
     .outputs = {port<Token>(Clock::item, "out", "none")}},
    [](const NoParams&, const Token&) -> Token { throw std::bad_alloc(); })};

RunResult run_through(const std::string& kind, size_t count) {
    const auto folder =
        std::filesystem::temp_directory_path() / fmt::format("bad_items.{}", ::getpid());
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "bad.yaml") << fmt::format(
        "version: 1\nname: bad\n"
        "run: {{threads: 2, max_in_flight: 8, quarantine_limit: 9999, out: run}}\nnodes:\n"
        "  a: {{op: random_source, with: {{count: {}, salt: 1}}}}\n"
        "  b: {{op: {}, in: a}}\n"
        "  c: {{op: random_sink, in: b}}\n",
        count, kind);
    Errors errors;
    const Document document = load_document(folder / "bad.yaml", {}, errors);
    Plan plan = make_plan(document, errors);
    EXPECT_TRUE(errors.empty()) << errors.text();
    plan.settings.out = folder / "run";
    RunResult result = Engine(std::move(plan), {.quiet = true}).run();
    std::filesystem::remove_all(folder);
    return result;
}

TEST(BadItems, OfWhichNoneFindsMemorySaySo) {
    const RunResult result = run_through("random_too_large", 3);
    ASSERT_EQ(result.quarantined.size(), 3U) << result.message;
    EXPECT_THAT(result.quarantined.front(),
                testing::EndsWith("it needs more memory than there is"));
}

TEST(BadItems, HoldTheirTicketsUntilTheirTurn) {
    const RunResult result = run_through("random_slow_then_bad", 3000);
    EXPECT_EQ(result.exit_code, exit_done) << result.message;
    EXPECT_EQ(result.quarantined.size(), 2999U);
    EXPECT_LT(begun_beside_the_first, 8);
}

}  // namespace
