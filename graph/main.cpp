// The program `pipeline`. Every error ends here, with a line on stderr and its exit code.
#include "graph/command.hpp"
#include "graph/engine.hpp"
#include "graph/value.hpp"

#include <cstdio>
#include <exception>
#include <system_error>

#include <fmt/format.h>

int main(int argc, char** argv) {
    try {
        return graph::command(argc, argv);
    } catch (const graph::ConfigurationError& error) {
        fmt::print(stderr, "{}\n", error.what());
        return graph::exit_configuration;
    } catch (const std::system_error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return graph::exit_io;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return graph::exit_incomplete;
    }
}
