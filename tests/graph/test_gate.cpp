// The gate: order, joins, parts, latches, and what it says is missing.
#include "graph/gate.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace {

using graph::Delivery;
using graph::Envelope;
using graph::Gate;
using graph::Pass;
using graph::Purpose;
using graph::Stamp;
using Role = graph::Gate::Role;

const std::vector<Pass> passes = {{0, 0, Purpose::train, "train", 3, false},
                                  {1, 0, Purpose::evaluate, "test", 2, false},
                                  {2, 1, Purpose::train, "train", 3, true},
                                  {3, 1, Purpose::evaluate, "test", 2, true}};

Envelope message(int pass, uint64_t index, std::vector<graph::Part> parts = {}) {
    Envelope envelope;
    envelope.stamp.pass = pass;
    envelope.stamp.index = index;
    envelope.stamp.parts = std::move(parts);
    envelope.value = std::make_shared<const int>(static_cast<int>(index));
    return envelope;
}

Envelope end(int pass, uint64_t count) {
    Envelope envelope;
    envelope.kind = Envelope::Kind::end;
    envelope.stamp.pass = pass;
    envelope.stamp.index = count;
    return envelope;
}

Envelope model(int epoch, bool complete) {
    Envelope envelope;
    envelope.stamp.epoch = epoch;
    envelope.stamp.complete = complete;
    envelope.value = std::make_shared<const int>(epoch);
    return envelope;
}

Gate::Rules rules(std::vector<Role> roles, std::vector<char> accepts, bool ordered = true) {
    Gate::Rules rules;
    rules.roles = std::move(roles);
    rules.ordered = ordered;
    rules.passes = &passes;
    rules.accepts = std::move(accepts);
    return rules;
}

std::string text(const std::deque<Delivery>& ready) {
    std::string text;
    for (const auto& d : ready) {
        text += d.kind == Delivery::Kind::end         ? "|"
                : d.kind == Delivery::Kind::tombstone ? "x"
                                                      : "";
        text += std::to_string(d.stamp.pass);
        if (d.kind != Delivery::Kind::end) text += "." + std::to_string(d.stamp.index);
        for (const auto& part : d.stamp.parts) text += "/" + std::to_string(part.index);
        text += " ";
    }
    return text;
}

TEST(Gate, FeedsInOrderWhateverTheOrderOfArrival) {
    std::vector<Envelope> envelopes;
    for (const Pass& pass : passes) {
        envelopes.push_back(end(pass.number, pass.items));
        for (uint64_t i = 0; i < pass.items; ++i) {
            if (i == 1) {  // in three parts, the second of them in two
                envelopes.push_back(message(pass.number, i, {{0, 3}}));
                envelopes.push_back(message(pass.number, i, {{1, 3}, {0, 2}}));
                envelopes.push_back(message(pass.number, i, {{1, 3}, {1, 2}}));
                envelopes.push_back(message(pass.number, i, {{2, 3}}));
            } else {
                envelopes.push_back(message(pass.number, i));
            }
        }
    }
    std::string expected;
    for (const Pass& pass : passes) {
        const std::string p = std::to_string(pass.number);
        expected += p + ".0 " + p + ".1/0 " + p + ".1/1/0 " + p + ".1/1/1 " + p + ".1/2 ";
        expected += (pass.items == 3 ? p + ".2 " : "") + "|" + p + " ";
    }
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        std::shuffle(envelopes.begin(), envelopes.end(), random);
        Gate gate(rules({Role::stream}, {1, 1, 1, 1}));
        std::deque<Delivery> ready;
        for (const auto& envelope : envelopes) gate.put(0, envelope, ready);
        ASSERT_EQ(text(ready), expected);
        ASSERT_TRUE(gate.complete());
    }
}

TEST(Gate, PassesThatAreNotForTheNodeAreLetGo) {
    Gate gate(rules({Role::stream}, {1, 0, 1, 0}));
    std::deque<Delivery> ready;
    for (const Pass& pass : passes) {
        for (uint64_t i = 0; i < pass.items; ++i) gate.put(0, message(pass.number, i), ready);
        gate.put(0, end(pass.number, pass.items), ready);
    }
    EXPECT_EQ(text(ready), "0.0 0.1 0.2 |0 2.0 2.1 2.2 |2 ");
    EXPECT_TRUE(gate.complete());
}

