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

TEST(CInterface, TellsWhyALoadFailed) {
  EXPECT_EQ(staa_model_load("/nowhere/model.staa"), nullptr);
  EXPECT_NE(std::strstr(staa_error(), "/nowhere/model.staa"), nullptr) << staa_error();
}

}  // namespace
}  // namespace staa::runtime
