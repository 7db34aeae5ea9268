// Tests on published data sets, which are not part of the project. A test that is skipped says
// which data set it needs.

#include <cstdlib>
#include <filesystem>

#include "data/fixtures.h"
#include "staa/data/normalisation.h"
#include "staa/data/sets/open.h"

namespace staa::data {
namespace {

DataOptions options(const std::string& set, const std::string& path, bool allow_partial = false) {
  DataOptions result;
  result.set = set;
  result.path = path;
  result.allow_partial = allow_partial;
  return result;
}

TEST(RealData, FashionMnistHasItsPublishedStatistics) {
  const char* folder = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs package dataset-fashion-mnist";
  const auto sets = open_dataset(options("fashion-mnist", folder));
  EXPECT_EQ(sets.train->size(), 60'000);
  EXPECT_EQ(sets.test->size(), 10'000);
  EXPECT_EQ(sets.train->classes().at(static_cast<std::size_t>(sets.train->label(0))), "Ankle boot");
  const auto normalisation = compute_normalisation(*sets.train);
  EXPECT_NEAR(normalisation.mean.at(0), 0.2860, 5e-5);
  EXPECT_NEAR(normalisation.stddev.at(0), 0.3530, 5e-5);
}

TEST(RealData, Cifar10AsJpeg) {
  const char* folder = std::getenv("STAA_TEST_CIFAR10_JPEG");
  if (folder == nullptr) {
    GTEST_SKIP() << "needs STAA_TEST_CIFAR10_JPEG: a folder of CIFAR-10 as train/CLASS/*.jpg";
  }
  const auto sets = open_dataset(options("image-folder", folder));
  EXPECT_EQ(sets.train->size(), 50'000);
  EXPECT_EQ(sets.test->size(), 10'000);
  EXPECT_TRUE((sets.train->shape() == ImageShape{3, 32, 32}));
  EXPECT_EQ(sets.train->classes().at(9), "truck");
  const auto mean = compute_normalisation(*sets.train).mean;  // published: 0.4914 ...
  EXPECT_NEAR(mean.at(0), 0.4914, 1e-3);
  EXPECT_NEAR(mean.at(1), 0.4822, 1e-3);
  EXPECT_NEAR(mean.at(2), 0.4465, 1e-3);
}

TEST(RealData, CifarPrefixes) {
  const char* folder = std::getenv("STAA_TEST_CIFAR_PREFIX");
  if (folder == nullptr) {
    GTEST_SKIP() << "needs STAA_TEST_CIFAR_PREFIX: a folder that holds cifar-10-prefix and "
                    "cifar-100-prefix, the first records of the published files";
  }
  const std::filesystem::path root = folder;
  const auto ten = open_dataset(options("cifar10", root / "cifar-10-prefix", true)).train;
  ASSERT_GT(ten->size(), 2);
  EXPECT_EQ(ten->classes().at(static_cast<std::size_t>(ten->label(0))), "frog");
  EXPECT_EQ(ten->classes().at(static_cast<std::size_t>(ten->label(1))), "truck");
  const auto hundred = open_dataset(options("cifar100", root / "cifar-100-prefix", true)).train;
  EXPECT_EQ(hundred->classes().at(static_cast<std::size_t>(hundred->label(0))), "cattle");
  test::expect_error(ErrorKind::kInput, {"cifar-100-prefix/train.bin", "50000"},
                     [&] { open_dataset(options("cifar100", root / "cifar-100-prefix")); });
}

}  // namespace
}  // namespace staa::data
