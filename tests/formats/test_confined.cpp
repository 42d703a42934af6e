// What a child that looks at a file may do, and how it ends if it does more.
#include "formats/confined.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "tests/formats/scratch.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using testing::HasSubstr;

class Confined : public testing::Test {
  protected:
    Confined() { std::ofstream(folder / "a") << "content"; }

    formats::Ending run(const std::function<void(const std::string& path)>& work,
                        const formats::Confinement& limits = {}) {
        const formats::File file(folder / "a");
        return formats::run_confined(
            file.descriptor(), limits, [] {}, work);
    }

    Scratch folder;
};

TEST_F(Confined, ReadsItsFileAndNoOther) {
    const auto ending = run([](const std::string& path) {
        const formats::File file(path);
        std::array<std::byte, 7> bytes{};
        if (file.read_at(0, bytes) != 7 || std::memcmp(bytes.data(), "content", 7) != 0)
            throw std::runtime_error("other bytes");
        const formats::File second(path);
    });
    EXPECT_EQ(ending.error, EMFILE) << ending.refusal << ending.death;
}

TEST_F(Confined, TellsWhatItsWorkThrew) {
    EXPECT_EQ(run([](const std::string&) {}).refusal, "");
    EXPECT_EQ(run([](const std::string&) {}).death, "");
    EXPECT_EQ(run([](const std::string&) { throw std::runtime_error("no good"); }).refusal,
              "no good");
    const auto ending = run([](const std::string&) { throw formats::IoError("a", "read", EIO); });
    EXPECT_EQ(ending.error, EIO);
}

TEST_F(Confined, DeathIsToldNotShared) {
    EXPECT_THAT(run([](const std::string&) { std::raise(SIGKILL); }).death, HasSubstr("signal"));
    EXPECT_NE(run([](const std::string&) { std::abort(); }).death, "");
    EXPECT_NE(run([](const std::string&) { ::_exit(0); }).death, "");
}

TEST_F(Confined, ChangesAndReachesNothing) {
    const std::string other = folder / "b";
    EXPECT_NE(run([&](const std::string&) { std::ofstream(other) << "x"; }).death, "");
    EXPECT_NE(run([&](const std::string&) { ::unlink(other.c_str()); }).death, "");
    EXPECT_NE(run([](const std::string&) { ::socket(AF_INET, SOCK_STREAM, 0); }).death, "");
    EXPECT_NE(run([](const std::string&) { ::execl("/bin/true", "true", nullptr); }).death, "");
    EXPECT_NE(run([](const std::string&) { ::fork(); }).death, "");
    EXPECT_FALSE(std::filesystem::exists(other));
}

TEST_F(Confined, MemoryAndTimeAreBounded) {
    const auto memory = run([](const std::string&) {
        std::vector<char> bytes(size_t{1} << 30, 'x');
        if (bytes[12345] != 'x') throw std::runtime_error("not there");
    });
    EXPECT_NE(memory.refusal + memory.death, "");
    std::atomic<uint64_t> count = 0;
    const auto endless = [&](const std::string&) {
        while (true) ++count;
    };
    EXPECT_THAT(run(endless, {.seconds = 0.1}).death, HasSubstr("Profiling timer expired"));
}

TEST_F(Confined, OneThatFallsAsleepAtItsWorkIsEnded) {
    std::mutex mutex;
    const auto ending = run(
        [&](const std::string&) {
            mutex.lock();
            mutex.lock();
        },
        {.patience = 10});
    EXPECT_THAT(ending.death, HasSubstr("Killed"));
}

TEST_F(Confined, NothingLeadsOutOfTheChild) {
    const pid_t here = ::getpid();
    const auto ending = run([](const std::string&) { throw 5; });  // which nobody tells of
    ASSERT_EQ(::getpid(), here) << "the child goes on as if it were the program";
    EXPECT_EQ(ending.death, "an exit in the middle of it");
}

TEST_F(Confined, OneThatSaysNoMoreAndStaysIsEnded) {
    std::mutex mutex;
    const auto ending = run(
        [&](const std::string&) {
            ::close(4);  // its end of the pipe
            mutex.lock();
            mutex.lock();
        },
        {.patience = 10});
    EXPECT_THAT(ending.death, HasSubstr("Killed"));
}

TEST_F(Confined, ALockThatNobodyGivesBackIsNotWaitedFor) {
    const formats::File file(folder / "a");
    std::mutex mutex;
    std::atomic<bool> held = false, over = false;
    std::thread other([&] {
        const std::lock_guard lock(mutex);
        held = true;
        while (!over) std::this_thread::yield();
    });
    while (!held) std::this_thread::yield();
    try {
        formats::run_confined(
            file.descriptor(), {.patience = 50}, [&] { mutex.lock(); }, [](const std::string&) {});
        ADD_FAILURE() << "the file is told to be at fault, or right";
    } catch (const formats::IoError& error) {
        EXPECT_EQ(error.number(), EAGAIN);
    }
    over = true;
    other.join();
}

TEST_F(Confined, LeavesNoProcessAndNoFileBehind) {
    const auto count = [] {
        const std::filesystem::directory_iterator files("/proc/self/fd");
        return std::distance(begin(files), end(files));
    };
    const auto before = count();
    for (int i = 0; i < 20; ++i) run([](const std::string&) { std::abort(); });
    EXPECT_EQ(count(), before);
    EXPECT_LT(::waitpid(-1, nullptr, WNOHANG), 0);
    EXPECT_EQ(errno, ECHILD);
}

}  // namespace
