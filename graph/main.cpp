// The program `pipeline`. Every error ends here, with a line on stderr and its exit code.
#include "graph/command.hpp"
#include "graph/engine.hpp"

#include <exception>

int main(int argc, char** argv) {
    try {
        return graph::command(argc, argv);
    } catch (const std::exception& error) {
        graph::log_error(error.what(), graph::log_format(argc, argv));
        return graph::exit_code_of(error);
    }
}
