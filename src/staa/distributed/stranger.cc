#include "staa/distributed/stranger.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>

#include "staa/util/error.h"

namespace staa::distributed {
namespace {

std::terminate_handler before = nullptr;
std::atomic_flag spoken = ATOMIC_FLAG_INIT;
std::atomic<int> open_exchanges{0};

std::string& place() {
  static std::string text;
  return text;
}

std::string broken(const std::string& reason) {
  return fmt::format(
      "{}: the connection broke: {}; has rank 0 ended, or is another program at this port?",
      place(), reason.substr(0, reason.find('\n')));
}

/// Returns only for the first caller, so that one message is printed. The others block until the
/// program ends.
void claim_error_message() {
  if (!spoken.test_and_set()) return;
  for (;;) ::pause();
}

[[noreturn]] void end_broken(const std::exception& error) {
  claim_error_message();
  std::fprintf(stderr, "staa: error: %s\n", broken(error.what()).c_str());
  std::_Exit(1);
}

[[noreturn]] void end_with_a_message() {
  if (const auto thrown = std::current_exception()) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::system_error& error) {
      end_broken(error);
    } catch (const std::exception& error) {
      if (open_exchanges > 0) end_broken(error);
    } catch (...) {  // NOLINT(bugprone-empty-catch): not from the store
    }
  }
  if (before != nullptr) before();
  std::abort();
}

}  // namespace

void watch_for_strangers(const Launch& launch) {
  place() =
      fmt::format("rank {}: the meeting place {}:{}", launch.rank, launch.address, launch.port);
  if (std::get_terminate() != end_with_a_message) before = std::set_terminate(end_with_a_message);
}

void begin_exchange() { ++open_exchanges; }

void end_exchange() { --open_exchanges; }

void fail_silent(const Launch& launch, std::chrono::seconds patience) {
  claim_error_message();
  fail(ErrorKind::kRuntime,
       "rank {}: waited {} s for an answer at the meeting place {}:{}; is another program at this "
       "port?",
       launch.rank, patience.count(), launch.address, launch.port);
}

void fail_broken(const Launch&, const std::exception& error) {
  claim_error_message();
  fail(ErrorKind::kRuntime, "{}", broken(error.what()));
}

}  // namespace staa::distributed
