// See archive_models.hpp.
#include "nodes/archive_models.hpp"

#include "formats/archive_plan.hpp"
#include "formats/error.hpp"

#include <tbb/task_arena.h>

namespace nodes {

std::shared_ptr<const Codec> ArchiveModels::of(const formats::ShortDigest& digest) const {
    const std::lock_guard lock(mutex_);
    auto found = loaded_.find(digest);
    // Isolated: a thread that waits within must not take up a body that wants the same lock.
    if (found == loaded_.end())
        tbb::this_task_arena::isolate([&] { found = loaded_.emplace(digest, load(digest)).first; });
    if (found->second.error) std::rethrow_exception(found->second.error);
    if (!found->second.codec) throw formats::FormatError(found->second.complaint);
    return found->second.codec;
}

ArchiveModels::Loaded ArchiveModels::load(const formats::ShortDigest& digest) const {
    const std::string name = formats::hex(digest);
    std::string complaint;
    std::exception_ptr disk;
    for (const char* copy : {"", "_copy"}) try {
            // An absolute path is not looked for among what ships.
            const auto file = std::filesystem::absolute(formats::model_file(archive_, name + copy));
            auto codec = std::make_shared<const Codec>(load_codec(file));
            if (codec->digest == digest) return {std::move(codec), "", nullptr};
            complaint += fmt::format("{}: is of another model; ", file.string());
        } catch (const std::system_error&) {
            disk = std::current_exception();
        } catch (const std::exception& error) {
            complaint += std::string(error.what()) + "; ";
        }
    return {nullptr,
            complaint + "a model that is whole, from a copy of the archive, put there as " + name +
                ".h5, is all that is needed",
            disk};
}

}  // namespace nodes
