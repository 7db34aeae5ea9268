#include <chrono>

#include "distributed/together.h"

namespace staa::distributed {
namespace {

using test::expect_error;
using test::together;
using All = std::shared_ptr<Communicator>;

TEST(Group, AddsUpBroadcastsAndGathers) {
  STAA_NEEDS_MANY_PROCESSES();
  for (const std::int64_t size : {2, 4}) {
    together(size, [size](const All& all) {
      const auto rank = static_cast<double>(all->rank());
      const auto sum = torch::full({3}, rank, torch::kDouble);
      all->sum(sum);
      EXPECT_EQ(sum[0].item<double>(), static_cast<double>(size * (size - 1) / 2));
      const auto first = torch::full({2}, rank + 7);
      all->broadcast(first);
      EXPECT_EQ(first[1].item<double>(), 7);
      const auto parts = all->gather(torch::full({1}, rank));
      ASSERT_EQ(static_cast<std::int64_t>(parts.size()), size);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        EXPECT_EQ(parts[i].item<double>(), static_cast<double>(i));
      }
    });
  }
}

TEST(Group, GathersRowsOfUnequalNumbersAndTexts) {
  STAA_NEEDS_MANY_PROCESSES();
  together(3, [](const All& all) {
    const auto rank = all->rank();
    const auto rows = torch::arange(rank * 2).view({rank, 2}) + 10 * rank;  // rank 0 has none
    const auto expected = torch::tensor({10, 11, 20, 21, 22, 23}, torch::kLong).view({3, 2});
    EXPECT_TRUE(torch::equal(gather_rows(*all, rows), expected));
    const auto texts = gather_texts(
        *all,
        std::vector<std::string>(static_cast<std::size_t>(rank), "line\n" + std::to_string(rank)));
    EXPECT_EQ(texts, (std::vector<std::string>{"line\n1", "line\n2", "line\n2"}));
  });
}

TEST(Group, AFailureReachesTheOthersWithItsRank) {
  STAA_NEEDS_MANY_PROCESSES();
  const auto begin = std::chrono::steady_clock::now();
  const auto work = [](const All& all) {
    if (all->rank() == 1) {
      all->report_failure("its disk is full");
      return;
    }
    all->sum(torch::ones({4}));
  };
  expect_error(ErrorKind::kRuntime, {"rank 1", "its disk is full"},
               [&] { together(2, work, /*finish=*/false); });
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST(Group, NamesTheProcessesThatDoNotCome) {
  STAA_NEEDS_MANY_PROCESSES();
  const auto store = keep_store();
  Launch launch;
  launch.size = 3;
  launch.address = "127.0.0.1";
  launch.port = store->port();
  launch.served = true;
  expect_error(ErrorKind::kRuntime, {"waited 1 s", "missing: rank 1, 2"}, [&] {
    connect(launch, {std::chrono::seconds(2), std::chrono::seconds(1)});
  });
}

}  // namespace
}  // namespace staa::distributed
