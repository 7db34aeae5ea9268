#include "staa/format/safetensors.h"

#include <cstring>
#include <memory>

#include "staa/util/file.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::format {
namespace {

using test::expect_error;
using test::TempFolder;

/// The raw bytes of a file with the given header text and data.
std::vector<std::uint8_t> raw(const std::string& header, const std::string& data) {
  std::vector<std::uint8_t> bytes(8);
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(header.size()) >> (8 * i));
  }
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

void expect_refused(const std::string& header, const std::string& data,
                    std::vector<std::string> parts) {
  SCOPED_TRACE(header);
  parts.emplace_back("a.safetensors");
  expect_error(ErrorKind::kInput, parts,
               [&] { SafetensorsReader(raw(header, data), "a.safetensors"); });
}

std::vector<std::uint8_t> small_file() {
  static const float kWeights[] = {1.5F, -2.0F, 0.25F, 4.0F};
  static const std::int64_t kCount = 7;
  SafetensorsWriter writer;
  writer.add("conv.weight", DType::kF32, {2, 2}, kWeights);
  writer.add("count", DType::kI64, {}, &kCount);
  writer.set_metadata("note", "caf\xc3\xa9 \"quoted\"\n");
  return writer.serialize();
}

TEST(Safetensors, RoundTripsEveryTypeShapeAndMetadata) {
  TempFolder folder;
  const std::vector<std::uint8_t> bytes(64, 0x5a);
  SafetensorsWriter writer;
  const std::vector<DType> types{DType::kF64, DType::kF32, DType::kF16, DType::kBF16, DType::kI64,
                                 DType::kI32, DType::kI16, DType::kI8,  DType::kU8,   DType::kBool};
  for (const auto type : types) writer.add("t." + dtype_name(type), type, {2, 3}, bytes.data());
  writer.add("empty", DType::kF32, {0, 4}, nullptr);
  writer.add("scalar", DType::kF64, {}, bytes.data());
  writer.set_metadata("k", "v");
  writer.write(folder / "a.safetensors");

  const SafetensorsReader reader(folder / "a.safetensors");
  EXPECT_EQ(reader.tensors().size(), types.size() + 2);
  EXPECT_EQ(reader.metadata().at("k"), "v");
  for (const auto type : types) {
    const auto* tensor = reader.find("t." + dtype_name(type));
    ASSERT_NE(tensor, nullptr);
    EXPECT_EQ(tensor->dtype, type);
    EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(tensor->bytes, 6 * dtype_bytes(type));
    EXPECT_EQ(tensor->offset % dtype_bytes(type), 0U);
    EXPECT_EQ(std::memcmp(reader.data(*tensor), bytes.data(), tensor->bytes), 0);
  }
  EXPECT_EQ(reader.find("empty")->bytes, 0U);
  EXPECT_EQ(reader.find("scalar")->bytes, 8U);
  EXPECT_EQ(reader.find("missing"), nullptr);
}

TEST(Safetensors, ReadsAFileOfTheReferenceImplementation) {
  // Python's safetensors writes no checksum and pads the header with spaces.
  const SafetensorsReader reader(
      raw(R"({"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}    )",
          std::string("\0\0\x80\x3f\0\0\0\x40", 8)),
      "py.safetensors");
  float values[2];
  std::memcpy(values, reader.data(*reader.find("w")), 8);
  EXPECT_EQ(values[0], 1.0F);
  EXPECT_EQ(values[1], 2.0F);
}

TEST(Safetensors, IsReadByThePythonPackage) {
  TempFolder folder;
  test::write_bytes(folder / "check.py",
                    "import sys\n"
                    "try:\n"
                    "    from safetensors.numpy import load_file\n"
                    "except ImportError:\n"
                    "    sys.exit(77)\n"
                    "t = load_file(sys.argv[1])\n"
                    "assert t['conv.weight'].tolist() == [[1.5, -2.0], [0.25, 4.0]], t\n"
                    "assert int(t['count']) == 7, t\n");
  const auto bytes = small_file();
  write_file_atomically(folder / "a.safetensors",
                        {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto command = "python3 " + (folder / "check.py").string() + " " +
                       (folder / "a.safetensors").string() + " 2>&1";
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == 77 || code == 127) GTEST_SKIP() << "Python's safetensors is not installed";
  EXPECT_EQ(code, 0);
}

TEST(Safetensors, TheOrderOfAddingDoesNotShow) {
  const float a[] = {1};
  const double b[] = {2};
  SafetensorsWriter first;
  first.add("a", DType::kF32, {1}, a);
  first.add("b", DType::kF64, {1}, b);
  SafetensorsWriter second;
  second.add("b", DType::kF64, {1}, b);
  second.add("a", DType::kF32, {1}, a);
  EXPECT_EQ(first.serialize(), second.serialize());
}

TEST(Safetensors, RefusesAFileCutAtAnyByte) {
  const auto whole = small_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    expect_error(ErrorKind::kInput, {"cut.safetensors"}, [&] {
      SafetensorsReader({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)},
                        "cut.safetensors");
    });
  }
}

