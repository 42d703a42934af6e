#include "formats/publish.hpp"
#include "tests/nodes/runner.hpp"

#include <fstream>
#include <sstream>

namespace {

using nodes::Metrics;

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

TEST(WriteMetrics, IsSortedWhateverTheOrderOfArrival) {
    Runner runner("write_metrics", "{file: m.csv}");
    runner.give("metrics", Metrics{{2, "b", "test", "mse", 0.5}}).receive();
    runner.give("metrics", Metrics{{10, "a", "train", "mse", 0.25}, {2, "a", "test", "mse", 1}})
        .receive();
    EXPECT_EQ(text_of(runner.folder / "m.csv"),
              "epoch,model,split,metric,value\n"
              "2,a,test,mse,1\n"
              "2,b,test,mse,0.5\n"
              "10,a,train,mse,0.25\n");
}

TEST(WriteMetrics, AResumedRunReplacesAndCutsBack) {
    auto resume = [](graph::Setup& setup) {
        setup.resuming = true;
        formats::publish_text(setup.output("metrics.csv"),
                              "epoch,model,split,metric,value\n"
                              "1,a,train,loss,3\n2,a,train,loss,2\n2,a,test,mse,9\n"
                              "3,a,train,loss,1\n3,b,train,loss,5\n");
    };
    Runner runner("write_metrics", "{}", resume);
    runner.start();
    runner.give("metrics", Metrics{{2, "a", "train", "loss", 2.5}}).receive();
    EXPECT_EQ(text_of(runner.folder / "metrics.csv"),
              "epoch,model,split,metric,value\n"
              "1,a,train,loss,3\n2,a,test,mse,9\n2,a,train,loss,2.5\n3,b,train,loss,5\n");
    runner.give("metrics", Metrics{{3, "a", "train", "loss", 0.5}}).receive();
    runner.give("metrics", Metrics{{2, "a", "test", "mse", 8}}).receive();  // late, not first
    EXPECT_EQ(text_of(runner.folder / "metrics.csv"),
              "epoch,model,split,metric,value\n"
              "1,a,train,loss,3\n2,a,test,mse,8\n2,a,train,loss,2.5\n3,a,train,loss,0.5\n"
              "3,b,train,loss,5\n");
}

TEST(WriteMetrics, ANewRunForgetsAnOldFile) {
    Runner runner("write_metrics");
    formats::publish_text(runner.folder / "metrics.csv",
                          "epoch,model,split,metric,value\n9,z,train,loss,3\n");
    runner.start();
    runner.give("metrics", Metrics{{1, "a", "train", "loss", 2.5}}).receive();
    EXPECT_EQ(text_of(runner.folder / "metrics.csv"),
              "epoch,model,split,metric,value\n1,a,train,loss,2.5\n");
}

}  // namespace
