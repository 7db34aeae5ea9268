#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "staa/distributed/communicator.h"
#include "staa/util/error.h"

/// Against a program at the meeting place that is none of this run: one that says nothing would
/// hold c10d's store for ever, and one that hangs up makes a thread of the store throw, which ends
/// the program without a word of where.
namespace staa::distributed {

/// From here on, a thread of c10d whose connection breaks ends the program with exit code 1 and a
/// message that names the rank and the meeting place.
void watch_for_strangers(const Launch& launch);

/// Says that a talk begins, and that it ended well. Between the two (and for good after a talk that
/// failed) any exception of a thread counts as a broken connection: a store that takes the words of
/// a stranger for a length asks for that much memory.
void begin_talk();
void end_talk();

[[noreturn]] void fail_silent(const Launch& launch, std::chrono::seconds patience);
[[noreturn]] void fail_broken(const Launch& launch, const std::exception& error);

/// What `f` gives, which talks with whoever is at the meeting place. Throws its Error; where it
/// has another, or none in time, Error(kRuntime) that names the meeting place. In that case its
/// thread is left behind for the end of the program.
template <class F>
auto talk(const Launch& launch, std::chrono::seconds patience, F f) {
  using Result = decltype(f());
  const auto task = std::make_shared<std::packaged_task<Result()>>(std::move(f));
  auto result = task->get_future();
  begin_talk();
  std::thread([task] { (*task)(); }).detach();
  // What f itself waits for comes first.
  if (result.wait_for(patience + std::chrono::seconds(1)) != std::future_status::ready) {
    fail_silent(launch, patience);
  }
  try {
    auto value = result.get();
    end_talk();
    return value;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail_broken(launch, error);
  }
}

}  // namespace staa::distributed
