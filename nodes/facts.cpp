// What a pipeline's tests can ask of the messages that nodes exchange (graph/inspect.hpp).
#include "formats/digest.hpp"
#include "graph/inspect.hpp"
#include "nodes/frame.hpp"
#include "nodes/types.hpp"

#include <span>

namespace nodes {
namespace {

using graph::fact;
using graph::Facts;
using graph::Inspect;

std::string file_name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

void add_levels(std::span<const float> samples, Facts& facts) {
    if (samples.empty()) return;
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
    double sum = 0;
    for (const float sample : samples) sum += sample;
    facts["min"] = fact(*least);
    facts["max"] = fact(*most);
    facts["mean"] = fact(sum / static_cast<double>(samples.size()));
}

template <class T>
void add_stored(const formats::Image& image, formats::Sha256& digest) {
    std::vector<T> stored;
    stored.reserve(image.samples.size());
    for (const float sample : image.samples) stored.push_back(formats::to_stored<T>(sample));
    digest.update(std::as_bytes(std::span<const T>(stored)));
}

/// As the file would hold them: what numpy's tobytes() gives of a grey image.
void add_stored(const formats::Image& image, formats::Sha256& digest) {
    switch (image.type) {
        case formats::SampleType::u8:
            return add_stored<uint8_t>(image, digest);
        case formats::SampleType::u16:
            return add_stored<uint16_t>(image, digest);
        case formats::SampleType::s16:
            return add_stored<int16_t>(image, digest);
        case formats::SampleType::f32:
            return add_stored<float>(image, digest);
    }
}

std::vector<int64_t> shape(const formats::Image& image) {
    return {image.channels, image.height, image.width};
}

Facts of_file(const File& file) { return {{"path", fact(file_name(file.path))}}; }

Facts of_image(const formats::Image& image) {
    Facts facts = {{"shape", fact(shape(image))}, {"path", fact(file_name(image.path))}};
    formats::Sha256 digest;
    add_stored(image, digest);
    facts["sha256"] = fact(digest.hex());
    add_levels(image.samples, facts);
    return facts;
}

Facts of_frame(const formats::Frame& frame) {
    Facts facts = {{"shape", fact(shape(frame.pages.front()))},
                   {"pages", fact(static_cast<double>(frame.pages.size()))},
                   {"path", fact(file_name(frame.path()))}};
    formats::Sha256 digest;
    for (const auto& page : frame.pages) add_stored(page, digest);
    facts["sha256"] = fact(digest.hex());
    return facts;
}

Facts of_stream(const EncodedFrame& stream) {
    return {{"bytes", fact(static_cast<double>(stream.bytes.size()))},
            {"sha256", fact(formats::sha256(stream.bytes))},
            {"path", fact(file_name(stream.path))}};
}

Facts of_tensor(const models::Tensor& tensor) {
    Facts facts = {{"shape", fact(tensor.dims)}};
    add_levels(tensor.values, facts);
    return facts;
}
Facts of_batch(const Batch& batch) { return of_tensor(batch.images); }
Facts of_latents(const LatentBatch& batch) { return of_tensor(batch.latents.values); }

Facts of_payloads(const PayloadBatch& batch) {
    size_t bytes = 0;
    for (const auto& payload : batch.payloads) bytes += payload.size();
    return {{"bytes", fact(static_cast<double>(bytes))}};
}

Facts of_model(const Snapshot& snapshot) {
    return {{"name", fact(snapshot.name)}, {"steps", fact(static_cast<double>(snapshot.steps))}};
}

/// By split and metric, and by model too: of one, "test.mse" is enough.
Facts of_metrics(const Metrics& metrics) {
    Facts facts;
    for (const Metric& metric : metrics) {
        const std::string name = metric.split + "." + metric.metric;
        facts[name] = facts[metric.model + "." + name] = fact(metric.value);
    }
    return facts;
}

const Inspect<File> file{{"path"}, of_file};
const Inspect<formats::Image> image{{"shape", "mean", "min", "max", "sha256", "path"}, of_image};
const Inspect<formats::Frame> frame{{"shape", "pages", "sha256", "path"}, of_frame};
const Inspect<EncodedFrame> stream{{"bytes", "sha256", "path"}, of_stream};
const Inspect<Batch> batch{{"shape", "mean", "min", "max"}, of_batch};
const Inspect<LatentBatch> latents{{"shape", "mean", "min", "max"}, of_latents};
const Inspect<PayloadBatch> payloads{{"bytes"}, of_payloads};
const Inspect<Snapshot> model{{"name", "steps"}, of_model};
const Inspect<Metrics> metrics{{}, of_metrics};

}  // namespace
}  // namespace nodes
