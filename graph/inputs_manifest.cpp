// See inputs_manifest.hpp.
#include "graph/inputs_manifest.hpp"

#include "graph/source.hpp"

#include <map>

#include <openssl/evp.h>
#include <sys/stat.h>

namespace graph {

namespace {

class Digest {
  public:
    Digest() : context_(EVP_MD_CTX_new()) {
        EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
    }
    void add(const std::string& text) {
        EVP_DigestUpdate(context_.get(), text.c_str(), text.size() + 1);  // with its end
    }
    std::string text() {
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        EVP_DigestFinal_ex(context_.get(), bytes, &size);
        std::string text;
        for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
        return text;
    }

  private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

InputFile look_at(const std::string& name) {
    InputFile file{name};
    struct stat status {};
    if (::stat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return file;
    file.size = status.st_size;
    file.modified = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    return file;
}

Inputs list_inputs(const Source& source, size_t items) {
    Inputs inputs;
    inputs.count = items;
    if (items > most_names) return inputs;
    Digest digest;
    for (size_t i = 0; i < items; ++i) {
        const std::string name = source.item(i).name;
        digest.add(name);
        if (items <= most_listed_inputs) inputs.files.push_back(look_at(name));
    }
    inputs.digest = digest.text();
    return inputs;
}

InputChanges compare(const Inputs& before, const Inputs& now) {
    InputChanges changes;
    changes.names_differ = before.digest != now.digest || before.count != now.count;
    std::map<std::string, const InputFile*> old;
    for (const InputFile& file : before.files) old[file.name] = &file;
    const bool known = before.files.size() == before.count && now.files.size() == now.count;
    if (!known) return changes;
    for (const InputFile& file : now.files) {
        const auto found = old.find(file.name);
        if (found == old.end()) {
            // With equal digests it is a name that JSON could not keep.
            if (changes.names_differ) changes.added.push_back(file.name);
            continue;
        }
        if (file.size != found->second->size)
            changes.changed.push_back(file.name);
        else if (file.modified != found->second->modified)
            changes.touched.push_back(file.name);
        old.erase(found);
    }
    if (changes.names_differ)
        for (const auto& [name, file] : old) changes.removed.push_back(name);
    return changes;
}

}  // namespace graph
