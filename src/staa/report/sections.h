#pragma once

#include <string>
#include <vector>

#include "staa/report/run.h"

/// The parts of a page, each a complete <section>: the contents of a run's folder
/// (sections_folder.cc) and the measurements of its network (sections_network.cc).
namespace staa::report {

/// One row per run: network, best and last accuracy, time and energy, and what is missing.
std::string summary_section(const std::vector<RunData>& runs);

/// Accuracy, loss, learning rate and speed by epoch, as charts and tables.
std::string curves_section(const std::vector<RunData>& runs);

/// Firing rates and energy by layer.
std::string costs_section(const std::vector<RunData>& runs);

/// Confusions between classes: a matrix for few classes, the most common ones for many classes.
std::string confusion_section(const std::vector<RunData>& runs);

/// The misclassified samples with the largest loss.
std::string worst_section(const std::vector<RunData>& runs);

/// Grad-CAM, GC's attention and SA's gates.
std::string maps_section(const std::vector<RunData>& runs);

/// Where the runs were trained, their recipes, and the keys that differ between them.
std::string recipe_section(const std::vector<RunData>& runs);

}  // namespace staa::report
