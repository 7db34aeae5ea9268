#include <fmt/format.h>

#include "staa/experiment/definition.h"

namespace staa::experiment {
namespace {

// The ablations of Section 4.3 vary ResNet-20 at T = 4.
constexpr const char* kCifar10 = "cifar10-resnet20-t4";
constexpr const char* kCifar100 = "cifar100-resnet20-t4";

Definition table1() {
  Definition d{
      "table1",  "accuracy on CIFAR-10 and CIFAR-100 by network and T",
      "Table 1", "ResNet-19 at T = 4 is best on both sets; more steps are better in each network.",
      "",        {}};
  struct Row {
    const char* network;
    int steps;
    double cifar10, deviation10, cifar100, deviation100;
  };
  static constexpr Row kRows[] = {
      {"vgg13", 2, 94.70, 0.12, 75.16, 0.08},    {"vgg13", 4, 95.26, 0.09, 76.35, 0.11},
      {"resnet19", 1, 96.75, 0.09, 79.37, 0.10}, {"resnet19", 2, 96.85, 0.11, 80.57, 0.11},
      {"resnet19", 4, 97.14, 0.10, 82.05, 0.10}, {"resnet20", 1, 93.08, 0.09, 70.14, 0.07},
      {"resnet20", 2, 94.35, 0.08, 73.20, 0.12}, {"resnet20", 4, 95.03, 0.11, 75.10, 0.12},
  };
  for (const bool hundred : {false, true}) {
    for (const auto& row : kRows) {
      Cell cell;
      cell.name = fmt::format("cifar{}-{}-t{}", hundred ? 100 : 10, row.network, row.steps);
      cell.label = fmt::format("CIFAR-{}, {}, T = {}", hundred ? 100 : 10, row.network, row.steps);
      cell.base = cell.name;
      cell.paper = hundred ? row.cifar100 : row.cifar10;
      cell.paper_std = hundred ? row.deviation100 : row.deviation10;
      cell.paper_scale_only = hundred;
      d.cells.push_back(cell);
    }
  }
  return d;
}

Definition table2() {
  return {"table2",
          "accuracy on ImageNet by network",
          "Table 2",
          "ResNet-34 is better than ResNet-18.",
          "",
          {{"resnet18-t4", "ResNet-18, T = 4", "imagenet-resnet18-t4", {}, 68.27, 0.19},
           {"resnet34-t4", "ResNet-34, T = 4", "imagenet-resnet34-t4", {}, 70.40, 0.15}}};
}

Definition table3() {
  Definition d{
      "table3",
      "accuracy on event cameras' data by network",
      "Table 3",
      "At T = 16 VGG-13 is a little better than ResNet-20 on CIFAR10-DVS.",
      "",
      {{"cifar10-dvs-resnet20",
        "CIFAR10-DVS, ResNet-20",
        "cifar10-dvs-resnet20-t16",
        {},
        81.90,
        0.20},
       {"cifar10-dvs-vgg13", "CIFAR10-DVS, VGG-13", "cifar10-dvs-vgg13-t16", {}, 82.10, 0.20},
       {"dvs128-gesture-vgg13",
        "DVS128 Gesture, VGG-13",
        "dvs128-gesture-vgg13-t16",
        {},
        98.61,
        0.20}}};
  d.cells.back().paper_scale_only = true;
  return d;
}

/// One row of Table 4. Without all three blocks the neuron is LIF with tau = 2.
Cell blocks(const std::string& name, const std::string& label, bool gc, bool pe, bool sa,
            double tsrd, double paper) {
  return {name,
          label,
          kCifar100,
          {fmt::format("neuron.gc={}", gc), fmt::format("neuron.pe={}", pe),
           fmt::format("neuron.sa={}", sa), fmt::format("neuron.tsrd={}", tsrd)},
          paper,
          {}};
}

Definition table4() {
  Definition d{"table4",
               "GC, PE, SA and TSRD one by one",
               "Table 4",
               "Every block adds to the accuracy, and TSRD a little more.",
               "none",
               {blocks("none", "none (LIF)", false, false, false, 0, 72.30),
                blocks("gc", "GC", true, false, false, 0, 73.22),
                blocks("gc-pe", "GC + PE", true, true, false, 0, 73.79),
                blocks("gc-pe-tsrd", "GC + PE + TSRD", true, true, false, 0.1, 73.96),
                blocks("gc-pe-sa", "GC + PE + SA", true, true, true, 0, 74.78),
                blocks("gc-pe-sa-tsrd", "GC + PE + SA + TSRD", true, true, true, 0.1, 75.10)}};
  // At medium scale neurons without blocks would not leak, since their gate is 1.
  d.cells.front().medium = {"neuron.kind=lif"};
  return d;
}

/// A cell that sets one neuron option in the recipe of the CIFAR-10 ablations.
Cell option(const std::string& name, const std::string& label, const std::string& setting,
            std::optional<double> paper = {}) {
  return {name, label, kCifar10, {"neuron." + setting}, paper, {}};
}

Definition sa_gain() {
  return {"sa-gain",
          "where alpha stands in step attention",
          "Eq. 12",
          "Read literally, alpha scales what the sigmoid's layers read.",
          "inside",
          {option("inside", "sigmoid(f(alpha U))", "sa_gain=inside"),
           option("outside", "alpha sigmoid(f(U))", "sa_gain=outside"),
           option("lif", "LIF", "kind=lif")}};
}

Definition fig2() {
  Definition d{"fig2",
               "where the position encoding is added",
               "Figure 2",
               "Before GC1, on the input (c), is best, with (d) close behind, then (b), then (e).",
               "c-spatial",
               {}};
  const auto placed = [](const char* name, const char* label, const char* placement, double paper) {
    auto cell = option(name, label, std::string("pe_placement=") + placement, paper);
    cell.overrides.emplace_back("neuron.pe=true");
    return cell;
  };
  d.cells = {option("a-none", "(a) none", "pe=false"),
             placed("b-temporal", "(b) on the membrane, before GC2", "temporal", 94.08),
             placed("c-spatial", "(c) on the input, before GC1", "spatial", 94.29),
             placed("d-both", "(d) on both", "both", 94.27),
             placed("e-post", "(e) after aggregation", "post", 93.96)};
  return d;
}

Definition pe_kind() {
  return {"pe-kind",
          "learned or fixed position encoding",
          "Section 4.3",
          "The learned encoding is 0.57 points better than the fixed one.",
          "fixed",
          {option("learned", "learned", "pe_kind=learned", 94.99),
           option("fixed", "fixed sinusoids", "pe_kind=sinusoidal", 94.42)}};
}

Definition fig3() {
  Definition d{"fig3",
               "beta, the dropout probability of TSRD",
               "Figure 3",
               "0.1 is best; above 0.3 the accuracy falls. (The figure's values are not printed.)",
               "beta-0",
               {}};
  for (int tenths = 0; tenths <= 10; ++tenths) {
    const auto beta = tenths == 10 ? "1.0" : fmt::format("0.{}", tenths);
    d.cells.push_back(
        option(tenths == 0 ? "beta-0" : "beta-" + beta, "beta = " + beta, "tsrd=" + beta));
  }
  return d;
}

Definition fig5() {
  Definition d{"fig5",     "r, the reduction inside GC",
               "Figure 5", "r = 4 is best. (The figure's values are not printed.)",
               "r-4",      {}};
  for (const int r : {1, 2, 4, 8, 16}) {
    d.cells.push_back(option(fmt::format("r-{}", r), fmt::format("r = {}", r),
                             fmt::format("gc_reduction={}", r)));
  }
  return d;
}

Definition tsrd_fallback() {
  return {"tsrd-fallback",
          "what a dropped step does",
          "Section 3.2",
          "\"The most basic element-wise addition\"; no other choice is compared.",
          "sum",
          {option("sum", "V = X + H", "tsrd_fallback=sum"),
           option("lif", "the LIF update", "tsrd_fallback=lif")}};
}

Definition sa_reduction() {
  Definition d{
      "sa-reduction", "the reduction inside SA", "Section 3.1", "Left open.", "reduction-16", {}};
  for (const int reduction : {2, 4, 8, 16}) {
    d.cells.push_back(option(fmt::format("reduction-{}", reduction),
                             fmt::format("C / {}, at least 4", reduction),
                             fmt::format("sa_reduction={}", reduction)));
  }
  return d;
}

Definition gc_start() {
  return {"gc-start",
          "how GC's value convolution starts",
          "Section 3.1",
          "Left open.",
          "zero",
          {option("zero", "at zero: GC is the identity", "gc_zero_start=true"),
           option("random", "at random", "gc_zero_start=false")}};
}

}  // namespace

const std::vector<Definition>& definitions() {
  static const std::vector<Definition> all{table1(),        table2(),       table3(),   table4(),
                                           fig2(),          pe_kind(),      fig3(),     fig5(),
                                           tsrd_fallback(), sa_reduction(), gc_start(), sa_gain()};
  return all;
}

}  // namespace staa::experiment
