// The program `pipeline`. Every error ends here, with a line on stderr and its exit code.
#include "graph/command.hpp"
#include "graph/engine.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include <unistd.h>

namespace {

constexpr std::string_view out_of_memory =
    "out of memory: give it more, or lower run.threads or run.max_in_flight";

/// Memory may run out where an exception finds no way out, as in a destructor. There is none left
/// to make a line of; published files are whole at any moment, so the program may end at once.
[[noreturn]] void terminate() {
    try {
        if (const auto error = std::current_exception()) std::rethrow_exception(error);
    } catch (const std::bad_alloc&) {
        for (const auto part : {std::string_view("error: "), out_of_memory, std::string_view("\n")})
            if (::write(STDERR_FILENO, part.data(), part.size()) < 0) break;
        ::_exit(graph::exit_incomplete);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "fault of the program: %s\n", error.what());
    }
    std::abort();
}

}  // namespace

int main(int argc, char** argv) {
    std::set_terminate(terminate);
    try {
        return graph::command(argc, argv);
    } catch (const std::bad_alloc& error) {
        graph::log_error(std::string(out_of_memory), graph::log_format(argc, argv));
        return graph::exit_code_of(error);
    } catch (const std::exception& error) {
        graph::log_error(error.what(), graph::log_format(argc, argv));
        return graph::exit_code_of(error);
    }
}
