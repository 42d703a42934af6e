// The one sentence on what held a run up: each rule, and which setting it names.
#include "graph/bottleneck.hpp"

#include <gmock/gmock.h>

namespace {

using namespace graph;
using ::testing::HasSubstr;
using ::testing::Not;

NodeLoad source(double busy, double limited = 0) {
    return {.id = "files",
            .op = "list_files",
            .is_source = true,
            .busy_seconds = busy,
            .limited_seconds = limited};
}
NodeLoad parallel(double busy) { return {.id = "image", .op = "read_tiff", .busy_seconds = busy}; }
NodeLoad batch(double busy) {
    return {.id = "batch",
            .op = "batch",
            .one_at_a_time = true,
            .makes_batches = true,
            .busy_seconds = busy};
}
NodeLoad train(double busy, double limited = 0) {
    return {.id = "train",
            .op = "train",
            .one_at_a_time = true,
            .busy_seconds = busy,
            .limited_seconds = limited};
}
Resources ten_seconds(double cpu_seconds, int threads = 2, int cores = 2) {
    return {.seconds = 10,
            .cpu_seconds = cpu_seconds,
            .threads = threads,
            .cores = cores,
            .max_in_flight = 16};
}

TEST(Bottleneck, AShortRunTellsNothing) {
    Resources short_run = ten_seconds(1);
    short_run.seconds = 0.1;
    EXPECT_THAT(bottleneck({source(0)}, short_run), HasSubstr("too short"));
    EXPECT_THAT(bottleneck({}, ten_seconds(1)), HasSubstr("too short"));
}

TEST(Bottleneck, AnOrderedNodeSetsThePace) {
    const auto text = bottleneck({source(0.1, 9), batch(0.2), train(9.5)}, ten_seconds(18));
    EXPECT_THAT(text, HasSubstr("'train' (train)"));
    EXPECT_THAT(text, HasSubstr("95 %"));
    EXPECT_THAT(text, HasSubstr("nodes.batch.size"));
    EXPECT_THAT(text, Not(HasSubstr("idle")));
    EXPECT_THAT(bottleneck({batch(0.2), train(9.5)}, ten_seconds(9, 8, 8)), HasSubstr("idle"));
    EXPECT_THAT(bottleneck({train(9.5)}, ten_seconds(9)), Not(HasSubstr("size")));
    NodeLoad save = train(9.8);
    save.id = "save";
    save.is_sink = true;
    const auto disk = bottleneck({train(9.5), save, batch(0.1)}, ten_seconds(9));
    EXPECT_THAT(disk, HasSubstr("'save'"));  // the busiest of them
    EXPECT_THAT(disk, HasSubstr("faster storage"));
}

TEST(Bottleneck, ATrainerWaitsForItsModels) {
    const auto text = bottleneck({source(0.1, 9), train(4, 5)}, ten_seconds(12));
    EXPECT_THAT(text, HasSubstr("'train' (train) waited 50 %"));
    EXPECT_THAT(text, HasSubstr("evaluate_every"));
}

TEST(Bottleneck, AllThreadsAtWorkWantMoreOfThem) {
    const auto few = bottleneck({source(0.1, 9), parallel(19)}, ten_seconds(19, 2, 8));
    EXPECT_THAT(few, HasSubstr("'image' (read_tiff), 95 %"));
    EXPECT_THAT(few, HasSubstr("raise run.threads (it is 2, and there are 8 cores)"));
    const auto all = bottleneck({source(0.1, 9), parallel(19)}, ten_seconds(19));
    EXPECT_THAT(all, HasSubstr("only more cores"));
}

TEST(Bottleneck, ThreadsThatWaitForTheDisk) {
    const auto text = bottleneck({source(0.1, 9), parallel(19)}, ten_seconds(2));
    EXPECT_THAT(text, HasSubstr("disk"));
    EXPECT_THAT(text, HasSubstr("'image'"));
    EXPECT_THAT(text, HasSubstr("run.threads"));
}

TEST(Bottleneck, SmallMessagesCostMoreThanTheyAreWorth) {
    const auto text = bottleneck({source(1, 5), parallel(1), batch(1)}, ten_seconds(19));
    EXPECT_THAT(text, HasSubstr("too small"));
    EXPECT_THAT(text, HasSubstr("nodes.batch.size"));
}

TEST(Bottleneck, IdleThreadsAndNoTickets) {
    const auto text = bottleneck({source(0.1, 8), parallel(5)}, ten_seconds(6));
    EXPECT_THAT(text, HasSubstr("all 16 items"));
    EXPECT_THAT(text, HasSubstr("raise run.max_in_flight"));
}

TEST(Bottleneck, NothingStandsOut) {
    const auto text = bottleneck({source(0.1, 0), parallel(5)}, ten_seconds(6));
    EXPECT_THAT(text, HasSubstr("no node held the others up: 'image'"));
}

}  // namespace
