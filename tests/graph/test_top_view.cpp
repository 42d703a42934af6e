// The picture of a run fits the terminal, whatever its size and whatever names are in it.
#include "graph/top_view.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace {

using namespace graph;
using ::testing::HasSubstr;
using ::testing::Not;

RunStatus training(int nodes = 6) {
    RunStatus run;
    run.name = "train_gan";
    run.seconds = 72;
    run.epoch = 3;
    run.epochs = 100;
    run.items = 3100;
    run.total = 10000;
    run.rate = 52;
    run.left_seconds = 2050;
    run.figures = {{"loss", 0.0123}, {"test.mse", 0.0021}};
    run.bottleneck = "'train' (train) takes one message at a time, so it sets the pace";
    for (int i = 0; i < nodes; ++i)
        run.nodes.push_back({.id = fmt::format("node_{}", i),
                             .op = "resize",
                             .values = 3100,
                             .busy_seconds = double(i),
                             .queue = i,
                             .rate = 52.1,
                             .busy = 0.93,
                             .state = "starved"});
    return run;
}

std::string text(const std::vector<std::string>& lines) {
    return fmt::format("{}", fmt::join(lines, "\n"));
}

TEST(TopView, TellsAllAtEightyColumns) {
    const std::string view = text(top_view(training(), {80, 24}, false));
    for (const char* part :
         {"train_gan", "running 1m12s", "epoch 3/100", "3100/10000 items", "52 items/s",
          "ETA 34m10s", "31%", "loss 0.0123", "test.mse 0.0021", "node_5", "resize", "52", "93%",
          "starved", "waiting", "bottleneck: 'train'"})
        EXPECT_THAT(view, HasSubstr(part));
    EXPECT_THAT(view, Not(HasSubstr("failed")));
    EXPECT_THAT(view, Not(HasSubstr("\x1b")));
}

TEST(TopView, FailuresStandOut) {
    RunStatus run = training();
    run.nodes[2].failed = 7;
    run.quarantined = 7;
    const auto lines = top_view(run, {80, 24}, true);
    EXPECT_THAT(text(lines), HasSubstr("7 quarantined"));
    EXPECT_THAT(text(lines), HasSubstr("failed"));
    EXPECT_THAT(text(lines), HasSubstr("\x1b[31mnode_2"));
}

TEST(TopView, FitsEveryTerminal) {
    RunStatus run = training(30);
    run.nodes[3].failed = 1;
    run.quarantined = 1;
    run.name = "\xe7\xb4\xb0\xe8\x83\x9e\xe3\x81\xae\xe8\xa8\x93\xe7\xb7\xb4";  // wide letters
    run.figures["rate lost by freezing, %, \x1b[2J of all the frames that there are"] = 1;
    for (int columns = 1; columns <= 130; ++columns)
        for (const int rows : {1, 2, 3, 5, 8, 13, 24, 60}) {
            const auto lines = top_view(run, {columns, rows}, columns % 2 == 0);
            EXPECT_LE(lines.size(), size_t(std::max(1, rows - 1))) << columns << "x" << rows;
            for (const auto& line : lines) {
                EXPECT_LE(columns_of(line), std::max(1, columns - 1)) << columns << ": " << line;
                EXPECT_THAT(line, Not(HasSubstr("\x1b[2J")));
            }
        }
}

TEST(TopView, ALowTerminalShowsTheBusiest) {
    const std::string view = text(top_view(training(30), {80, 16}, false));
    EXPECT_THAT(view, HasSubstr("node_29"));
    EXPECT_THAT(view, Not(HasSubstr("node_0 ")));
    EXPECT_THAT(view, HasSubstr("less busy"));
    EXPECT_LT(view.find("node_28"), view.find("node_29"));  // in the plan's order
}

TEST(TopView, ANarrowTerminalKeepsNamesAndCounts) {
    const std::string view = text(top_view(training(), {30, 24}, false));
    EXPECT_THAT(view, HasSubstr("node_5"));
    EXPECT_THAT(view, HasSubstr("3100"));
    EXPECT_THAT(view, Not(HasSubstr("resize")));
}

TEST(TopView, AnEndedRunPromisesNothing) {
    RunStatus run = training();
    run.state = "ended";
    const std::string view = text(top_view(run, {80, 24}, false));
    EXPECT_THAT(view, Not(HasSubstr("ETA")));
    EXPECT_THAT(view, Not(HasSubstr("starved")));
    EXPECT_THAT(view, HasSubstr("ended 1m12s"));
}

TEST(TopView, WithoutATerminalItIsOneLine) {
    EXPECT_EQ(
        status_line(training()),
        "epoch 3/100  3100/10000 items  52 items/s  ETA 34m10s  loss 0.0123  test.mse 0.0021");
}

TEST(Cut, CountsLettersNotBytes) {
    EXPECT_EQ(cut("abcdef", 6), "abcdef");
    EXPECT_EQ(cut("abcdef", 5), "abcd~");
    EXPECT_EQ(cut("\xe7\xb4\xb0\xe8\x83\x9e", 3), "\xe7\xb4\xb0~");
    EXPECT_EQ(cut("abc", 0), "");
    EXPECT_EQ(columns_of("\x1b[31mab\x1b[0m"), 2);
}

}  // namespace
