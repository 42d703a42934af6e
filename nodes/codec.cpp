// See codec.hpp.
#include "nodes/codec.hpp"

#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/folder.hpp"
#include "graph/paths.hpp"
#include "graph/refusal.hpp"
#include "models/hyperprior_model.hpp"
#include "nodes/checkpoint_model.hpp"
#include "nodes/stored_tensors.hpp"

#include <algorithm>

namespace nodes {
namespace {

template <class T>
void update(formats::Sha256& digest, const std::vector<T>& values) {
    std::vector<std::byte> bytes;
    for (const T value : values)
        for (size_t i = 0; i < sizeof(T); ++i)
            bytes.push_back(
                static_cast<std::byte>(static_cast<std::make_unsigned_t<T>>(value) >> (8 * i)));
    digest.update(bytes);
}

const std::string& text(const formats::Checkpoint& file, const std::string& name) {
    const auto found = file.text.find(name);
    if (found == file.text.end())
        throw formats::FormatError("no frozen codec: '" + name +
                                   "' is missing; make one with: pipeline run freeze");
    return found->second;
}

}  // namespace

std::filesystem::path codec_path(const std::filesystem::path& path) {
    const std::filesystem::path file = graph::find_shipped(path);
    return std::filesystem::is_directory(file) ? file / "codec.h5" : file;
}

formats::ShortDigest codec_digest(const models::FrozenCodec& codec) {
    formats::Sha256 digest;
    for (const auto& [name, dims, values] : codec.integers()) {
        digest.update(std::as_bytes(std::span(name.c_str(), name.size() + 1)));
        update(digest, dims);
        update(digest, values);
    }
    return formats::short_digest(digest.hex());
}

void write_codec(const std::filesystem::path& file, const Codec& codec) {
    const auto tensors = codec.frozen->analysis().model().encoder_weights();
    const auto integers = codec.frozen->integers();
    std::vector<formats::IntegersView> views;
    views.reserve(integers.size());
    for (const auto& [name, dims, values] : integers) views.push_back({name, dims, values});
    formats::write_checkpoint(file,
                              {{"codec", "1"},
                               {"name", codec.name},
                               {"model", codec.architecture},
                               {"about", codec.about}},
                              {{"generative", int64_t{codec.generative}}}, views_of(tensors),
                              views);
}

namespace {

Codec codec_of(formats::Checkpoint stored, const std::string& place) {
    if (text(stored, "codec") != "1")
        throw formats::FormatError("a codec of version " + text(stored, "codec") +
                                   "; this program reads version 1");
    Codec codec;
    codec.name = text(stored, "name");
    codec.architecture = text(stored, "model");
    codec.about = text(stored, "about");
    const auto generative = stored.numbers.find("generative");
    codec.generative =
        generative == stored.numbers.end() || generative->second != formats::Number{int64_t{0}};
    const auto architecture = parse_architecture(codec.architecture, place);
    std::shared_ptr<models::Model> model = architecture->build({1, 64, 64}, 0, {});
    const auto hyperprior = std::dynamic_pointer_cast<models::HyperpriorModel>(model);
    if (!hyperprior) throw models::ModelError("no codec is of type '" + architecture.type() + "'");
    hyperprior->restore_encoder(tensors_of(std::move(stored.arrays)));
    std::vector<models::NamedIntegers> integers;
    for (auto& one : stored.integers)
        integers.push_back({std::move(one.name), std::move(one.dims), std::move(one.values)});
    codec.frozen = std::make_shared<const models::FrozenCodec>(
        std::make_shared<const models::PlaneAnalysis>(hyperprior), integers);
    codec.digest = codec_digest(*codec.frozen);
    return codec;
}

/// Calls load(), whose errors become the configuration's and name the path.
template <class Load>
auto loaded(const std::filesystem::path& path, Load load) try {
    return load();
} catch (const formats::FormatError& error) {
    const std::string what = error.what();
    throw graph::ConfigurationError(what.starts_with(path.string()) ? what
                                                                    : path.string() + ": " + what);
} catch (const models::ModelError& error) {
    throw graph::ConfigurationError(path.string() + ": " + error.what());
} catch (const std::runtime_error&) {
    graph::throw_refusal();
}

}  // namespace

Codec load_codec(const std::filesystem::path& path) {
    return loaded(path, [&] {
        const std::filesystem::path file = codec_path(path);
        return codec_of(formats::read_checkpoint(file), file.string());
    });
}

std::optional<Codec> find_codec(const std::filesystem::path& path) {
    const std::filesystem::path file = codec_path(path);
    std::optional<formats::Checkpoint> stored;
    try {
        stored = formats::read_checkpoint(file);
    } catch (const formats::FormatError&) {
        return {};
    } catch (const formats::IoError& error) {
        if (!graph::is_of_a_path(error.code())) throw;
        return {};
    }
    if (!stored->text.contains("codec")) return {};
    return loaded(path, [&] { return codec_of(std::move(*stored), file.string()); });
}

Codecs::Codecs(const std::filesystem::path& path) : path_(path) {
    const std::filesystem::path found = graph::find_shipped(path);
    if (!std::filesystem::is_directory(found) || std::filesystem::exists(found / "codec.h5")) {
        codecs_.push_back(load_codec(path));
        return;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : formats::list_folder(found))
        if (entry.path().extension() == ".h5") files.push_back(entry.path());
    for (const auto& file : files)
        if (auto codec = find_codec(file)) codecs_.push_back(std::move(*codec));
    if (codecs_.empty())
        throw graph::ConfigurationError(
            path.string() + ": holds no frozen codec; make one with: pipeline run freeze");
}

const Codec& Codecs::of(const formats::ShortDigest& model, const std::string& place) const {
    const auto found = std::ranges::find(codecs_, model, &Codec::digest);
    if (found != codecs_.end()) return *found;
    if (codecs_.size() == 1) return codecs_.front();
    std::string there;
    for (const Codec& codec : codecs_)
        there += fmt::format("{}{} ({})", there.empty() ? "" : ", ", formats::hex(codec.digest),
                             codec.name);
    throw formats::FormatError(
        fmt::format("{}: made with model {}, which is none of those in {}: {}", place,
                    formats::hex(model), path_.string(), there));
}

}  // namespace nodes
