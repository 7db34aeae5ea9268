#include "staa/distributed/nccl.h"

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <utility>

namespace staa::distributed {

c10::intrusive_ptr<Backend> open_nccl(c10::intrusive_ptr<c10d::Store> keys, std::int64_t rank,
                                      std::int64_t size) {
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(std::move(keys), static_cast<int>(rank),
                                                     static_cast<int>(size),
                                                     c10d::ProcessGroupNCCL::Options::create());
}

}  // namespace staa::distributed
