// Answers GET /metrics on this machine's loopback address, for Prometheus. Off unless asked for.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace graph {

class MetricsServer {
  public:
    /// Listens on 127.0.0.1; port 0: on any that is free. `text` is called in the server's thread.
    /// Throws std::system_error.
    MetricsServer(int port, std::function<std::string()> text);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    int port() const { return port_; }

  private:
    /// A file descriptor that is closed.
    class File {
      public:
        explicit File(int file) : file_(file) {}
        ~File();
        File(const File&) = delete;
        File& operator=(const File&) = delete;
        int get() const { return file_; }

      private:
        int file_;
    };

    void serve();
    void answer(int client) const;
    std::string response(const std::string& request) const;

    std::function<std::string()> text_;
    File listener_, stop_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace graph
