// Finds the note with the build id in the program's own image (System V ABI, PT_NOTE).
#include "graph/made_from.hpp"

#include <cstring>

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

namespace graph {

namespace {

size_t padded(size_t size) { return (size + 3) & ~size_t{3}; }

/// Looks through the notes of one segment.
std::string find_note(const char* at, size_t size) {
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        std::memcpy(&note, at, sizeof note);
        const size_t name = padded(note.n_namesz), all = sizeof note + name + padded(note.n_descsz);
        if (all > size) break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            std::memcmp(at + sizeof note, "GNU", 4) == 0) {
            std::string text;
            for (size_t i = 0; i < note.n_descsz; ++i)
                text +=
                    fmt::format("{:02x}", static_cast<unsigned char>(at[sizeof note + name + i]));
            return text;
        }
        at += all;
        size -= all;
    }
    return "";
}

}  // namespace

std::string build_id() {
    std::string id;
    // The first image is the program itself.
    const auto look = [](dl_phdr_info* image, size_t, void* into) {
        auto& found = *static_cast<std::string*>(into);
        for (int i = 0; i < image->dlpi_phnum && found.empty(); ++i) {
            const auto& segment = image->dlpi_phdr[i];
            if (segment.p_type == PT_NOTE)
                found = find_note(reinterpret_cast<const char*>(image->dlpi_addr + segment.p_vaddr),
                                  segment.p_memsz);
        }
        return 1;
    };
    dl_iterate_phdr(look, &id);
    return id;
}

}  // namespace graph
