#include "staa/distributed/communicator.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace staa::distributed {
namespace {

class Done : public Pending {
 public:
  void wait() override {}
};

class Alone : public Communicator {
 public:
  const Launch& launch() const override { return launch_; }
  std::unique_ptr<Pending> start_sum(torch::Tensor) override { return std::make_unique<Done>(); }
  void broadcast(torch::Tensor) override {}
  std::vector<torch::Tensor> gather(const torch::Tensor& tensor) override { return {tensor}; }
  void report_failure(const std::string&) noexcept override {}
  void finish() override {}

 private:
  Launch launch_;
};

}  // namespace

std::shared_ptr<Communicator> alone() { return std::make_shared<Alone>(); }

torch::Tensor gather_rows(Communicator& all, const torch::Tensor& rows) {
  if (all.alone()) return rows;
  std::vector<std::int64_t> counts;
  std::int64_t most = 0;
  for (const auto& count : all.gather(torch::full({1}, rows.size(0), torch::kLong))) {
    counts.push_back(count.item<std::int64_t>());
    most = std::max(most, counts.back());
  }
  if (most == 0) return rows;
  // A collective needs equal shapes, so all processes send as many rows as the longest.
  auto sizes = rows.sizes().vec();
  sizes[0] = most;
  const auto padded = torch::zeros(sizes, rows.options());
  padded.narrow(0, 0, rows.size(0)).copy_(rows);
  auto parts = all.gather(padded);
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = parts[i].narrow(0, 0, counts[i]);
  return torch::cat(parts);
}

std::vector<std::string> gather_texts(Communicator& all, const std::vector<std::string>& texts) {
  if (all.alone()) return texts;
  // One JSON list per process, on one line. File names may contain bytes that are not valid text.
  auto own = nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  own += '\n';
  const auto bytes =
      torch::from_blob(own.data(), {static_cast<std::int64_t>(own.size())}, torch::kByte);
  const auto joined = gather_rows(all, bytes).contiguous();
  const std::string lines(static_cast<const char*>(joined.data_ptr()),
                          static_cast<std::size_t>(joined.numel()));
  std::vector<std::string> everyone;
  for (std::size_t begin = 0; begin < lines.size();) {
    const auto end = lines.find('\n', begin);
    for (auto& text : nlohmann::json::parse(lines.substr(begin, end - begin))) {
      everyone.push_back(text.get<std::string>());
    }
    begin = end + 1;
  }
  return everyone;
}

}  // namespace staa::distributed
