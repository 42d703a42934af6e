#include "tests/nodes/coded.hpp"

namespace {

using nodes::LatentBatch;
using nodes::PayloadBatch;
using ::testing::HasSubstr;

PayloadBatch coded(const LatentBatch& batch) {
    Runner runner("entropy_encode", "{allow_generative: true}", link_tables);
    runner.give("tables", some_tables());
    return runner.map<LatentBatch, PayloadBatch>("latents", batch, "payloads");
}

TEST(EntropyDecode, GivesBackWhatWasEncoded) {
    const auto latents = some_latents(5, 2);
    Runner runner("entropy_decode", "{}", link_tables);
    runner.give("tables", some_tables());
    const auto back = runner.map<PayloadBatch, LatentBatch>("payloads", coded(latents), "latents");
    EXPECT_EQ(back.latents.values.dims, latents.latents.values.dims);
    for (size_t i = 0; i < back.latents.values.values.size(); ++i)
        EXPECT_NEAR(back.latents.values.values[i], latents.latents.values.values[i], 0.05);
    EXPECT_EQ(back.image, latents.image);
    EXPECT_EQ(back.infos.at(4).path, "image4.tif");
    EXPECT_EQ(back.model, "m");
    EXPECT_EQ(back.checkpoint, latents.checkpoint);
    // What is rounded already stays as it is.
    const auto again = runner.map<PayloadBatch, LatentBatch>("payloads", coded(back), "latents");
    EXPECT_EQ(again.latents.values.values, back.latents.values.values);
}

TEST(EntropyDecode, KeepsThatDetailMayBeMadeUp) {
    auto latents = some_latents(1, 2);
    for (const bool generative : {false, true}) {
        latents.generative = generative;
        Runner runner("entropy_decode", "{}", link_tables);
        runner.give("tables", some_tables());
        EXPECT_EQ((runner.map<PayloadBatch, LatentBatch>("payloads", coded(latents), "latents")
                       .generative),
                  generative);
    }
}

TEST(EntropyDecode, WithTablesFromAFile) {
    Scratch folder;
    nodes::write_tables(folder / "t.h5", some_tables());
    const auto payloads = coded(some_latents(5, 2));
    Runner linked("entropy_decode", "{}", link_tables);
    linked.give("tables", some_tables());
    Runner runner("entropy_decode", "{tables: " + (folder / "t.h5").string() + "}");
    EXPECT_EQ((runner.map<PayloadBatch, LatentBatch>("payloads", payloads, "latents")
                   .latents.values.values),
              (linked.map<PayloadBatch, LatentBatch>("payloads", payloads, "latents")
                   .latents.values.values));
}

TEST(EntropyDecode, RefusesDamageAndOthersTables) {
    EXPECT_THAT(error_of([] { Runner("entropy_decode"); }), HasSubstr("one of the two"));
    Runner runner("entropy_decode", "{}", link_tables);
    auto payloads = coded(some_latents(2, 2));
    runner.give("tables", some_tables("another")).give("payloads", payloads);
    EXPECT_THAT(error_of([&] { runner.receive(); }), HasSubstr("fitted on latents of another"));
    payloads.payloads[1].pop_back();
    runner.give("tables", some_tables()).give("payloads", payloads);
    EXPECT_THAT(error_of([&] { runner.receive(); }), HasSubstr("damaged"));
}

}  // namespace
