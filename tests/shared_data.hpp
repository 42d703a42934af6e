// Where the images are that tests use but the project does not hold. Without them such tests are
// skipped on a developer's machine, and fail in CI, where silence would look like success.
#pragma once

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

inline std::filesystem::path shared_data() {
    const char* folder = std::getenv("LATENTFLOW_SHARED_DATA");
    return folder ? std::filesystem::path(folder)
                  : std::filesystem::path(SOURCE_DIR).parent_path() / "shared" / "data";
}

/// First thing in a test: NEEDS_SHARED_DATA("bbbc016"). A macro, because only one can return.
#define NEEDS_SHARED_DATA(folder)                                                   \
    if (!std::filesystem::is_directory(shared_data() / (folder))) {                 \
        if (std::getenv("CI")) FAIL() << "missing: " << (shared_data() / (folder)); \
        GTEST_SKIP() << "missing: " << (shared_data() / (folder))                   \
                     << "; set LATENTFLOW_SHARED_DATA to the folder that holds it"; \
    }                                                                               \
    static_assert(true)
