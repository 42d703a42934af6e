// What only the nodes, the disk and the memory can tell is told before a run makes anything.
#include "graph/check_outputs.hpp"
#include "graph/engine.hpp"
#include "graph/size.hpp"
#include "graph/source.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using namespace graph;
using ::testing::HasSubstr;
using ::testing::Not;

struct PickyParams {
    std::string refuse;
    std::filesystem::path file = "picky.txt";
};
class Picky : public Node {
  public:
    Picky(const PickyParams& params, const Setup& setup) {
        if (params.refuse == "no file")
            throw std::system_error(ENOENT, std::generic_category(), "x.h5: cannot open");
        if (params.refuse == "disk")
            throw std::system_error(EIO, std::generic_category(), "x.h5: cannot read");
        if (!params.refuse.empty())
            throw ConfigurationError(setup.id + ": it must not be '" + params.refuse + "'");
    }
    void receive(Call&) override {}
};
const Register picky{
    writes(&PickyParams::file,
           node<PickyParams, Picky>({.name = "picky",
                                     .doc = "Refuses what it is told to.",
                                     .inputs = {port<toy::Number>(Clock::item, "in", "")},
                                     .params = {param("refuse", &PickyParams::refuse, ""),
                                                param("file", &PickyParams::file, "")}}))};

/// Makes numbers that are said to be large.
struct LargeParams : Schedule {
    int side = 1000;
};
class Large : public Source {
  public:
    Large(const LargeParams&, const Setup&) {}
    size_t list() override { return 100; }
    Item item(size_t number) const override { return {std::to_string(number), ""}; }
    void receive(Call& call) override { call.emit("number", toy::Number{}); }
};
const Register large{[] {
    auto spec =
        source<LargeParams, Large>({.name = "large",
                                    .doc = "Says that it makes much.",
                                    .outputs = {port<toy::Number>(Clock::item, "number", "")},
                                    .params = {param("side", &LargeParams::side, "of each")}});
    spec.shapes = [](const void* params, const std::vector<Shape>&) {
        const int64_t side = static_cast<const LargeParams*>(params)->side;
        return std::vector<Shape>{{1, side, side}};
    };
    return spec;
}()};

class CheckRunTest : public toy::PipelineFiles {
  protected:
    Plan plan_of(const std::string& nodes, const std::string& run = "") {
        const auto out = run.find("out:") == std::string::npos
                             ? "out: " + (folder_ / "run").string() + (run.empty() ? "" : ", ")
                             : "";
        const Plan made = plan("version: 1\nrun: {" + out + run + "}\nnodes:\n" + nodes);
        EXPECT_EQ(errors(), "");
        return made;
    }
    std::string refusal(const std::string& nodes, const std::string& run = "") {
        std::string text;
        try {
            const Engine engine(plan_of(nodes, run), {.quiet = true});
        } catch (const ConfigurationError& error) {
            text = error.what();
        }
        const std::string prefix = folder_.string() + "/";
        for (size_t at; (at = text.find(prefix)) != std::string::npos;)
            text.erase(at, prefix.size());
        EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
        return text;
    }
};

const std::string a = "  a: {op: count}\n";

TEST_F(CheckRunTest, HearsWhatNodesRefuse) {
    EXPECT_EQ(refusal(a + "  b: {op: picky, in: a}\n"), "");
    EXPECT_EQ(refusal(a + "  b: {op: picky, in: a, with: {refuse: red}}\n"
                          "  c: {op: picky, in: a, with: {refuse: blue, file: c}}\n"),
              "p.yaml:5:3: b: it must not be 'red'\np.yaml:6:3: c: it must not be 'blue'");
    EXPECT_EQ(refusal(a + "  b: {op: picky, in: a, with: {refuse: no file}}\n"
                          "  c: {op: picky, in: a, with: {refuse: no file, file: c}}\n"),
              "p.yaml:5:3: b: x.h5: cannot open: No such file or directory; a relative path begins "
              "where the program is started");
    EXPECT_THROW(refusal(a + "  b: {op: picky, in: a, with: {refuse: disk}}\n"), std::system_error);
}

