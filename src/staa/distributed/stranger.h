#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "staa/distributed/communicator.h"
#include "staa/util/error.h"

/// Protection against an unrelated program at the meeting point. If it sends nothing, c10d's store
/// would wait forever. If it hangs up, a thread of the store throws, which would end this program
/// without a helpful message.
namespace staa::distributed {

/// From now on, a c10d thread whose connection breaks ends the program with exit code 1 and a
/// message that names the rank and the meeting point.
void watch_for_strangers(const Launch& launch);

/// Mark the start and the successful end of an exchange with the meeting point. During an exchange,
/// and forever after a failed one, any exception in a thread counts as a broken connection: if a
/// store reads a stranger's bytes as a length, it may fail to allocate that much memory.
void begin_exchange();
void end_exchange();

[[noreturn]] void fail_silent(const Launch& launch, std::chrono::seconds patience);
[[noreturn]] void fail_broken(const Launch& launch, const std::exception& error);

/// Runs `f`, which communicates with the meeting point. Returns its result or throws its Error. If
/// `f` throws another exception or does not return in time, throws Error(kRuntime) naming the
/// meeting point; its thread is then left running until the program ends.
template <class F>
auto exchange(const Launch& launch, std::chrono::seconds patience, F f) {
  using Result = decltype(f());
  const auto task = std::make_shared<std::packaged_task<Result()>>(std::move(f));
  auto result = task->get_future();
  begin_exchange();
  std::thread([task] { (*task)(); }).detach();
  // The time limits inside f should expire first.
  if (result.wait_for(patience + std::chrono::seconds(1)) != std::future_status::ready) {
    fail_silent(launch, patience);
  }
  try {
    auto value = result.get();
    end_exchange();
    return value;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail_broken(launch, error);
  }
}

}  // namespace staa::distributed
