// How the rate changes over the epochs. The curves follow PyTorch's schedulers of the same name,
// but are continuous functions of the epoch, so that a resumed run needs no state for them.
#include "models/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace models {
namespace {

using graph::Kinds;
using graph::param;
using graph::Range;

/// From 1 at `progress` 0 along half a cosine to `floor` at 1, and on at `floor`.
double half_cosine(double progress, double floor) {
    const double clamped = std::clamp(progress, 0.0, 1.0);
    return floor + (1 - floor) * (1 + std::cos(std::numbers::pi * clamped)) / 2;
}

struct Constant : Schedule {
    double factor(double) const override { return 1; }
};

struct StepWise : Schedule {
    double every = 30;
    double decay = 0.1;
    double factor(double epoch) const override {
        return std::pow(decay, std::floor(epoch / every));
    }
};

struct Exponential : Schedule {
    double decay = 0.98;
    double factor(double epoch) const override { return std::pow(decay, epoch); }
};

struct Cosine : Schedule {
    double epochs = 100;
    double hold = 0;
    double floor = 0;
    double factor(double epoch) const override {
        return half_cosine((epoch / epochs - hold) / (1 - hold), floor);
    }
};

struct Warmup : Schedule {
    double epochs = 5;
    double start = 0.01;
    double until = 0;
    double floor = 0;
    double factor(double epoch) const override {
        if (epoch < epochs) return start + (1 - start) * epoch / epochs;
        return until > epochs ? half_cosine((epoch - epochs) / (until - epochs), floor) : 1;
    }
};

const Range some_epochs{1e-3, 1e9};
const Range fraction{0, 1};

const Kinds<Schedule>::Add<Constant> constant{"constant", "the same rate throughout", {}};

const Kinds<Schedule>::Add<StepWise> step_wise{
    "step",
    "multiplied by `decay` every so many epochs",
    {param("every", &StepWise::every, some_epochs, "epochs between two steps"),
     param("decay", &StepWise::decay, fraction, "factor of one step")}};

const Kinds<Schedule>::Add<Exponential> exponential{
    "exponential",
    "multiplied by `decay` over each epoch, smoothly",
    {param("decay", &Exponential::decay, fraction, "factor of one epoch")}};

const Kinds<Schedule>::Add<Cosine> cosine{
    "cosine",
    "stays, then falls along half a cosine",
    {param("epochs", &Cosine::epochs, some_epochs, "length, at whose end the fall is over"),
     param("hold", &Cosine::hold, Range{0, 0.999}, "part of it before the fall begins"),
     param("floor", &Cosine::floor, fraction, "factor at its end and after it")}};

const Kinds<Schedule>::Add<Warmup> warmup{
    "warmup",
    "rises in a straight line, then stays, or falls along half a cosine",
    {param("epochs", &Warmup::epochs, some_epochs, "length of the rise"),
     param("start", &Warmup::start, fraction, "factor at the first step"),
     param("until", &Warmup::until, Range{0, 1e9}, "epoch at which the fall ends; 0: no fall"),
     param("floor", &Warmup::floor, fraction, "factor at the end of the fall and after it")}};

}  // namespace
}  // namespace models
