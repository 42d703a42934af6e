// Reads the fixtures that make_fixtures.py wrote: what PyTorch makes of small inputs.
#pragma once

#include "models/tensor.hpp"

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace models {

struct Fixture {
    nlohmann::json options;
    std::map<std::string, Tensor> tensors;

    /// A file of tests/models/fixtures, without ".json".
    explicit Fixture(const std::string& name) {
        const std::string path =
            std::string(SOURCE_DIR) + "/tests/models/fixtures/" + name + ".json";
        std::ifstream file(path);
        if (!file) throw std::runtime_error("no fixture " + path);
        const auto content = nlohmann::json::parse(file);
        options = content.at("options");
        for (const auto& [key, value] : content.at("tensors").items()) {
            Tensor tensor(value.at("dims").get<Dims>());
            tensor.values = value.at("values").get<std::vector<float>>();
            const float divisor = value.value("divisor", 1.0f);
            for (float& v : tensor.values) v /= divisor;
            tensors.emplace(key, std::move(tensor));
        }
    }

    const Tensor& operator[](const std::string& name) const { return tensors.at(name); }

    double number(const std::string& option) const { return options.at(option).get<double>(); }
};

}  // namespace models
