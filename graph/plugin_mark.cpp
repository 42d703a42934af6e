// The mark by which a plugin is known (graph/build_mark.hpp): the CMake target latentflow::plugin
// compiles this file into each plugin.
#include "graph/build_mark.hpp"

namespace graph {

extern const BuildMark plugin_mark;  // visible, so that no linker leaves it out
[[gnu::used]] constinit const BuildMark plugin_mark = build_mark();

}  // namespace graph
