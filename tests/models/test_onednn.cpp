// What oneDNN's errors become: those for want of memory are told as that.
#include "models/onednn.hpp"

#include <new>
#include <stdexcept>

#include <gtest/gtest.h>

namespace models {
namespace {

TEST(OneDnn, MissingMemoryIsToldAsThat) {
    const dnnl::error memory(dnnl_out_of_memory, "could not create a primitive");
    EXPECT_THROW(throw_again(memory), std::bad_alloc);
    const dnnl::error kernel(dnnl_runtime_error, "could not execute a primitive");
    EXPECT_THROW(throw_again(kernel), std::runtime_error);
    const dnnl::error other(dnnl_unimplemented, "could not create a primitive");
    EXPECT_THROW(throw_again(other), dnnl::error);
}

}  // namespace
}  // namespace models
