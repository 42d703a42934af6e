// The metrics' text, and the server: what it answers, and that nobody can hold it up for long.
#include "graph/metrics_server.hpp"
#include "graph/metrics_text.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <system_error>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace graph;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(MetricsText, EscapesNamesAndHasAllNumbers) {
    RunStatus run;
    run.folder = "a\"b\\c\nd\xff";
    run.figures = {{"loss", std::numeric_limits<double>::quiet_NaN()},
                   {"up", std::numeric_limits<double>::infinity()}};
    run.nodes.push_back({.id = "train", .op = "train", .values = 123456789012345, .state = ""});
    const std::string text = metrics_text(run);
    const std::string label = "{run=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\"";
    EXPECT_THAT(text, HasSubstr("latentflow_figure" + label + ",name=\"loss\"} NaN\n"));
    EXPECT_THAT(text, HasSubstr("latentflow_figure" + label + ",name=\"up\"} +Inf\n"));
    EXPECT_THAT(text, HasSubstr("latentflow_running" + label + "} 1\n"));
    EXPECT_THAT(text, HasSubstr("latentflow_node_values_total" + label +
                                ",node=\"train\",op=\"train\"} 123456789012345\n"));
    EXPECT_EQ(text.find("exit_code"), std::string::npos);
}

/// Sends a request and reads what comes until the end; an empty request: only waits.
std::string ask(int port, const std::string& request) {
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::send(client, request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer;
    std::array<char, 4096> part{};
    for (ssize_t size; (size = ::recv(client, part.data(), part.size(), 0)) > 0;)
        answer.append(part.data(), static_cast<size_t>(size));
    ::close(client);
    return answer;
}

TEST(MetricsServer, AnswersGetMetricsAlone) {
    const std::string body(300'000, 'x');  // more than a socket holds
    const MetricsServer server(0, [&] { return body; });
    const std::string good = ask(server.port(), "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(good, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(good, HasSubstr("Content-Length: 300000\r\n"));
    EXPECT_EQ(good.size() - good.find("\r\n\r\n") - 4, body.size());
    EXPECT_THAT(ask(server.port(), "GET /metrics?x=1 HTTP/1.0\r\n\r\n"), HasSubstr("200"));
    for (const char* other : {"GET / ", "GET /metricsx ", "GET /metrics/../etc/passwd "})
        EXPECT_THAT(ask(server.port(), std::string(other) + "HTTP/1.1\r\n\r\n"),
                    StartsWith("HTTP/1.1 404"))
            << other;
    for (const char* other : {"POST /metrics ", "get /metrics ", "\x16\x03\x01 "})
        EXPECT_THAT(ask(server.port(), std::string(other) + "HTTP/1.1\r\n\r\n"),
                    StartsWith("HTTP/1.1 405"))
            << other;
}

TEST(MetricsServer, NobodyHoldsItUpForLong) {
    const MetricsServer server(0, [] { return "text\n"; });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(ask(server.port(), "GET /metrics HTTP/1.1\r\n"), "");  // and then nothing more
    EXPECT_EQ(ask(server.port(), std::string(100'000, 'a')), "");    // too long a request
    EXPECT_THAT(ask(server.port(), "GET /metrics HTTP/1.1\r\n\r\n"), HasSubstr("text\n"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(MetricsServer, EndsAtOnceAndSaysWhenThePortIsTaken) {
    const MetricsServer server(0, [] { return ""; });
    try {
        const MetricsServer second(server.port(), [] { return ""; });
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("--metrics-port: cannot listen on 127.0.0.1:"));
        EXPECT_THAT(error.what(), HasSubstr("in use"));
    }
}

}  // namespace
