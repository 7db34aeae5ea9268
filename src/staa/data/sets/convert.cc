#include "staa/data/sets/convert.h"

#include "staa/data/sets/cifar.h"
#include "staa/data/sets/image_folder.h"

namespace staa::data {

ConvertSummary convert_image_folder(const std::filesystem::path& source,
                                    const std::filesystem::path& target) {
  const auto sets = read_image_folder(source);
  write_cifar10(target, *sets.train, *sets.test);
  return {sets.train->size(), sets.test->size(), sets.train->shape(), sets.train->classes()};
}

}  // namespace staa::data
