// See onednn.hpp.
#include "models/onednn.hpp"

#include <array>
#include <new>
#include <stdexcept>
#include <string>

namespace models {

const dnnl::engine& cpu() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

Layout plain(const Dims& dims) {
    using Tag = Memory::format_tag;
    static constexpr std::array tags{Tag::a, Tag::ab, Tag::abc, Tag::abcd};
    return {dims, Memory::data_type::f32, tags.at(dims.size() - 1)};
}

Layout in_blocks(const Dims& dims) {
    return {dims, Memory::data_type::f32, Memory::format_tag::aBcd8b};
}

Layout any_layout(const Dims& dims) {
    return {dims, Memory::data_type::f32, Memory::format_tag::any};
}

Memory view(const Layout& layout, const float* values) {
    return {layout, cpu(), const_cast<float*>(values)};
}

dnnl::primitive_attr attributes() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

void throw_again(const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    if (error.status == dnnl_runtime_error)
        throw std::runtime_error(std::string("oneDNN ") + error.what() +
                                 ", most likely because it found no memory");
    throw error;
}

void Primitive::run(Arguments arguments) const try {
    arguments.emplace(DNNL_ARG_SCRATCHPAD, scratchpad_);
    primitive_.execute(stream_, arguments);
} catch (const dnnl::error& error) {
    throw_again(error);
}

Reorder::Reorder(const Layout& from, const Layout& to)
    : primitive_(dnnl::reorder::primitive_desc(cpu(), from, cpu(), to, attributes())) {}

void Reorder::run(const Memory& from, const Memory& to) const {
    primitive_.run({{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

}  // namespace models