TEST(Gate, JoinsInputsByStamp) {
    Gate gate(rules({Role::stream, Role::stream}, {1, 0, 0, 0}));
    std::deque<Delivery> ready;
    for (uint64_t i : {0, 1, 2}) gate.put(0, message(0, i), ready);
    gate.put(0, end(0, 3), ready);
    EXPECT_TRUE(ready.empty());
    for (uint64_t i : {2, 0, 1}) gate.put(1, message(0, i), ready);
    EXPECT_EQ(text(ready), "0.0 0.1 0.2 ");
    for (const auto& delivery : ready) {
        EXPECT_EQ(*std::static_pointer_cast<const int>(delivery.values[0]),
                  *std::static_pointer_cast<const int>(delivery.values[1]));
    }
    EXPECT_FALSE(gate.complete());
    gate.put(1, end(0, 3), ready);
    EXPECT_TRUE(gate.complete());
}

TEST(Gate, OneTombstoneMakesTheJoinATombstone) {
    Gate gate(rules({Role::stream, Role::stream}, {1, 0, 0, 0}));
    std::deque<Delivery> ready;
    gate.put(0, message(0, 0), ready);
    Envelope dead = message(0, 0);
    dead.kind = Envelope::Kind::tombstone;
    dead.value.reset();
    dead.failed = true;
    gate.put(1, dead, ready);
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_EQ(ready[0].kind, Delivery::Kind::tombstone);
    EXPECT_TRUE(ready[0].failed);
}

TEST(Gate, ItemsWaitForTheModelOfTheirEpoch) {
    Gate gate(rules({Role::stream, Role::latched}, {0, 1, 0, 1}));
    std::deque<Delivery> ready;
    gate.put(1, model(0, false), ready);  // the start: not yet of an epoch
    for (uint64_t i : {0, 1}) gate.put(0, message(1, i), ready);
    gate.put(0, end(1, 2), ready);
    EXPECT_TRUE(ready.empty());
    gate.put(1, model(0, true), ready);
    EXPECT_EQ(text(ready), "1.0 1.1 |1 ");
    EXPECT_EQ(*std::static_pointer_cast<const int>(ready[0].values[1]), 0);
    gate.put(1, model(1, true), ready);
    for (uint64_t i : {0, 1}) gate.put(0, message(3, i), ready);
    gate.put(0, end(3, 2), ready);
    EXPECT_EQ(*std::static_pointer_cast<const int>(ready.back().values[1]), 1);
    EXPECT_TRUE(gate.complete());
}

TEST(Gate, LetsAModelGoWhenItsEpochIsOver) {
    Gate gate(rules({Role::stream, Role::latched}, {0, 1, 0, 1}));
    std::deque<Delivery> ready;
    Envelope snapshot = model(0, true);
    const std::weak_ptr<const void> alive = snapshot.value;
    gate.put(1, std::move(snapshot), ready);
    EXPECT_FALSE(alive.expired());
    for (uint64_t i : {0, 1}) gate.put(0, message(1, i), ready);
    gate.put(0, end(1, 2), ready);
    ready.clear();
    EXPECT_TRUE(alive.expired());
}

TEST(Gate, ResumedEpochsBeforeTheFirstModelAreSkipped) {
    Gate gate(rules({Role::stream, Role::latched}, {0, 1, 0, 1}));
    std::deque<Delivery> ready;
    gate.put(1, model(1, true), ready);
    for (int pass : {1, 3}) {
        for (uint64_t i : {0, 1}) gate.put(0, message(pass, i), ready);
        gate.put(0, end(pass, 2), ready);
    }
    EXPECT_EQ(text(ready), "x1.0 x1.1 |1 3.0 3.1 |3 ");
    EXPECT_TRUE(ready[2].skipped);
    EXPECT_TRUE(gate.complete());
}

TEST(Gate, SaysWhatIsMissing) {
    Gate gate(rules({Role::stream}, {1, 1, 1, 1}));
    std::deque<Delivery> ready;
    gate.put(0, message(0, 0), ready);
    gate.put(0, message(0, 2), ready);
    gate.put(0, end(0, 3), ready);
    EXPECT_FALSE(gate.complete());
    EXPECT_EQ(gate.missing(), "epoch 0, split train: 1 of 3 messages came, 1 are waiting");
}

}  // namespace
