// A small archive of each form in which images are kept, and the folder that it was made of.
#pragma once

#include "formats/archive.hpp"
#include "formats/archive_index.hpp"
#include "formats/digest.hpp"
#include "formats/file.hpp"
#include "formats/lossless.hpp"
#include "formats/tiff_frame.hpp"
#include "formats/tiff_writer.hpp"
#include "nodes/archive.hpp"
#include "nodes/frame_codec.hpp"
#include "tests/nodes/frames.hpp"
#include "tests/nodes/frozen_codec.hpp"

#include <filesystem>
#include <string>
#include <vector>

struct SmallArchive {
    /// Four images in two shards: "plate/0.tif" and "plate/1.tif" as streams, "plate/2.tif" as JPEG
    /// XL, "notes.txt" as it is.
    explicit SmallArchive(const std::string& prefix = "") {
        std::filesystem::create_directories(input() / "plate");
        for (int i = 0; i < 3; ++i) formats::write_tiff(input() / file(i), frame(i));
        formats::publish_text(input() / file(3), "notes, no image");
        add_plan(prefix);
        finalise();
    }

    std::filesystem::path path() const { return scratch / "archive"; }
    std::filesystem::path input() const { return scratch / "in"; }
    static std::string file(int i) {
        return i == 3 ? "notes.txt" : "plate/" + std::to_string(i) + ".tif";
    }
    static formats::Frame frame(int i) {
        formats::Frame frame =
            wave_frame(70 + i, 64, i == 1 ? 3 : 1, i == 2 ? 2 : 1,
                       i == 2 ? formats::SampleType::u16 : formats::SampleType::u8);
        frame.tags[270] = {std::byte{'h'}, std::byte{'i'}};
        return frame;
    }

    void add_plan(const std::string& prefix) {
        formats::ArchivePlan plan;
        plan.number = static_cast<int>(plans.size()) + 1;
        plan.input = input().string();
        plan.prefix = prefix;
        plan.settings = "quality=1";
        plan.model = formats::hex(small_codec().digest);
        plan.pipeline = "name: archive\n";
        plan.software = "latentflow 0";
        for (int i = 0; i < 4; ++i) {
            const auto bytes = file_bytes(input() / file(i));
            plan.files.push_back({file(i), bytes.size(), formats::sha256(bytes)});
        }
        plan.shards = formats::cut_shards(plan, 2, uint64_t{1} << 30);
        formats::write_plan(path(), plan);
        plans.push_back(plan);
        for (const char* copy : {"", "_copy"})
            write_codec(formats::model_file(path(), plan.model + copy), small_codec());
        for (size_t s = 0; s < plan.shards.size(); ++s) write_shard(plan, s);
    }

    void finalise() const {
        std::vector<formats::ShardSummary> shards;
        for (const auto& plan : plans)
            for (size_t s = 0; s < plan.shards.size(); ++s)
                shards.push_back(formats::check_planned_shard(path(), plan, s));
        formats::write_index(path(), plans, shards);
    }

    std::filesystem::path shard(size_t s) const {
        return formats::shard_file(path(), plans.at(0).shard_name(s));
    }

    /// The image of that number, as list_archive gives it, and with its data.
    nodes::StoredImage listed(uint64_t id) const {
        const formats::Archive archive(path());
        const auto& shard = archive.shard_of(id);
        nodes::StoredImage image;
        image.id = id;
        image.entry = archive.entries(shard).at(id - shard.first);
        image.shard = shard.name;
        return image;
    }
    nodes::StoredImage stored(uint64_t id) const {
        nodes::StoredImage image = listed(id);
        image.data = formats::read_stored(path(), image.shard, image.entry, image.entry.data);
        return image;
    }
    /// With only the archive's folder as a parameter, and `more`.
    std::string params(const std::string& more = "") const {
        return "{archive: " + path().string() + more + "}";
    }

    Scratch scratch;
    std::vector<formats::ArchivePlan> plans;

  private:
    static void write_shard_image(formats::ShardWriter& writer, formats::ArchiveEntry entry,
                                  int i) {
        if (i == 3) {
            entry.coding = formats::Coding::original;
            const std::string text = "notes, no image";
            return writer.add(entry, std::as_bytes(std::span(text)));
        }
        const formats::Frame frame = SmallArchive::frame(i);
        const formats::Image& page = frame.pages.front();
        entry.width = static_cast<uint64_t>(page.width);
        entry.height = static_cast<uint64_t>(page.height);
        entry.channels = static_cast<uint64_t>(page.channels);
        entry.pages = frame.pages.size();
        entry.type = formats::short_name(page.type);
        entry.tags = frame.tags;
        if (i == 2) {
            entry.coding = formats::Coding::jpegxl;
            entry.psnr = std::numeric_limits<double>::infinity();
            entry.max_error = 0;
            const auto planes = formats::encode_lossless(frame, 1);
            entry.parts = planes.parts;
            return writer.add(entry, planes.bytes);
        }
        entry.coding = formats::Coding::stream;
        const auto stream = encode_frame(small_codec(), frame, {.quality = 1, .tile_size = 64});
        entry.psnr = stream.psnr;
        entry.max_error = 40;
        entry.model = formats::hex(small_codec().digest);
        const std::string latents = "latents";
        writer.add(entry, stream.bytes, std::as_bytes(std::span(latents)));
    }

    void write_shard(const formats::ArchivePlan& plan, size_t s) const {
        formats::ShardWriter writer({plan.shards[s].id, plan.settings, plan.software});
        auto number = static_cast<int>(plan.shards[s].first);
        for (const formats::PlannedFile& planned : plan.files_of(s)) {
            formats::ArchiveEntry entry;
            entry.path = plan.prefix + planned.path;
            entry.sha256 = planned.sha256;
            entry.size = planned.size;
            write_shard_image(writer, entry, number++);
        }
        writer.publish(formats::shard_file(path(), plan.shard_name(s)));
    }
};

/// Changes a bit of one byte.
inline void flip(const std::filesystem::path& file, uint64_t at) {
    std::byte byte{};
    formats::File opened(file, O_RDWR);
    opened.read_at(at, std::span(&byte, 1));
    byte ^= std::byte{0x10};
    opened.write_at(at, std::span(&byte, 1));
}
