#include "staa/data/sets/event_sets.h"

#include <fmt/format.h>

#include "data/event_fixtures.h"
#include "staa/data/sets/event_manifest.h"
#include "staa/data/sets/missing.h"

namespace staa::data {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

EventSetOptions options(const std::string& set, const std::filesystem::path& path,
                        bool partial = false) {
  EventSetOptions out;
  out.set = set;
  out.path = path.string();
  out.allow_partial = partial;
  return out;
}

std::vector<std::string> names(const RecordingSet& set) {
  std::vector<std::string> out;
  for (std::int64_t i = 0; i < set.size(); ++i) {
    out.push_back(set.recording(i).path.filename().string());
  }
  return out;
}

const std::vector<std::string> kCifarClasses{"airplane", "automobile", "bird",  "cat",  "deer",
                                             "dog",      "frog",       "horse", "ship", "truck"};

void write_cifar10_dvs(const std::filesystem::path& folder, int a_class) {
  for (const auto& name : kCifarClasses) {
    for (int i = 0; i < a_class; ++i) {
      write_bytes(folder / name / fmt::format("cifar10_{}_{}.aedat", name, i), "#!AER-DAT2.0\r\n");
    }
  }
}

TEST(Cifar10Dvs, TakesTheLastTenthOfEachClassByNumberForTesting) {
  TempFolder folder;
  write_cifar10_dvs(folder.path(), 20);
  const auto sets = open_recordings(options("cifar10-dvs", folder.path(), true));
  EXPECT_EQ(sets.train->size(), 180);
  EXPECT_EQ(sets.test->size(), 20);
  EXPECT_EQ(sets.train->classes(), kCifarClasses);
  EXPECT_EQ(names(*sets.test)[0], "cifar10_airplane_18.aedat");  // 9 sorts before 10
  EXPECT_EQ(names(*sets.test)[1], "cifar10_airplane_19.aedat");
  EXPECT_EQ(sets.test->label(2), 1);
  EXPECT_EQ(sets.train->recording(0).format, events::Format::kAedat2Cifar10);
  EXPECT_NE(sets.test->name().find("last tenth"), std::string::npos);
}

TEST(Cifar10Dvs, FollowsASplitFile) {
  TempFolder folder;
  write_cifar10_dvs(folder / "set", 3);
  auto chosen = options("cifar10-dvs", folder / "set", true);
  chosen.split = (folder / "split.txt").string();
  write_bytes(chosen.split,
              "train bird/cifar10_bird_2.aedat\r\ntest ship/cifar10_ship_0.aedat\ntrain "
              "ship/cifar10_ship_1.aedat\n");
  const auto sets = open_recordings(chosen);
  EXPECT_EQ(names(*sets.train),
            (std::vector<std::string>{"cifar10_bird_2.aedat", "cifar10_ship_1.aedat"}));
  EXPECT_EQ(names(*sets.test), std::vector<std::string>{"cifar10_ship_0.aedat"});
  EXPECT_NE(sets.test->name().find("split.txt"), std::string::npos);

  write_bytes(chosen.split, "train bird/cifar10_bird_9.aedat\n");
  expect_error(ErrorKind::kInput, {"split.txt", "1 of 1 are not there"},
               [&] { open_recordings(chosen); });
  for (const char* line : {"valid bird/x", "train", "train a\ntrain a"}) {
    write_bytes(chosen.split, line);
    expect_error(ErrorKind::kInput, {"split.txt:", "each name once"},
                 [&] { open_recordings(chosen); });
  }
}

TEST(Cifar10Dvs, SaysWhatIsMissingAndWhereItIsKept) {
  TempFolder folder;
  write_cifar10_dvs(folder.path(), 2);
  expect_error(ErrorKind::kInput,
               {"airplane/*.aedat", "published 1000, found 2", "data.allow_partial", "figshare"},
               [&] { open_recordings(options("cifar10-dvs", folder.path())); });
  std::filesystem::remove_all(folder / "ship");
  expect_error(ErrorKind::kIo, {"looked for ship/", "figshare"},
               [&] { open_recordings(options("cifar10-dvs", folder.path(), true)); });
}

TEST(Dvs128Gesture, CutsRecordingsByTheirLabels) {
  TempFolder folder;
  const std::string title = "class,startTime_usec,endTime_usec\n";
  write_bytes(folder / "trials_to_train.txt", "user01_led.aedat\nuser02_lab.aedat\n");
  write_bytes(folder / "trials_to_test.txt", "user24_led.aedat\n");
  for (const char* name : {"user01_led", "user02_lab", "user24_led"}) {
    write_bytes(folder / (std::string(name) + ".aedat"), "");
    write_bytes(folder / (std::string(name) + "_labels.csv"), title + "1,10,20\n11,30,45\n");
  }
  const auto sets = open_recordings(options("dvs128-gesture", folder.path(), true));
  ASSERT_EQ(sets.train->size(), 4);
  ASSERT_EQ(sets.test->size(), 2);
  EXPECT_EQ(sets.train->classes().size(), 11U);
  EXPECT_EQ(sets.train->label(0), 0);
  EXPECT_EQ(sets.train->label(1), 10);
  EXPECT_EQ(sets.train->recording(1).begin, 30);
  EXPECT_EQ(sets.train->recording(1).end, 45);
  EXPECT_EQ(sets.train->recording(1).format, events::Format::kAedat31);
  expect_error(ErrorKind::kInput, {"training gestures", "1176, found 4"},
               [&] { open_recordings(options("dvs128-gesture", folder.path())); });
  std::filesystem::remove(folder / "user02_lab_labels.csv");
  expect_error(ErrorKind::kIo, {"user02_lab_labels.csv", "DvsGesture"},
               [&] { open_recordings(options("dvs128-gesture", folder.path())); });
  EXPECT_EQ(open_recordings(options("dvs128-gesture", folder.path(), true)).train->size(), 2);
}

TEST(NMnist, ReadsThePublishedFolders) {
  TempFolder folder;
  for (int digit = 0; digit < 10; ++digit) {
    for (const char* half : {"Train", "Test"}) {
      write_bytes(folder / half / std::to_string(digit) / "00002.bin", "12345");
    }
  }
  const auto sets = open_recordings(options("n-mnist", folder.path(), true));
  EXPECT_EQ(sets.train->size(), 10);
  EXPECT_EQ(sets.test->label(7), 7);
  EXPECT_TRUE((sets.test->sensor() == events::Sensor{34, 34}));
  expect_error(ErrorKind::kInput, {"Train", "60000, found 10"},
               [&] { open_recordings(options("n-mnist", folder.path())); });
  std::filesystem::remove_all(folder / "Test");
  expect_error(ErrorKind::kIo, {"Test/0", "train*.txt", "garrickorchard"},
               [&] { open_recordings(options("n-mnist", folder.path(), true)); });
}

TEST(NMnist, ReadsLists) {
  TempFolder folder;
  write_tiny_n_mnist(folder.path(), 25, 10);
  auto chosen = options("n-mnist", folder.path());
  const auto sets = open_recordings(chosen);
  EXPECT_EQ(sets.train->size(), 25);
  EXPECT_EQ(sets.test->size(), 10);
  EXPECT_EQ(names(*sets.test)[0], "26.bs2");
  EXPECT_EQ(sets.train->label(13), 3);
  chosen.limit_train = 10;
  const auto few = open_recordings(chosen).train;
  ASSERT_EQ(few->size(), 10);
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(few->label(i), i);

  for (const char* line : {"1", "1 10", "1 -1", "x 1", "1 1 1"}) {
    write_bytes(folder / "train.txt", std::string("1 1\n") + line + "\n");
    expect_error(ErrorKind::kInput, {"train.txt:2: expected \"NUMBER LABEL\""},
                 [&] { open_recordings(chosen); });
  }
  write_bytes(folder / "train.txt", "99 1\n");
  expect_error(ErrorKind::kInput, {"train.txt:1:", "99.bs2 is not there"},
               [&] { open_recordings(chosen); });
}

TEST(NCaltech101, ReadsItsClassFolders) {
  TempFolder folder;
  for (const char* name : {"anchor", "ant"}) {
    for (int i = 1; i <= 4; ++i) {
      write_bytes(folder / "Caltech101" / name / fmt::format("image_{:04}.bin", i), "12345");
    }
  }
  const auto sets = open_recordings(options("n-caltech101", folder.path(), true));
  EXPECT_EQ(sets.train->size(), 6);
  EXPECT_EQ(names(*sets.test), (std::vector<std::string>{"image_0004.bin", "image_0004.bin"}));
  EXPECT_TRUE((sets.test->sensor() == events::Sensor{240, 180}));
  expect_error(ErrorKind::kInput, {"class folders", "101, found 2"},
               [&] { open_recordings(options("n-caltech101", folder.path())); });
}

TEST(EventFolder, TakesNameAndSensorFromItsManifest) {
  TempFolder folder;
  for (const char* half : {"train", "test"}) {
    std::filesystem::create_directories(folder / half / "a");
    std::filesystem::create_directories(folder / half / "b");
    events::write_atis(folder / half / "a" / "1.bin", labelled_events(0, 1));
    events::write_aedat2(folder / half / "b" / "1.aedat", events::Aedat2Address::kCifar10Dvs, {});
  }
  const auto open = [&] { return open_recordings(options("event-folder", folder.path())); };
  expect_error(ErrorKind::kIo, {"looked for staa.events.txt", "staa data simulate"}, open);
  write_event_manifest(folder / kEventManifestName, {"simulated things", {128, 128}, true});
  const auto sets = open();
  EXPECT_EQ(sets.train->name().rfind("simulated things (", 0), 0U);
  EXPECT_EQ(sets.train->classes(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(sets.test->recording(0).format, events::Format::kAtis);
  EXPECT_EQ(sets.test->recording(1).format, events::Format::kAedat2Cifar10);

  write_event_manifest(folder / kEventManifestName, {"x", {34, 34}, false});
  expect_error(ErrorKind::kInput, {"1.aedat", "128x128", "34x34"}, open);
  std::filesystem::create_directories(folder / "test" / "c");
  expect_error(ErrorKind::kInput, {"same class folders", "2 and 3"}, open);
}

TEST(EventManifest, NamesTheLineThatIsWrong) {
  TempFolder folder;
  const auto path = folder / "m";
  const auto expect_refused = [&](const std::string& text, const std::string& part) {
    write_bytes(path, text);
    expect_error(ErrorKind::kInput, {part}, [&] { read_event_manifest(path); });
  };
  expect_refused("format 2\n", "m:1: expected \"format N\" with N from 1 to 1");
  expect_refused("format 1\nwidth x\n", "m:2: expected \"width N\"");
  expect_refused("format 1\nwidth 9999\n", "m:2: expected \"width N\"");
  expect_refused("format 1\nfoo 1\n", "m:2: expected format, name");
  expect_refused("format 1\nname a\nwidth 3\n", "m:3: expected format, name, width and height");
}

TEST(EventSets, RefuseUnknownNamesAndMissingPaths) {
  expect_error(ErrorKind::kUsage, {"did you mean 'n-mnist'?"},
               [] { open_recordings(options("nmnist", "/tmp")); });
  expect_error(ErrorKind::kIo, {"/nonexistent", "this folder", "garrickorchard"},
               [] { open_recordings(options("n-mnist", "/nonexistent")); });
  TempFolder folder;
  write_tiny_n_mnist(folder.path(), 10, 10);
  auto split = options("n-mnist", folder.path());
  split.split = "x";
  expect_error(ErrorKind::kUsage, {"data.split", "split of its own"},
               [&] { open_recordings(split); });
  auto negative = options("n-mnist", folder.path());
  negative.limit_test = -1;
  expect_error(ErrorKind::kUsage, {"found 0 and -1"}, [&] { open_recordings(negative); });
}

TEST(NCars, ReadsThePublishedFolders) {
  TempFolder folder;
  for (const char* half : {"n-cars_train", "n-cars_test"}) {
    for (const char* name : {"background", "cars"}) {
      write_bytes(folder / half / name / "obj_000001_td.dat", "% Version 2\n");
    }
  }
  const auto sets = open_recordings(options("n-cars", folder.path(), true));
  EXPECT_EQ(sets.train->size(), 2);
  EXPECT_EQ(sets.test->classes(), (std::vector<std::string>{"background", "cars"}));
  EXPECT_EQ(sets.test->label(1), 1);
  EXPECT_EQ(sets.train->recording(0).format, events::Format::kDat);
  EXPECT_TRUE((sets.train->sensor() == events::Sensor{120, 100}));
  expect_error(ErrorKind::kInput, {"n-cars_train", "15422, found 2"},
               [&] { open_recordings(options("n-cars", folder.path())); });
}

TEST(DvsLip, ReadsThePublishedFolders) {
  TempFolder folder;
  for (const char* half : {"train", "test"}) {
    for (const char* word : {"accused", "action"}) {
      write_bytes(folder / "DVS-Lip" / half / word / "0.npy", "\x93NUMPY");
    }
  }
  const auto sets = open_recordings(options("dvs-lip", folder.path(), true));
  EXPECT_EQ(sets.train->size(), 2);
  EXPECT_EQ(sets.test->classes()[1], "action");
  EXPECT_EQ(sets.train->recording(0).format, events::Format::kNpy);
  expect_error(ErrorKind::kInput, {"words in train", "100, found 2"},
               [&] { open_recordings(options("dvs-lip", folder.path())); });
}

TEST(EventFolder, TakesAnyFormatOfTheStatedSensor) {
  TempFolder folder;
  write_event_manifest(folder / "staa.events.txt", {"mixed", {1280, 720}, false});
  const std::string evt3 = "% evt 3.0\n% geometry 1280x720\n% end\n";
  write_bytes(folder / "train" / "a" / "1.raw", evt3);
  write_bytes(folder / "train" / "a" / "2.txt", "1 2 3 1\n");
  write_bytes(folder / "test" / "a" / "3.whatever", evt3);
  const auto sets = open_recordings(options("event-folder", folder.path()));
  EXPECT_EQ(sets.train->recording(0).format, events::Format::kEvt3);
  EXPECT_EQ(sets.train->recording(1).format, events::Format::kText);
  EXPECT_EQ(sets.test->recording(0).format, events::Format::kEvt3);
  write_event_manifest(folder / "staa.events.txt", {"mixed", {640, 480}, false});
  expect_error(ErrorKind::kInput, {"1.raw", "1280x720", "640x480"},
               [&] { open_recordings(options("event-folder", folder.path())); });
}

}  // namespace
}  // namespace staa::data
