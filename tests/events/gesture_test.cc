#include "staa/events/gesture.h"

#include "support/support.h"

namespace staa::events {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

constexpr const char* kTitle = "class,startTime_usec,endTime_usec\n";

TEST(Gesture, ReadsSpansWithEitherLineEnd) {
  TempFolder folder;
  write_bytes(folder / "a_labels.csv",
              "class,startTime_usec,endTime_usec\r\n1,53036986,59508469\r\n11,60000000,70000000");
  const auto spans = read_gesture_spans(folder / "a_labels.csv", 11);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].label, 1);
  EXPECT_EQ(spans[0].begin, 53'036'986);
  EXPECT_EQ(spans[0].end, 59'508'469);
  EXPECT_EQ(spans[1].label, 11);
}

TEST(Gesture, NamesTheLineThatIsNoSpan) {
  TempFolder folder;
  const auto path = folder / "labels.csv";
  const auto expect_refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    write_bytes(path, text);
    expect_error(ErrorKind::kInput, parts, [&] { read_gesture_spans(path, 11); });
  };
  expect_refused("", {"labels.csv:1: expected \"class,startTime_usec"});
  expect_refused("a,b,c\n1,2,3\n", {"labels.csv:1:", "found \"a,b,c\""});
  for (const char* line :
       {"1,2", "1,2,3,4", "1,2,x", "1.5,2,3", "1;2;3", "1,2,99999999999999999999"}) {
    expect_refused(std::string(kTitle) + "1,2,3\n" + line, {"labels.csv:3: expected \"CLASS,"});
  }
  expect_refused(std::string(kTitle) + "0,2,3\n", {"labels.csv:2:", "1 to 11, found 0"});
  expect_refused(std::string(kTitle) + "12,2,3\n", {"labels.csv:2:", "1 to 11, found 12"});
  expect_refused(std::string(kTitle) + "1,3,3\n", {"labels.csv:2:", "time span, found 3 to 3"});
}

TEST(Gesture, ReadsTrials) {
  TempFolder folder;
  const auto path = folder / "trials_to_train.txt";
  write_bytes(path, "user01_led.aedat\r\n\nuser02_natural.aedat\n");
  EXPECT_EQ(read_trials(path),
            (std::vector<std::string>{"user01_led.aedat", "user02_natural.aedat"}));
  for (const char* name : {"../x.aedat", "/etc/passwd", ".hidden", "user01_led.aedat"}) {
    write_bytes(path, std::string("user01_led.aedat\n") + name + "\n");
    expect_error(ErrorKind::kInput, {"trials_to_train.txt:2:", name}, [&] { read_trials(path); });
  }
}

}  // namespace
}  // namespace staa::events