TEST_F(CheckRunTest, FindsWhereNothingCanBeWritten) {
    const std::string b = a + "  b: {op: picky, in: a, with: {file: ";
    EXPECT_EQ(refusal(b + "x/y.txt}}\n"),
              "p.yaml:5:3: 'b' writes x/y.txt, but the run's folder has no folders in it; give a "
              "name without '/', or a path from '/' on");
    EXPECT_EQ(refusal(b + "run.json}}\n"),
              "p.yaml:5:3: 'b' writes run.json, which is the run's own; give another name");
    EXPECT_EQ(refusal(b + "\"\"}}\n"), "p.yaml:5:3: 'b' has no name for its file");
    EXPECT_EQ(refusal(b + "same}}\n  c: {op: picky, in: a, with: {file: same}}\n"),
              "p.yaml:6:3: 'c' writes same, which 'b' writes too; give one of them another name");
    EXPECT_THAT(refusal(b + (folder_ / "p.yaml/y.txt").string() + "}}\n"),
                HasSubstr("p.yaml is a file, not a folder"));
    EXPECT_EQ(refusal(b + (folder_ / "y.txt").string() + "}}\n"), "");
}

TEST_F(CheckRunTest, FindsARunsFolderThatCannotBe) {
    const std::string b = a + "  b: {op: picky, in: a}\n";
    EXPECT_THAT(refusal(b, "out: " + (folder_ / "p.yaml").string()),
                HasSubstr("p.yaml:2:12: 'out': p.yaml is a file, not a folder; choose another"));
    EXPECT_THAT(refusal(b, "out: " + (folder_ / "p.yaml/run").string()),
                HasSubstr("p.yaml is a file, not a folder"));
    std::filesystem::create_directories(folder_ / "full/of/things");
    EXPECT_THAT(refusal(b, "out: " + (folder_ / "full").string()),
                HasSubstr("full is there and is not a run's folder; choose another"));
    EXPECT_EQ(refusal(b, "out: " + (folder_ / "full/of/things").string()), "") << "it is empty";
    EXPECT_EQ(why_not_writable("/proc/nowhere").empty(), ::access("/proc", W_OK) == 0);
}

TEST_F(CheckRunTest, EstimatesMemory) {
    const std::string nodes =
        "  a: {op: large}\n  b: {op: double, in: a}\n"
        "  c: {op: record, in: b}\n";
    EXPECT_EQ(refusal(nodes, "max_in_flight: 50, max_memory: 10GB"), "");
    EXPECT_THAT(refusal(nodes, "threads: 1, max_in_flight: 50, max_memory: 200MB"),
                HasSubstr("p.yaml:4:3: the run may need 256 MB of memory, but run.max_memory is "
                          "200 MB; 50 items in flight of 'a' may take 204 MB: lower "
                          "run.max_in_flight to 36, or raise run.max_memory"));
    EXPECT_EQ(refusal(nodes, "threads: 1, max_in_flight: 36, max_memory: 200MB"), "");
    EXPECT_THAT(refusal(nodes, "max_memory: 1MB"), HasSubstr("the program alone takes"));
}

TEST_F(CheckRunTest, TellsWhatARunWouldDo) {
    const Engine engine(
        plan_of("  a: {op: count, with: {count: 10, split: {train: 0.8, test: 0.2}}}\n"
                "  b: {op: gather, in: a, with: {size: 4}}\n"
                "  c: {op: record_batches, in: b}\n  d: {op: picky, in: a}\n",
                "threads: 2"),
        {.quiet = true});
    const std::string text = engine.describe_work();
    EXPECT_THAT(text, HasSubstr("a: 10 items"));
    EXPECT_THAT(text, HasSubstr("b: 2 batches of at most 4\n"));
    EXPECT_THAT(text, HasSubstr("with 2 threads\n"));
    EXPECT_THAT(text, HasSubstr("run:\n  picky.txt (d)\n"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST(Size, IsReadAndWritten) {
    const auto bytes = [](const std::string& text) {
        Value value;
        value.kind = Value::Kind::scalar;
        value.text = text;
        return parse_size(value).value_or(-1);
    };
    EXPECT_EQ(bytes("0"), 0);
    EXPECT_EQ(bytes("1500"), 1500);
    EXPECT_EQ(bytes("2GB"), 2'000'000'000);
    EXPECT_EQ(bytes("1.5 gb"), 1'500'000'000);
    EXPECT_EQ(bytes("4KiB"), 4096);
    for (const char* bad : {"", "GB", "-1", "2 gigs", "2GBs", "nan", "1e300TB"})
        EXPECT_EQ(bytes(bad), -1) << bad;
    EXPECT_EQ(size_text(1'300'000'000), "1.3 GB");
    EXPECT_EQ(size_text(250'400'000), "250 MB");
    EXPECT_EQ(size_text(1), "1 kB");
}

}  // namespace
