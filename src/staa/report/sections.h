#pragma once

#include <string>
#include <vector>

#include "staa/report/run.h"

/// The parts of a page, each as a whole <section>: what a run's folder says (sections_folder.cc)
/// and what its network was measured to do (sections_network.cc).
namespace staa::report {

/// A row a run: network, best and last accuracy, time, energy; and what is missing.
std::string summary_section(const std::vector<Run>& runs);

/// Accuracy, loss, learning rate and speed by epoch; the same as tables.
std::string curves_section(const std::vector<Run>& runs);

/// Firing rates and energy by layer.
std::string costs_section(const std::vector<Run>& runs);

/// What is taken for what: a matrix for few classes, the commonest confusions for many.
std::string confusion_section(const std::vector<Run>& runs);

/// The samples that are wrong with the largest loss.
std::string worst_section(const std::vector<Run>& runs);

/// Grad-CAM, GC's attention and SA's gates.
std::string maps_section(const std::vector<Run>& runs);

/// Where the runs ran, their recipes, and in which keys these differ.
std::string recipe_section(const std::vector<Run>& runs);

}  // namespace staa::report
