// Lets tests ask independent readers (h5py, tifffile, PIL) what they make of our files, and make
// files for us to read.
#pragma once

#include "tests/formats/scratch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

/// Runs a script with the modules most used here; gives its standard output. If it fails, so does
/// the test, with what it said. `folder` is its working directory.
inline std::string python(const Scratch& folder, const std::string& script) {
    std::ofstream(folder / "script.py") << "import hashlib, os, sys\nimport numpy as np\n"
                                        << script;
    const std::string command = "cd '" + folder.path().string() +
                                "' && '" PYTHON "' -W ignore script.py >stdout.txt 2>stderr.txt";
    const int status = std::system(command.c_str());
    const auto text = [&](const char* name) {
        std::stringstream stream;
        stream << std::ifstream(folder / name).rdbuf();
        return stream.str();
    };
    EXPECT_EQ(status, 0) << text("stderr.txt");
    return text("stdout.txt");
}
