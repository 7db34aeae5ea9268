#include "staa/train/checkpoint.h"

#include <torch/nn/modules/linear.h>

#include "staa/format/safetensors.h"
#include "staa/models/registry.h"
#include "staa/util/file.h"
#include "support/support.h"

namespace staa::train {
namespace {

using test::expect_error;
using test::TempFolder;

std::shared_ptr<models::Network> small_network(double width = 0.0625) {
  models::NetworkOptions options;
  options.network = "vgg13";
  options.width = width;
  options.steps = 2;
  return models::make_network(options);
}

Metadata metadata() { return {{"of", "a test"}}; }

TEST(Checkpoint, RoundTripsProgressDescriptionAndRandomState) {
  TempFolder folder;
  const auto path = folder / "a.safetensors";
  torch::manual_seed(1);
  const auto network = small_network();
  Optimizer optimizer(*network, {});
  Progress progress;
  progress.epoch = 3;
  progress.batch = 17;
  progress.step = 400;
  progress.loss_sum = 0.1 + 0.2;  // not representable in few digits
  progress.best_top1 = 87.65;
  torch::manual_seed(99);
  torch::rand({5});
  save_checkpoint(path, *network, optimizer, {}, progress, metadata());
  const auto expected_draws = torch::rand({4});

  torch::manual_seed(5);
  const auto other = small_network();
  Optimizer other_optimizer(*other, {});
  const auto loaded = load_checkpoint(path, *other, other_optimizer);
  EXPECT_TRUE(torch::rand({4}).equal(expected_draws));
  EXPECT_EQ(loaded.epoch, 3);
  EXPECT_EQ(loaded.batch, 17);
  EXPECT_EQ(loaded.step, 400);
  EXPECT_EQ(loaded.loss_sum, 0.1 + 0.2);
  EXPECT_EQ(loaded.best_top1, 87.65);
  const auto a = network->named_parameters();
  const auto b = other->named_parameters();
  for (const auto& item : a) EXPECT_TRUE(item.value().equal(b[item.key()])) << item.key();

  EXPECT_EQ(load_metadata(path, {"of"}).at("of"), "a test");
  expect_error(ErrorKind::kInput, {"a.safetensors", "'origin' is missing"},
               [&] { load_metadata(path, {"origin"}); });
}

TEST(Checkpoint, NamesTheTensorThatDoesNotFit) {
  TempFolder folder;
  const auto path = folder / "a.safetensors";
  save_weights(path, *small_network(0.0625), {}, metadata());
  auto wider = small_network(0.125);
  expect_error(ErrorKind::kInput,
               {"a.safetensors", "does not fit the network", "expected F32", "found"},
               [&] { load_weights(path, *wider); });
}

TEST(Checkpoint, NamesATensorThatIsMissingOrTooMany) {
  TempFolder folder;
  const auto path = folder / "a.safetensors";
  const auto network = small_network();
  format::SafetensorsWriter empty;
  empty.set_metadata("staa.progress",
                     R"({"epoch":0,"batch":0,"step":0,"loss_sum":0.0,"hits":0,"samples":0,)"
                     R"("seconds":0.0,"best_top1":-1.0,"best_epoch":0})");
  empty.write(path);
  expect_error(ErrorKind::kInput, {"a.safetensors", "is missing"},
               [&] { load_weights(path, *network); });

  torch::nn::Linear layer(2, 2);
  save_weights(path, *layer, {}, metadata());
  expect_error(ErrorKind::kInput, {"a.safetensors", "is missing"},
               [&] { load_weights(path, *network); });
}

TEST(Checkpoint, WeightsAloneCannotBeResumed) {
  TempFolder folder;
  const auto path = folder / "best.safetensors";
  const auto network = small_network();
  Optimizer optimizer(*network, {});
  save_weights(path, *network, {}, metadata());
  expect_error(ErrorKind::kInput, {"best.safetensors", "random/cpu", "resumed"},
               [&] { load_checkpoint(path, *network, optimizer); });
}

TEST(Checkpoint, ADamagedFileChangesNothing) {
  TempFolder folder;
  const auto path = folder / "a.safetensors";
  const auto network = small_network();
  Optimizer optimizer(*network, {});
  save_checkpoint(path, *network, optimizer, {}, {}, metadata());
  auto bytes = read_file(path);
  const auto before = network->parameters()[0].clone();
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{7}, std::size_t{100}, bytes.size() - 1}) {
    write_file_atomically(path, {reinterpret_cast<const char*>(bytes.data()), cut});
    expect_error(ErrorKind::kInput, {"a.safetensors"},
                 [&] { load_checkpoint(path, *network, optimizer); });
  }
  bytes[bytes.size() - 100] ^= 1;
  write_file_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  expect_error(ErrorKind::kInput, {"a.safetensors", "checksum"},
               [&] { load_checkpoint(path, *network, optimizer); });
  EXPECT_TRUE(network->parameters()[0].equal(before));
}

TEST(Checkpoint, RefusesASafetensorsFileOfAnotherProgram) {
  TempFolder folder;
  const auto path = folder / "other.safetensors";
  format::SafetensorsWriter writer;
  const float value = 1;
  writer.add("w", format::DType::kF32, {1}, &value);
  writer.write(path);
  const auto network = small_network();
  expect_error(ErrorKind::kInput, {"other.safetensors", "not a checkpoint of staa"},
               [&] { load_weights(path, *network); });
}

}  // namespace
}  // namespace staa::train
