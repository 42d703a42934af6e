// See stdout_tap.hpp. A pipe takes the place of stdout; it is read until told to stop, not until
// its end, which a child process could hold open.
#include "graph/stdout_tap.hpp"

#include <array>
#include <cstdio>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace graph {

bool StdoutTap::needed(int file) {
    struct stat out = {}, other = {};
    return ::isatty(STDOUT_FILENO) == 1 && ::fstat(STDOUT_FILENO, &out) == 0 &&
           ::fstat(file, &other) == 0 && out.st_rdev == other.st_rdev;
}

StdoutTap::StdoutTap(Print print) : print_(std::move(print)) {
    std::cout.flush();
    std::fflush(stdout);
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // as on a terminal
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "stdout");
    pipe_ = ends[0];
    ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    before_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[1]);
    thread_ = std::thread([this] { read(); });
}

StdoutTap::~StdoutTap() {
    std::cout.flush();
    std::fflush(stdout);
    ::dup2(before_, STDOUT_FILENO);
    ::eventfd_write(stop_, 1);
    thread_.join();
    pass_on(true);
    for (const int file : {before_, pipe_, stop_}) ::close(file);
}

void StdoutTap::read() {
    for (bool stopped = false; !stopped;) {
        std::array<pollfd, 2> files{{{pipe_, POLLIN, 0}, {stop_, POLLIN, 0}}};
        ::poll(files.data(), files.size(), -1);
        stopped = files[1].revents != 0;
        std::array<char, 4096> part{};
        for (ssize_t size; (size = ::read(pipe_, part.data(), part.size())) > 0;)
            text_.append(part.data(), static_cast<size_t>(size));
        pass_on(false);
    }
}

void StdoutTap::pass_on(bool all) {
    const size_t size = all ? text_.size() : text_.rfind('\n') + 1;  // 0 if there is no whole line
    if (size == 0) return;
    print_(std::string_view(text_).substr(0, size));
    text_.erase(0, size);
}

}  // namespace graph
