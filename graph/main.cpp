// The program `pipeline`. Every error ends here, with a line on stderr and its exit code.
#include "graph/command.hpp"
#include "graph/engine.hpp"

#include <exception>
#include <new>

int main(int argc, char** argv) {
    try {
        return graph::command(argc, argv);
    } catch (const std::bad_alloc& error) {
        graph::log_error("out of memory: give it more, or lower run.threads or run.max_in_flight",
                         graph::log_format(argc, argv));
        return graph::exit_code_of(error);
    } catch (const std::exception& error) {
        graph::log_error(error.what(), graph::log_format(argc, argv));
        return graph::exit_code_of(error);
    }
}
