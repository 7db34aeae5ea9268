#include <gtest/gtest.h>

#include <cstring>

#include "runtime/tiny_model.h"
#include "staa/runtime/runtime.h"
#include "staa/runtime/runtime_c.h"
#include "support/support.h"

namespace staa::runtime {
namespace {

TEST(CInterface, GivesWhatTheCxxInterfaceGives) {
  const test::TempFolder folder;
  const auto file = test::tiny_model({});
  const auto path = (folder / "tiny.staa").string();
  test::write_bytes(path, {reinterpret_cast<const char*>(file.data()), file.size()});
  staa_model* model = staa_model_load(path.c_str());
  ASSERT_NE(model, nullptr) << staa_error();
  EXPECT_EQ(staa_model_steps(model), 3U);
  EXPECT_EQ(staa_model_classes(model), 2U);
  EXPECT_STREQ(staa_model_class(model, 1), "right");
  EXPECT_EQ(staa_model_class(model, 2), nullptr);
  const auto shape = staa_model_input(model);
  const std::vector<std::uint8_t> image(shape.channels * shape.height * shape.width, 77);

  staa_session* session = staa_session_new(model);
  ASSERT_NE(session, nullptr);
  staa_model_free(model);  // the session keeps the weights
  staa_prediction whole;
  ASSERT_EQ(staa_classify(session, image.data(), 0, &whole), 0) << staa_error();
  Session expected(Model::load(path));
  EXPECT_EQ(whole.probability, expected.classify(image.data()).probability);
  EXPECT_EQ(whole.spikes, expected.activity().spikes);

  staa_session_reset(session);
  staa_prediction pushed;
  for (int t = 0; t < 3; ++t) ASSERT_EQ(staa_push_image(session, image.data(), &pushed), 0);
  EXPECT_EQ(pushed.probability, whole.probability);
  EXPECT_EQ(staa_push_image(session, image.data(), &pushed), -1);
  EXPECT_NE(std::strstr(staa_error(), "reset"), nullptr) << staa_error();
  staa_session_free(session);
}

TEST(CInterface, APoolDividesABatch) {
  const test::TempFolder folder;
  const auto path = (folder / "tiny.staa").string();
  const auto file = test::tiny_model({});
  test::write_bytes(path, {reinterpret_cast<const char*>(file.data()), file.size()});
  staa_model* model = staa_model_load(path.c_str());
  ASSERT_NE(model, nullptr) << staa_error();
  constexpr std::size_t kImages = 9;
  constexpr std::size_t kValues = 64;
  std::vector<std::uint8_t> images(kImages * kValues);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<std::uint8_t>(i * 37);
  staa_session* session = staa_session_new(model);
  staa_pool* pool = staa_pool_new(model, 3);
  ASSERT_NE(pool, nullptr) << staa_error();
  EXPECT_EQ(staa_pool_threads(pool), 3U);
  std::vector<staa_prediction> found(kImages);
  ASSERT_EQ(staa_pool_classify(pool, images.data(), kImages, 0, found.data()), 0) << staa_error();
  for (std::size_t i = 0; i < kImages; ++i) {
    staa_prediction expected;
    ASSERT_EQ(staa_classify(session, images.data() + i * kValues, 0, &expected), 0);
    EXPECT_EQ(found[i].label, expected.label);
    EXPECT_EQ(found[i].probability, expected.probability);
    EXPECT_EQ(found[i].spikes, expected.spikes);
  }
  EXPECT_GT(staa_model_bytes(model), 1000U);
  EXPECT_GT(staa_session_bytes(session), 1000U);
  EXPECT_GT(staa_pool_bytes(pool), staa_session_bytes(session));
  staa_session_free(session);
  staa_pool_free(pool);
  staa_model_free(model);
}

TEST(CInterface, TellsWhyALoadFailed) {
  EXPECT_EQ(staa_model_load("/nowhere/model.staa"), nullptr);
  EXPECT_NE(std::strstr(staa_error(), "/nowhere/model.staa"), nullptr) << staa_error();
}

}  // namespace
}  // namespace staa::runtime
