#include "tests/nodes/coded.hpp"

namespace {

using graph::Purpose;
using nodes::Metrics;
using nodes::PayloadBatch;
using ::testing::HasSubstr;

TEST(EntropyEncode, GivesBytesAndCountsThem) {
    Runner runner("entropy_encode", "{name: gan}", link_tables);
    const auto tables = some_tables();
    for (const char* split : {"train", "test"}) {
        runner.in_pass(4, Purpose::evaluate, split);
        double bytes = 0;
        for (const uint64_t seed : {2, 3}) {
            const auto latents = some_latents(5, seed, "m", split);
            runner.give("tables", tables).give("latents", latents).receive();
            const auto out = runner.take<PayloadBatch>("payloads").at(0);
            EXPECT_EQ(out->payloads, tables.coder.encode(latents.latents));
            EXPECT_EQ(out->image, latents.image);
            EXPECT_EQ(out->infos.at(4).path, "image4.tif");
            EXPECT_EQ(out->model, "m");
            EXPECT_EQ(out->checkpoint, latents.checkpoint);
            for (const auto& payload : out->payloads) bytes += static_cast<double>(payload.size());
        }
        runner.end();
        const auto metrics = runner.take<Metrics>("metrics").at(0);
        ASSERT_EQ(metrics->size(), 1U);
        EXPECT_EQ(metrics->at(0).epoch, 5);
        EXPECT_EQ(metrics->at(0).model, "gan");
        EXPECT_EQ(metrics->at(0).split, split);
        EXPECT_EQ(metrics->at(0).metric, "coded_bits_per_pixel");
        EXPECT_DOUBLE_EQ(metrics->at(0).value, 8 * bytes / (10 * 16 * 16));
    }
    runner.in_pass(5, Purpose::evaluate, "test");
    runner.end();
    EXPECT_TRUE(runner.sent.empty());
}

TEST(EntropyEncode, WithTablesFromAFile) {
    Scratch folder;
    nodes::write_tables(folder / "t.h5", some_tables());
    Runner runner("entropy_encode", "{tables: " + (folder / "t.h5").string() + "}");
    const auto latents = some_latents(5, 2);
    runner.give("latents", latents).receive();
    EXPECT_EQ(runner.take<PayloadBatch>("payloads").at(0)->payloads,
              some_tables().coder.encode(latents.latents));
    runner.end();
    EXPECT_EQ(runner.take<Metrics>("metrics").at(0)->at(0).model, "entropy_encode");
}

TEST(EntropyEncode, NeedsTablesOfTheSameModel) {
    EXPECT_THAT(error_of([] { Runner("entropy_encode"); }), HasSubstr("one of the two"));
    EXPECT_THAT(error_of([] { Runner("entropy_encode", "{tables: x.h5}", link_tables); }),
                HasSubstr("one of the two"));
    EXPECT_THAT(error_of([] { Runner("entropy_encode", "{tables: x.h5}"); }), HasSubstr("x.h5"));
    Runner runner("entropy_encode", "{}", link_tables);
    runner.give("tables", some_tables()).give("latents", some_latents(1, 2, "another"));
    EXPECT_THAT(error_of([&] { runner.receive(); }), HasSubstr("fitted on latents of m, but"));
}

TEST(EntropyEncode, GenerativeModelsMustBeAskedFor) {
    auto latents = some_latents(1, 2);
    latents.generative = true;
    for (const bool allow : {false, true}) {
        Runner runner("entropy_encode", fmt::format("{{allow_generative: {}}}", allow),
                      link_tables);
        runner.give("tables", some_tables()).give("latents", some_latents(1, 2)).receive();
        EXPECT_FALSE(runner.take<PayloadBatch>("payloads").at(0)->generative);
        runner.give("latents", latents);
        if (allow) {
            runner.receive();
            EXPECT_TRUE(runner.take<PayloadBatch>("payloads").at(0)->generative);
            continue;
        }
        EXPECT_THROW(runner.receive(), graph::ConfigurationError);
        EXPECT_EQ(error_of([&] { runner.receive(); }),
                  "entropy_encode: the model makes up detail that was not in the image; set "
                  "'allow_generative: true' if that is wanted: m");
        EXPECT_TRUE(runner.sent.empty());
    }
}

TEST(EntropyEncode, TablesFromAFileSaySoBeforeTheRun) {
    Scratch folder;
    auto tables = some_tables();
    tables.generative = true;
    nodes::write_tables(folder / "t.h5", tables);
    const std::string params = "{tables: " + (folder / "t.h5").string();
    EXPECT_THAT(error_of([&] { Runner("entropy_encode", params + "}"); }),
                HasSubstr("set 'allow_generative: true'"));
    EXPECT_EQ(error_of([&] { Runner("entropy_encode", params + ", allow_generative: true}"); }),
              "");
}

}  // namespace
