#include "cli/gradcam.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_gradcam(CLI::App& app, Action& action) {
  auto options = std::make_shared<GradcamOptions>();
  auto* command = app.add_subcommand(
      "gradcam", "Draw what a trained network looks at in one sample, layer by layer (PNG)");
  command->add_option("run", options->run, "Folder of the run")->required()->type_name("DIR");
  command->add_option("--compare", options->compare, "Another run, drawn beside it")
      ->type_name("DIR");
  auto* sample =
      command->add_option("--sample", options->sample, "Which sample of the test set, from 0")
          ->check(CLI::NonNegativeNumber)
          ->type_name("N");
  command->add_option("--image", options->image, "A PNG or JPEG of any size instead")
      ->type_name("FILE")
      ->excludes(sample);
  command->add_option("--layer", options->layer, "One layer of neurons, such as stages.0.1.conv2")
      ->type_name("NAME|all")
      ->capture_default_str();
  command
      ->add_option("--class", options->class_name,
                   "Explain this class; else the sample's own, of an image the one found")
      ->type_name("NAME");
  command->add_option("-o,--out", options->out, "Picture to write")->required()->type_name("FILE");
  add_checkpoint(*command, options->checkpoint, "Which weights");
  command->add_option("-s,--set", options->overrides, "Set a key of the recipe, such as data.path")
      ->type_name("KEY=VALUE");
  command->add_flag("--json", options->json, "Print one JSON object with all maps");
  command->callback(
      [options, &action] { action = [options] { return gradcam_command(*options); }; });
}

}  // namespace staa::app
