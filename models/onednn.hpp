// The one header that includes oneDNN: the engine, buffers in oneDNN's layouts, and primitives that
// bring their own scratchpad, because the library's own is tied to the thread that made it.
#pragma once

#include "models/tensor.hpp"

#include <memory>
#include <unordered_map>

#include <oneapi/dnnl/dnnl.hpp>

namespace models {

using Memory = dnnl::memory;
using Layout = dnnl::memory::desc;  // dims and order in memory of a tensor

/// The engine of this machine's CPU, shared by all.
const dnnl::engine& cpu();

/// Row-major floats: N, C, H, W from slowest to fastest; one to four dims.
Layout plain(const Dims& dims);
/// N, C, H, W with eight channels of a pixel side by side; missing ones are zeros.
Layout in_blocks(const Dims& dims);
/// The dims in whichever order a primitive likes best.
Layout any_layout(const Dims& dims);
/// A memory over floats that someone else owns.
Memory view(const Layout& layout, const float* values);

inline float* floats(const Memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

/// Attributes that every primitive is made with: a scratchpad of its own.
dnnl::primitive_attr attributes();

/// Throws what `error` means: std::bad_alloc where oneDNN found no memory, of which its own words
/// ("could not create a primitive") say nothing. Its kernels for matrix products, made at their
/// first use, give a runtime error then: that is a std::runtime_error that names the cause.
[[noreturn]] void throw_again(const dnnl::error& error);

/// A primitive with its scratchpad; used by one thread at a time, in the arena that made it (or one
/// as wide). Copies share the scratchpad, so that they too must take turns.
class Primitive {
  public:
    using Arguments = std::unordered_map<int, Memory>;

    Primitive() = default;
    /// Throws dnnl::error if this machine has no implementation.
    template <class Description>
    explicit Primitive(const Description& description)
        : primitive_(description.get()), scratchpad_(description.scratchpad_desc(), cpu()) {}

    void run(Arguments arguments) const;

  private:
    dnnl::primitive primitive_;
    Memory scratchpad_;
    dnnl::stream stream_{cpu()};
};

/// Copies between two layouts of the same dims.
class Reorder {
  public:
    Reorder() = default;
    Reorder(const Layout& from, const Layout& to);
    void run(const Memory& from, const Memory& to) const;

  private:
    Primitive primitive_;
};

}  // namespace models
