#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "runtime/tiny_model.h"
#include "staa/runtime/runtime.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::runtime {
namespace {

using Image = std::vector<std::uint8_t>;

constexpr format::Weights kAllWeights[] = {format::Weights::kFp32, format::Weights::kBf16,
                                           format::Weights::kInt16, format::Weights::kInt8};

Model load(format::Weights weights) {
  test::TinyModel tiny;
  tiny.weights = weights;
  return Model::load(test::tiny_model(tiny), "tiny");
}

std::vector<Image> random_images(std::size_t count, std::size_t bytes) {
  constexpr std::uint64_t kSeed = 5;
  std::vector<Image> images(count, Image(bytes));
  Random random{kSeed};
  for (auto& image : images) {
    for (auto& byte : image) byte = static_cast<std::uint8_t>(random.below(256));
  }
  return images;
}

TEST(Session, EveryPathGivesTheSameToTheBit) {
  for (const auto weights : kAllWeights) {
    SCOPED_TRACE(format::weights_name(weights));
    for (const auto target : hwy::SupportedAndGeneratedTargets()) {
      SCOPED_TRACE(hwy::TargetName(target));
      hwy::SetSupportedTargetsForTest(target);
      const auto model = load(weights);  // weights are ordered for the instruction set
      Session sparse(model, {Path::kSparse, true});
      Session dense(model, {Path::kDense, true});
      Session frames(model, {Path::kSparse, true});
      for (const auto& image : random_images(4, model.input().values())) {
        const auto expected = sparse.classify(image.data());
        EXPECT_EQ(dense.classify(image.data()).probabilities, expected.probabilities);
        frames.reset();
        Prediction pushed;
        for (std::size_t t = 0; t < model.steps(); ++t) pushed = frames.push(image.data());
        EXPECT_EQ(pushed.probabilities, expected.probabilities);
        EXPECT_EQ(frames.activity().spikes, sparse.activity().spikes);
        EXPECT_GT(sparse.activity().firing_rate(), 0.02);
        EXPECT_LT(sparse.activity().firing_rate(), 0.98);
      }
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST(Session, Bf16WeightsGiveWhatTheSameNumbersGiveInFp32) {
  test::TinyModel tiny;
  tiny.of_16_bits = true;
  const auto fp32 = Model::load(test::tiny_model(tiny), "tiny");
  tiny.weights = format::Weights::kBf16;
  const auto bf16 = Model::load(test::tiny_model(tiny), "tiny");
  EXPECT_EQ(bf16.precision(), "bf16");
  EXPECT_LT(bf16.weight_bytes(), fp32.weight_bytes());
  Session expected(fp32);
  Session found(bf16);
  for (const auto& image : random_images(8, fp32.input().values())) {
    const auto want = expected.classify(image.data());
    const auto got = found.classify(image.data());
    EXPECT_EQ(found.activity().spikes, expected.activity().spikes);
    for (std::size_t i = 0; i < want.probabilities.size(); ++i) {
      EXPECT_NEAR(got.probabilities[i], want.probabilities[i], 1e-4);
    }
  }
}

TEST(Session, ManyThreadsShareAModel) {
  constexpr std::size_t kThreads = 4;
  for (const auto weights : kAllWeights) {
    SCOPED_TRACE(format::weights_name(weights));
    const auto model = load(weights);
    const auto images = random_images(32, model.input().values());
    std::vector<std::vector<float>> expected;
    Session alone(model);
    for (const auto& image : images) expected.push_back(alone.classify(image.data()).probabilities);
    std::vector<std::size_t> wrong(kThreads);
    std::vector<std::thread> threads;
    for (std::size_t k = 0; k < kThreads; ++k) {
      threads.emplace_back([&, k] {
        Session session(model);
        for (std::size_t i = 0; i < images.size(); ++i) {
          const auto at = (i + k * 7) % images.size();
          const auto found = session.classify(images[at].data());
          wrong[k] += found.probabilities == expected[at] ? 0 : 1;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, std::vector<std::size_t>(kThreads));
  }
}

TEST(Pool, GivesWhatOneSessionGivesInOrder) {
  const auto model = load(format::Weights::kInt8);
  const auto images = random_images(23, model.input().values());
  std::vector<std::uint8_t> batch;
  for (const auto& image : images) batch.insert(batch.end(), image.begin(), image.end());
  Session alone(model);
  for (const std::size_t threads : {1, 3, 40}) {
    Pool pool(model, threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int again = 0; again < 2; ++again) {
      const auto found = pool.classify(batch.data(), images.size());
      ASSERT_EQ(found.size(), images.size());
      for (std::size_t i = 0; i < images.size(); ++i) {
        EXPECT_EQ(found[i].probabilities, alone.classify(images[i].data()).probabilities);
      }
    }
    EXPECT_GE(pool.state_bytes(), alone.state_bytes());
  }
  EXPECT_GE(Pool(model).threads(), 1U);
  EXPECT_TRUE(Pool(model, 2).classify(batch.data(), 0).empty());
}

TEST(Pool, PassesOnWhatIsThrownAndCanBeUsedAgain) {
  const auto model = load(format::Weights::kFp32);
  Pool pool(model, 3);
  std::atomic<int> begun{0};
  const auto work = [&](Session&, std::size_t i) {
    ++begun;
    if (i == 2) fail(ErrorKind::kInput, "image 2 is bad");
    // Or the other threads would be done before the pool has caught what this one threw.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  test::expect_error(ErrorKind::kInput, {"image 2"}, [&] { pool.run(10'000, work); });
  EXPECT_LT(begun, 10'000);
  const auto image = random_images(1, model.input().values())[0];
  EXPECT_EQ(pool.classify(image.data(), 1).size(), 1U);
}

TEST(Session, AModelMayGoBeforeItsSessions) {
  auto model = std::make_unique<Model>(load(format::Weights::kInt8));
  Session session(*model);
  const auto image = random_images(1, model->input().values())[0];
  const auto expected = session.classify(image.data()).probabilities;
  model.reset();
  EXPECT_EQ(session.classify(image.data()).probabilities, expected);
}

TEST(Session, RefusesMoreStepsThanTheNetworkHas) {
  const auto model = load(format::Weights::kFp32);
  Session session(model);
  const auto image = random_images(1, model.input().values())[0];
  test::expect_error(ErrorKind::kUsage, {"begin"}, [&] { session.step(); });
  for (std::size_t t = 0; t < model.steps(); ++t) session.push(image.data());
  test::expect_error(ErrorKind::kUsage, {"3 time steps", "reset"},
                     [&] { session.push(image.data()); });
}

}  // namespace
}  // namespace staa::runtime
