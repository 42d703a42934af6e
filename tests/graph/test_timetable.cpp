// Splits by group, shuffles, passes, and where a resumed run begins.
#include "graph/timetable.hpp"

#include <set>

#include <gmock/gmock.h>

namespace {

using namespace graph;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Listed : public Source {
  public:
    explicit Listed(std::vector<Item> items) : items_(std::move(items)) {}
    size_t list() override { return items_.size(); }
    Item item(size_t number) const override { return items_.at(number); }
    void receive(Call&) override {}

  private:
    std::vector<Item> items_;
};

Splits split_items(const std::vector<Item>& items, const Schedule& schedule, int64_t seed,
                   const std::string& place) {
    if (schedule.split.empty()) return undivided(items.size());
    return graph::split_items(Listed(items), items.size(), schedule, seed, place);
}

std::vector<Item> wells(int count, int fields) {
    std::vector<Item> items;
    for (int w = 0; w < count; ++w)
        for (int f = 0; f < fields; ++f)
            items.push_back({fmt::format("w{}f{}", w, f), fmt::format("{:02}", w)});
    return items;
}

Schedule schedule(std::map<std::string, double> split, int epochs = 1, int every = 1) {
    Schedule s;
    s.split = std::move(split);
    s.epochs = epochs;
    s.evaluate_every = every;
    return s;
}

std::string split_error(const std::vector<Item>& items, const Schedule& s) {
    try {
        split_items(items, s, 1, "x.yaml:1:1: files");
    } catch (const ConfigurationError& error) {
        return error.what();
    }
    return "";
}

TEST(Split, NeverDividesAGroup) {
    const auto items = wells(20, 3);
    const auto splits = split_items(items, schedule({{"train", 0.7}, {"test", 0.3}}), 1, "files");
    EXPECT_THAT(splits.names, ElementsAre("train", "test"));
    EXPECT_EQ(splits.items[0].size(), 42U);
    EXPECT_EQ(splits.items[1].size(), 18U);
    std::set<std::string> train, test;
    for (const uint32_t i : splits.items[0]) train.insert(items[i].group);
    for (const uint32_t i : splits.items[1]) test.insert(items[i].group);
    EXPECT_EQ(train.size(), 14U);
    for (const auto& group : test) EXPECT_FALSE(train.contains(group));
}

TEST(Split, IsTheDocumentedRanking) {
    // python: sorted("abcd", key=lambda g: hashlib.sha256(f"2:{g}".encode()).hexdigest())
    const std::vector<Item> items = {{"a", "a"}, {"b", "b"}, {"c", "c"}, {"d", "d"}};
    const auto splits = split_items(items, schedule({{"train", 2}, {"test", 2}}), 2, "files");
    EXPECT_THAT(splits.items[0], ElementsAre(2, 3));
}

TEST(Split, DependsOnTheSeedOnly) {
    const auto items = wells(20, 3);
    const auto s = schedule({{"train", 0.7}, {"test", 0.3}});
    EXPECT_EQ(split_items(items, s, 1, "f").items, split_items(items, s, 1, "f").items);
    EXPECT_NE(split_items(items, s, 1, "f").items, split_items(items, s, 2, "f").items);
}

TEST(Split, SaysWhatIsWrong) {
    EXPECT_THAT(split_error(wells(4, 1), schedule({{"test", 0.5}})), HasSubstr("no 'train'"));
    EXPECT_THAT(split_error(wells(4, 1), schedule({{"train", 0.9}, {"test", 0.3}})),
                HasSubstr("adds up to 1.2"));
    EXPECT_THAT(split_error(wells(4, 1), schedule({{"train", 4}, {"test", 3}})),
                HasSubstr("asks for 7 groups of items, but there are 4; ask for fewer"));
    EXPECT_THAT(split_error(wells(1, 1), schedule({{"train", 0.4}, {"test", 0.6}})),
                HasSubstr("no item falls to the split 'train'"));
}

TEST(Timetable, TrainsThenEvaluatesEverySplitWhenDue) {
    const auto s = schedule({{"train", 2}, {"test", 1}}, 3, 2);
    const auto passes = timetable(split_items(wells(3, 1), s, 1, "f"), s, true);
    std::string text;
    for (const Pass& p : passes)
        text += fmt::format("{}{}{}{} ", p.epoch, p.purpose == Purpose::train ? "t" : "e", p.split,
                            p.last_epoch ? "!" : "");
    EXPECT_EQ(text, "0ttrain 1ttrain 1etrain 1etest 2ttrain! 2etrain! 2etest! ");
}

TEST(Timetable, EmptySplitsHaveNoPass) {
    const auto s = schedule({{"train", 1.0}, {"test", 0.0}});
    const auto passes = timetable(split_items(wells(3, 1), s, 1, "f"), s, true);
    ASSERT_EQ(passes.size(), 2U);
    EXPECT_EQ(passes[1].split, "train");
}

TEST(Timetable, AResumedRunBeginsAtItsCursor) {
    const auto s = schedule({{"train", 2}, {"test", 1}}, 3);
    const auto passes = timetable(split_items(wells(3, 1), s, 1, "f"), s, true);
    EXPECT_EQ(first_pass(passes, {0, 0, false}), 0);
    EXPECT_EQ(first_pass(passes, {1, 1, false}), 3);  // within epoch 1: its training again
    EXPECT_EQ(first_pass(passes, {1, 0, true}), 4);   // after it: its evaluation
    EXPECT_EQ(first_pass(passes, {2, 0, true}), 7);
    EXPECT_EQ(first_pass(passes, {3, 0, false}), 9);
}

TEST(Shuffle, IsAPermutationThatChangesWithTheEpochAndNotWithTheTime) {
    Schedule s = schedule({}, 2);
    s.shuffle = true;
    const auto splits = split_items(wells(50, 1), s, 1, "f");
    const auto passes = timetable(splits, s, false);
    std::vector<std::vector<size_t>> orders;
    for (int again = 0; again < 2; ++again) {
        Listed source({});
        source.set_order(splits, s, 7, "files");
        for (const Pass& pass : passes) {
            auto& order = orders.emplace_back();
            for (uint64_t i = 0; i < pass.items; ++i) order.push_back(source.item_of(pass, i));
            EXPECT_EQ(std::set<size_t>(order.begin(), order.end()).size(), 50U);
        }
    }
    EXPECT_EQ(orders[0], orders[2]);
    EXPECT_EQ(orders[1], orders[3]);
    EXPECT_NE(orders[0], orders[1]);
}

}  // namespace
