// See allocations.hpp. The allocators of the whole test program.
#include "tests/faults/allocations.hpp"

#include <cerrno>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LATENTFLOW_SANITIZED 1
#else
#define LATENTFLOW_SANITIZED 0
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
}
#endif

namespace faults {
namespace {

// Of each thread; nothing that would have to be allocated itself.
thread_local uint64_t left = 0;  // until one fails; 0: none does
thread_local bool of_malloc = false;
thread_local int64_t alive = 0;

bool fails() { return left > 0 && --left == 0; }

void* raw(size_t size) {
#if LATENTFLOW_SANITIZED
    return std::malloc(size);
#else
    return __libc_malloc(size);
#endif
}

void* made(size_t size) {
    if (fails()) return nullptr;
    void* memory = raw(size > 0 ? size : 1);
    alive += memory != nullptr;
    return memory;
}

void* made_or_thrown(size_t size) {
    void* memory = made(size);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void take_back(void* memory) {
    alive -= memory != nullptr;
    std::free(memory);
}

}  // namespace

FailedAllocation::FailedAllocation(uint64_t n, Of of) : n_(n) {
    of_malloc = of == Of::libraries;
    left = n;
}

FailedAllocation::~FailedAllocation() { left = 0; }

uint64_t FailedAllocation::counted() const { return n_ - left; }

int64_t allocations_alive() { return alive; }

}  // namespace faults

void* operator new(size_t size) { return faults::made_or_thrown(size); }
void* operator new[](size_t size) { return faults::made_or_thrown(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return faults::made(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return faults::made(size); }
void operator delete(void* memory) noexcept { faults::take_back(memory); }
void operator delete[](void* memory) noexcept { faults::take_back(memory); }
void operator delete(void* memory, size_t) noexcept { faults::take_back(memory); }
void operator delete[](void* memory, size_t) noexcept { faults::take_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { faults::take_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { faults::take_back(memory); }

#if !LATENTFLOW_SANITIZED
extern "C" {

void* malloc(size_t size) {
    if (faults::of_malloc && faults::fails()) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
    if (faults::of_malloc && faults::fails()) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
    if (faults::of_malloc && faults::fails()) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_realloc(memory, size);
}

}  // extern "C"
#endif
