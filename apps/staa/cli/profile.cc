#include "cli/profile.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_profile(CLI::App& app, Action& action) {
  auto options = std::make_shared<ProfileOptions>();
  auto* command = app.add_subcommand(
      "profile", "Count parameters, FLOPs, MACs, ACs, firing rates and energy, layer by layer");
  command
      ->add_option("target", options->target,
                   "A recipe (fresh weights, normalisation set from the images), or a run's folder "
                   "(its trained weights)")
      ->required()
      ->type_name("RECIPE|DIR");
  add_checkpoint(*command, options->checkpoint, "Which weights of a run");
  command->add_option("-n,--images", options->images, "Test images to average over")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--pj-per-byte", options->picojoules_per_byte,
                   "Energy of a byte to or from memory, in pJ")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("-s,--set", options->overrides, "Set a key of the recipe")
      ->type_name("KEY=VALUE");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback(
      [options, &action] { action = [options] { return profile_command(*options); }; });
}

}  // namespace staa::app
