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

/// Makes a file with h5py, as `f` in `fill`, and signs it as ours; `afterwards` may change its
/// bytes first, as `raw`.
inline void make_signed_hdf5(const Scratch& folder, const std::string& name,
                             const std::string& fill, const std::string& afterwards = "") {
    python(folder, "import h5py, zlib\nfile = '" + name +
                       "'\nf = h5py.File(file, 'w', userblock_size=512)\n" + fill +
                       "\nf.close()\nraw = bytearray(open(file, 'rb').read())\n" + afterwards + R"(
raw[:512] = b'latentflow hdf5 sha256 ' + hashlib.sha256(raw[512:]).hexdigest().encode() + b'\n' + bytes(424)
open(file, 'wb').write(raw)
)");
}
