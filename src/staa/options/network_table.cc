#include "staa/options/network_table.h"

namespace staa {

const std::vector<std::string>& network_names() {
  static const std::vector<std::string> names{"resnet18", "resnet19", "resnet20",
                                              "resnet34", "vgg13",    "vgg7"};
  return names;
}

}  // namespace staa
