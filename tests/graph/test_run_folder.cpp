// A run's folder, where several processes want the same one.
#include "graph/run_folder.hpp"
#include "graph/value.hpp"

#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

TEST(RunFolder, OfManyAtOnceEachIsKept) {
    const fs::path folder = fs::temp_directory_path() / fmt::format("run_folder.{}", ::getpid());
    for (int round = 0; round < 5; ++round) {
        fs::create_directory(folder);
        constexpr int processes = 8;
        for (int i = 0; i < processes; ++i) {
            if (::fork() != 0) continue;
            try {
                graph::RunFolder run(folder / "run", false);
                run.write("resolved.yaml", std::to_string(i));
                run.appear();
                ::_exit(0);
            } catch (...) {
                ::_exit(1);
            }
        }
        for (int i = 0; i < processes; ++i) {
            int status = 0;
            ::wait(&status);
            EXPECT_EQ(WEXITSTATUS(status), 0);
        }
        std::set<std::string> names, texts;
        for (const auto& entry : fs::directory_iterator(folder)) {
            names.insert(entry.path().filename());
            std::string text;
            std::ifstream(entry.path() / "resolved.yaml") >> text;
            texts.insert(text);
        }
        EXPECT_EQ(names, (std::set<std::string>{"run", "run.1", "run.2", "run.3", "run.4", "run.5",
                                                "run.6", "run.7"}));
        EXPECT_EQ(texts.size(), size_t{processes});
        fs::remove_all(folder);
    }
}

TEST(RunFolder, OneProcessAtATimeGoesOnWithIt) {
    const fs::path folder = fs::temp_directory_path() / fmt::format("run_locked.{}", ::getpid());
    {
        graph::RunFolder first(folder, false);
        first.lock();
        first.write("resolved.yaml", "");
        first.appear();  // and keeps the lock
        graph::RunFolder second(folder, true);
        EXPECT_THROW(second.lock(), graph::ConfigurationError);
        EXPECT_THROW(graph::RunFolder(folder, false), graph::ConfigurationError);
    }
    graph::RunFolder third(folder, true);
    EXPECT_NO_THROW(third.lock());
}

TEST(RunFolder, ARunThatGoesOnIsNotMovedAway) {
    const fs::path folder = fs::temp_directory_path() / fmt::format("run_moved.{}", ::getpid());
    graph::RunFolder late(folder, false);  // begun when there was none
    late.write("resolved.yaml", "late");
    graph::RunFolder first(folder, false);
    first.lock();
    first.write("resolved.yaml", "first");
    first.appear();
    EXPECT_THROW(late.appear(), graph::ConfigurationError);
    std::string text;
    std::ifstream(folder / "resolved.yaml") >> text;
    EXPECT_EQ(text, "first");
    fs::remove_all(folder);
}

}  // namespace
