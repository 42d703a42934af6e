// Publishing: whatever happens, a file is there as a whole or not at all.
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/publish.hpp"
#include "tests/formats/scratch.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using formats::Publication;
using formats::Publish;
using formats::publish_text;

std::string text_of(const std::filesystem::path& path) {
    const auto bytes = formats::read_file(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

size_t files_in(const Scratch& folder) {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder.path()),
                                             std::filesystem::directory_iterator()));
}

/// Runs a function in a child; gives its number.
template <class Work>
pid_t child(Work work) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    work();
    ::_exit(0);
}

TEST(Publish, ReplacesOrKeepsTheFirst) {
    const Scratch folder;
    EXPECT_TRUE(publish_text(folder / "a", "one"));
    EXPECT_TRUE(publish_text(folder / "a", "two"));
    EXPECT_EQ(text_of(folder / "a"), "two");
    EXPECT_FALSE(publish_text(folder / "a", "three", Publish::first_wins));
    EXPECT_EQ(text_of(folder / "a"), "two");
    EXPECT_TRUE(publish_text(folder / "b", "four", Publish::first_wins));
    EXPECT_EQ(text_of(folder / "b"), "four");
    EXPECT_EQ(files_in(folder), 2U);
}

/// The temporary that a publication of the same file would have had, by its number.
std::filesystem::path next_temporary(const std::filesystem::path& path) {
    const std::string last = Publication(path).temporary().filename();
    const size_t dash = last.rfind('-');
    const int number = std::stoi(last.substr(dash + 1)) + 1;
    return path.parent_path() / (last.substr(0, dash + 1) + std::to_string(number) + ".part");
}

TEST(Publish, FollowsNoLinkThatLiesInItsWay) {
    const Scratch folder, elsewhere;
    publish_text(elsewhere / "precious", "mine");
    const auto temporary = next_temporary(folder / "a");
    std::filesystem::create_symlink(elsewhere / "precious", temporary);
    publish_text(folder / "a", "one");
    EXPECT_EQ(text_of(elsewhere / "precious"), "mine");
    EXPECT_EQ(text_of(folder / "a"), "one");
    EXPECT_FALSE(std::filesystem::is_symlink(folder / "a"));
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(Publish, LeavesDevicesAndPipesAlone) {
    const Scratch folder;
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    std::filesystem::create_symlink("pipe", folder / "link");
    for (const char* name : {"pipe", "link"})
        EXPECT_THAT([&] { publish_text(folder / name, "text"); },
                    testing::ThrowsMessage<formats::IoError>(
                        testing::HasSubstr("cannot replace what is no regular file")));
    EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(files_in(folder), 2U);
}

TEST(Publish, OverwritesWhatADeadProcessLeft) {
    const Scratch folder;
    const auto temporary = next_temporary(folder / "a");
    std::ofstream(temporary) << "much more than is written now";
    publish_text(folder / "a", "one");
    EXPECT_EQ(text_of(folder / "a"), "one");
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(Publish, LeavesNothingWithoutCommit) {
    const Scratch folder;
    {
        const Publication publication(folder / "a");
        EXPECT_TRUE(std::filesystem::exists(publication.temporary()));
        EXPECT_EQ(publication.temporary().parent_path(), folder.path());
        EXPECT_TRUE(formats::is_temporary(publication.temporary()));
    }
    EXPECT_EQ(files_in(folder), 0U);
}

TEST(Publish, WorksInTheCurrentFolderAndWithLongNames) {
    const Scratch folder;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    EXPECT_TRUE(publish_text("plain", "x"));
    EXPECT_TRUE(publish_text(std::string(255, 'n'), "x"));
    std::filesystem::current_path(before);
    EXPECT_EQ(files_in(folder), 2U);
}

TEST(Publish, SaysWhatTheSystemRefused) {
    const Scratch folder;
    try {
        publish_text(folder / "none" / "a", "x");
        FAIL();
    } catch (const formats::IoError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("none/a: cannot write in "));
        EXPECT_THAT(error.what(), testing::EndsWith("No such file or directory"));
        EXPECT_EQ(error.number(), ENOENT);
    }
    std::filesystem::create_directory(folder / "taken");
    EXPECT_THROW(publish_text(folder / "taken", "x"), formats::IoError);
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(Publish, FullDiskKeepsTheOldFile) {
    const Scratch folder;
    publish_text(folder / "a", "old");
    const pid_t pid = child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1000, 1000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        try {
            publish_text(folder / "a", std::string(5000, 'x'));
        } catch (const formats::IoError& error) {
            ::_exit(error.number() == EFBIG ? 7 : 8);
        }
    });
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_EQ(text_of(folder / "a"), "old");
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(Publish, KilledProcessesNeverLeavePartsOfFiles) {
    const Scratch folder;
    const size_t size = 300'000;
    for (int round = 0; round < 50; ++round) {
        const pid_t pid = child([&] {
            for (char c = 'a';; c = c == 'z' ? 'a' : static_cast<char>(c + 1))
                publish_text(folder / "out", std::string(size, c));
        });
        std::this_thread::sleep_for(std::chrono::microseconds(500 + 397 * round));
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        for (const auto& path : formats::stale_temporaries(folder.path())) {
            EXPECT_TRUE(formats::is_temporary(path));
            std::filesystem::remove(path);
        }
        if (!std::filesystem::exists(folder / "out")) continue;
        const std::string text = text_of(folder / "out");
        ASSERT_EQ(text, std::string(size, text.at(0)));
    }
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(Publish, OnlyTheDeadLeaveStaleTemporaries) {
    const Scratch folder;
    const Publication living(folder / "a.b");
    EXPECT_TRUE(formats::stale_temporaries(folder.path()).empty());
    std::ofstream(folder / ".hidden") << "not ours";
    std::ofstream(folder / "data.part") << "not ours";
    std::ofstream(folder / ".a.elsewhere.999999999-0.part") << "of another machine";
    EXPECT_TRUE(formats::stale_temporaries(folder.path()).empty());
    EXPECT_FALSE(formats::is_temporary(folder / ".hidden"));
    EXPECT_FALSE(formats::is_temporary(folder / "data.part"));
}

TEST(Publish, OfManyAtOnceOneIsFirst) {
    const Scratch folder;
    std::atomic<int> first = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            first += publish_text(folder / "a", std::string(1000, static_cast<char>('a' + i)),
                                  Publish::first_wins);
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(first, 1);
    EXPECT_EQ(files_in(folder), 1U);
}

}  // namespace
