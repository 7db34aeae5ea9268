#include "staa/runtime/plan.h"
#include "staa/runtime/runtime.h"

namespace staa::runtime {

Model Model::load(const std::string& path) {
  return Model(std::make_shared<const Plan>(format::ModelFile(path)));
}

Model Model::load(const std::vector<std::uint8_t>& bytes, const std::string& source) {
  return Model(std::make_shared<const Plan>(format::ModelFile(bytes, source)));
}

const std::string& Model::network() const { return plan_->model().network; }
const std::string& Model::precision() const { return plan_->model().precision; }
std::size_t Model::steps() const { return static_cast<std::size_t>(plan_->model().steps); }
const std::vector<std::string>& Model::classes() const { return plan_->model().classes; }
std::size_t Model::weight_bytes() const { return plan_->weight_bytes(); }

Shape Model::input() const {
  const auto& input = plan_->model().input;
  return {static_cast<std::size_t>(input.channels), static_cast<std::size_t>(input.height),
          static_cast<std::size_t>(input.width)};
}

double Activity::firing_rate() const {
  return neurons == 0 ? 0 : static_cast<double>(spikes) / static_cast<double>(neurons);
}

double Activity::energy_mj() const {
  constexpr double kPicojoulesPerMac = 4.6;
  constexpr double kPicojoulesPerAc = 0.9;
  return (kPicojoulesPerMac * macs + kPicojoulesPerAc * acs) * 1e-9;
}

}  // namespace staa::runtime
