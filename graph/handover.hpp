// oneTBB is not built with ThreadSanitizer, which so does not see that what is put into a graph is
// there for the body that takes it, and what bodies did for whoever waits for the graph. It is told
// here, of no effect in other builds.
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace graph {

/// Before TBB is given what is at this address; once a body has it, or the graph is at rest.
#if defined(__SANITIZE_THREAD__)
inline void hand_over(const void* address) { __tsan_release(const_cast<void*>(address)); }
inline void take_over(const void* address) { __tsan_acquire(const_cast<void*>(address)); }
#else
inline void hand_over(const void*) {}
inline void take_over(const void*) {}
#endif

}  // namespace graph