TEST(Safetensors, NoticesEveryFlippedBitOfTheData) {
  const auto whole = small_file();
  for (std::size_t byte = whole.size() - 24; byte < whole.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = whole;
      damaged[byte] ^= static_cast<std::uint8_t>(1 << bit);
      expect_error(ErrorKind::kInput, {"x", "corrupted", "checksum"},
                   [&] { SafetensorsReader(damaged, "x"); });
    }
  }
}

TEST(Safetensors, NamesWhatIsWrongWithTheHeader) {
  const std::string four(4, '\0');
  expect_refused("{", "", {"not JSON", "offset"});
  expect_refused("[]", "", {"not a JSON object", "array"});
  expect_refused(std::string(100, '['), "", {"nested too deeply"});
  expect_refused(R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", four,
                 {"tensor 'a'", "unknown dtype \"F31\""});
  expect_refused(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", four, {"unknown dtype null"});
  expect_refused(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", four,
                 {"shape", "-1"});
  expect_refused(R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", four, {"shape"});
  expect_refused(R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", four, {"a list"});
  expect_refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", four,
                 {"at offset", "needs 8 bytes, found 4"});
  expect_refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", four,
                 {"do not lie in the file's 4 bytes"});
  expect_refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", four, {"[4, 0]"});
  expect_refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}})", four, {"two numbers"});
  expect_refused(
      R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}})",
      four, {"too large"});
  expect_refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", four,
                 {"unknown field 'x'"});
  expect_refused(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                 R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
                 four, {"'a' twice"});
  expect_refused(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                 R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                 four, {"tensor 'b'", "without gap or overlap"});
  expect_refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})", four,
                 {"tensor 'a'", "without gap or overlap"});
  expect_refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", four,
                 {"the tensors end at offset", "the file at"});
  expect_refused(R"({"__metadata__":{"k":1}})", "", {"__metadata__", "'k'"});
  expect_refused(R"({"__metadata__":3})", "", {"__metadata__"});
}

TEST(Safetensors, RefusesAHugeHeaderLengthBeforeTakingMemory) {
  std::vector<std::uint8_t> bytes(16, 0xff);
  expect_error(ErrorKind::kInput, {"not a safetensors file", "offset 0"},
               [&] { SafetensorsReader(bytes, "x"); });
}

TEST(Safetensors, SurvivesRandomDamage) {
  const auto whole = small_file();
  Random random{2024};
  for (int i = 0; i < 20000; ++i) {
    auto damaged = whole;
    const auto changes = 1 + random.below(4);
    for (std::int64_t c = 0; c < changes; ++c) {
      damaged[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(damaged.size())))] =
          static_cast<std::uint8_t>(random.below(256));
    }
    damaged.resize(
        static_cast<std::size_t>(random.below(static_cast<std::int64_t>(damaged.size()) + 1)));
    try {
      const SafetensorsReader reader(damaged, "x");
      for (const auto& tensor : reader.tensors()) {
        ASSERT_LE(tensor.offset + tensor.bytes, damaged.size());
      }
    } catch (const Error&) {
    }
  }
}

TEST(Safetensors, RefusesANameUsedTwice) {
  SafetensorsWriter writer;
  const float value = 0;
  writer.add("a", DType::kF32, {1}, &value);
  expect_error(ErrorKind::kRuntime, {"'a'", "twice"},
               [&] { writer.add("a", DType::kF32, {1}, &value); });
}

}  // namespace
}  // namespace staa::format
