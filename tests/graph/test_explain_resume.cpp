// What has changed since a run was made: options, program, inputs.
#include "graph/explain_resume.hpp"
#include "graph/paths.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using graph::Inputs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string before =
    "version: 1\nname: p\nrun: {seed: 7, out: runs/p}\nnodes:\n"
    "  files: {op: list, with: {path: data, epochs: 4}}\n"
    "  train: {op: train, in: files, with: {optimizer: {type: adam, rate: 0.005}}}\n";
const std::string now =
    "version: 1\nname: p\nrun: {seed: 7, out: elsewhere}\nnodes:\n"
    "  files: {op: list, with: {path: data, epochs: 6, shuffle: true}}\n"
    "  train: {op: train, in: files, with: {optimizer: {type: adam, rate: 0.001}, stop: {after: "
    "3}}}\n"
    "  save: {op: save, in: train}\n";

std::vector<std::string> texts(const std::vector<graph::Difference>& list) {
    std::vector<std::string> texts;
    for (const auto& one : list)
        texts.push_back(fmt::format("{}|{}|{}", one.path, one.before, one.now));
    return texts;
}

TEST(Differences, AreOfOptionsAsSetNamesThem) {
    EXPECT_THAT(texts(graph::differences(graph::parse_resolved(before, "a"),
                                         graph::parse_resolved(now, "b"))),
                ElementsAre("run.out|runs/p|elsewhere", "nodes.files.epochs|4|6",
                            "nodes.files.shuffle||true", "nodes.train.optimizer.rate|0.005|0.001",
                            "nodes.train.stop.after||3", "nodes.save||{op: save, in: train}"));
    EXPECT_THAT(
        graph::differences(graph::parse_resolved(before, "a"), graph::parse_resolved(before, "b")),
        IsEmpty());
}

Inputs inputs(std::vector<graph::InputFile> files) {
    std::string names;
    for (const auto& file : files) names += file.name + ";";
    return {files.size(), names, files};
}

TEST(InputsManifest, TellsWhatChanged) {
    const auto old = inputs({{"a", 1, 10}, {"b", 2, 20}, {"c", 3, 30}, {"d", 4, 40}});
    const auto changes =
        graph::compare(old, inputs({{"a", 1, 10}, {"b", 5, 21}, {"d", 4, 41}, {"e", 1, 1}}));
    EXPECT_TRUE(changes.names_differ);
    EXPECT_THAT(changes.added, ElementsAre("e"));
    EXPECT_THAT(changes.removed, ElementsAre("c"));
    EXPECT_THAT(changes.changed, ElementsAre("b"));
    EXPECT_THAT(changes.touched, ElementsAre("d"));
    EXPECT_TRUE(graph::compare(old, old).empty());
    // Of very many only the names are known.
    const Inputs many{20'000, "x", {}}, others{20'000, "y", {}};
    EXPECT_TRUE(graph::compare(many, many).empty());
    EXPECT_FALSE(graph::compare(many, others).empty());
}

class Explained : public toy::PipelineFiles {
  protected:
    graph::MadeFrom made_from() {
        graph::MadeFrom made_from;
        made_from.version = graph::version();
        made_from.build = graph::build_id();
        made_from.begun_with = made_from.resolved = before;
        made_from.inputs["files"] = inputs({{"a", 1, 10}});
        return made_from;
    }
    std::string explained(const graph::MadeFrom& made_from, const std::string& kept,
                          const std::string& goes_on, const Inputs& files) {
        return graph::explain(graph::find_changes(made_from, graph::parse_resolved(kept, "kept"),
                                                  graph::parse_resolved(goes_on, "now"),
                                                  {{"files", files}}));
    }
};

TEST_F(Explained, NothingChanged) {
    EXPECT_EQ(explained(made_from(), before, before, inputs({{"a", 1, 10}})),
              "config    as it was\n"
              "code      as it was\n"
              "inputs    as they were, by name, size and time\n");
}

TEST_F(Explained, EachChangeIsNamedWithWhereItCameFrom) {
    auto record = made_from();
    record.build = "0123456789";
    const std::string edited =
        "version: 1\nname: p\nrun: {seed: 8, out: runs/p}\n" + before.substr(before.find("nodes:"));
    std::string goes_on = edited;
    goes_on.replace(goes_on.find("0.005"), 5, "0.001");
    const auto text = explained(record, edited, goes_on, inputs({{"a", 2, 11}, {"b", 1, 1}}));
    EXPECT_EQ(text,
              "config    nodes.train.optimizer.rate: 0.005 -> 0.001\n"
              "          run.seed: 7 -> 8 (edited in resolved.yaml)\n"
              "code      another build of version " +
                  graph::version() + " (01234567 -> " + graph::build_id().substr(0, 8) +
                  "): weights may come out otherwise than without a stop\n"
                  "inputs    files: 1 added (b), 1 of another size (a)\n"
                  "          with other files, what is left of this epoch is of another order and "
                  "split: some images may be seen twice or not at all in it\n");
    EXPECT_GE(graph::build_id().size(), 16U);
}

TEST_F(Explained, ThePipelinesFileIsNotTakenUp) {
    auto record = made_from();
    record.begun_with = record.resolved =
        load("version: 1\nname: p\nnodes: {a: {op: count}}\n").resolved;
    record.source.pipeline = folder_ / "p.yaml";
    write("p.yaml", "version: 1\nname: p\nnodes: {a: {op: count, with: {count: 3}}}\n");
    const auto text = explained(record, record.resolved, record.resolved, inputs({{"a", 1, 10}}));
    EXPECT_THAT(text, HasSubstr("p.yaml has changed, which is not taken up: nodes.a.count: not "
                                "given -> 3; to do so: --set nodes.a.count=3"));
}

TEST_F(Explained, TheRecordReadsBack) {
    auto record = made_from();
    record.source = {"p.yaml", {{"epochs=3"}, {"run.seed=1"}}};
    record.files = {{"model.h5", 5, 6}};
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / graph::made_from_file) << graph::to_json(record);
    const auto back = graph::read_made_from(folder_);
    ASSERT_TRUE(back);
    EXPECT_EQ(graph::to_json(*back), graph::to_json(record));
    std::ofstream(folder_ / graph::made_from_file) << "{";
    EXPECT_FALSE(graph::read_made_from(folder_));
}

TEST(ExplainedStanding, SaysWhereItGoesOn) {
    graph::Standing standing;
    EXPECT_THAT(graph::explain(standing), HasSubstr("all of it is done again"));
    standing.learned = {{"train", {2, 3, false}, 6, ""}};
    EXPECT_EQ(graph::explain(standing),
              "goes on in epoch 3 of 6, after 3 batches, with 4 epochs to train");
    standing.learned = {{"train", {2, 3, true}, 6, ""}};
    EXPECT_EQ(graph::explain(standing), "goes on with epoch 4 of 6, with 3 epochs to train");
    standing.learned = {{"train", {5, 3, true}, 6, ""}};
    EXPECT_EQ(graph::explain(standing),
              "all 6 epochs are trained; the last evaluation is made again");
    standing.finished = true;
    EXPECT_EQ(graph::explain(standing),
              "all 6 epochs are trained; this run is finished; there is nothing to resume");
}

}  // namespace
