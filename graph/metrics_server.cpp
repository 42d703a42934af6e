// See metrics_server.hpp. One client after the other; each has a second, and a few kilobytes for
// its request. Nothing of a request is used but its first line.
#include "graph/metrics_server.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace graph {

namespace {

constexpr size_t longest_request = 8192;
constexpr int patience = 1000;  // milliseconds, for one client
constexpr int waiting_clients = 8;

void check(bool good, int port) {
    if (good) return;
    throw std::system_error(errno, std::generic_category(),
                            fmt::format("--metrics-port: cannot listen on 127.0.0.1:{}", port));
}

}  // namespace

MetricsServer::File::~File() {
    if (file_ >= 0) ::close(file_);
}

MetricsServer::MetricsServer(int port, std::function<std::string()> text)
    : text_(std::move(text)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
    check(listener_.get() >= 0 && stop_.get() >= 0, port);
    const int yes = 1;  // a port whose last run has just ended is free
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    check(::bind(listener_.get(), plain, sizeof address) == 0, port);
    check(::listen(listener_.get(), waiting_clients) == 0, port);
    socklen_t size = sizeof address;
    check(::getsockname(listener_.get(), plain, &size) == 0, port);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

MetricsServer::~MetricsServer() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
}

void MetricsServer::serve() {
    for (;;) {
        std::array<pollfd, 2> files{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        ::poll(files.data(), files.size(), -1);
        if (files[1].revents != 0) return;
        if (files[0].revents == 0) continue;
        const File client(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (client.get() >= 0)
            answer(client.get());
        else
            ::poll(&files[1], 1, patience);  // too many open files, perhaps: not in a hurry
    }
}

void MetricsServer::answer(int client) const {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::milliseconds(patience);
    const auto wait = [&](short what) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        std::array<pollfd, 2> files{{{client, what, 0}, {stop_.get(), POLLIN, 0}}};
        return left.count() > 0 && ::poll(files.data(), files.size(), int(left.count())) > 0 &&
               files[1].revents == 0;
    };
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
        std::array<char, 1024> part{};
        if (request.size() > longest_request || !wait(POLLIN)) return;
        const ssize_t size = ::recv(client, part.data(), part.size(), 0);
        if (size <= 0) return;
        request.append(part.data(), static_cast<size_t>(size));
    }
    const std::string text = response(request);
    for (size_t sent = 0; sent < text.size();) {
        if (!wait(POLLOUT)) return;
        const ssize_t size = ::send(client, &text[sent], text.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) return;
        sent += static_cast<size_t>(size);
    }
    ::shutdown(client, SHUT_WR);
}

std::string MetricsServer::response(const std::string& request) const {
    const std::string line = request.substr(0, request.find("\r\n"));
    const bool get = line.starts_with("GET ");
    const bool known = line.starts_with("GET /metrics ") || line.starts_with("GET /metrics?");
    const std::string body = known ? text_() : "GET /metrics\n";
    return fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
        known ? "200 OK"
        : get ? "404 Not Found"
              : "405 Method Not Allowed",
        body.size(), body);
}

}  // namespace graph
