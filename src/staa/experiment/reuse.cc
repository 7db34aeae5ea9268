#include "staa/experiment/reuse.h"

#include <algorithm>

#include "staa/experiment/run_state.h"
#include "staa/run/run_folder.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::experiment {
namespace {

using std::filesystem::path;

/// The existing folders FOLDER/CELL/seed-N of all cells and seeds.
std::vector<path> run_folders(const path& experiment) {
  std::vector<path> found;
  std::error_code error;
  for (const auto& cell : std::filesystem::directory_iterator(experiment, error)) {
    if (!cell.is_directory()) continue;
    for (const auto& run : std::filesystem::directory_iterator(cell.path())) {
      if (run.is_directory() && run::RunFolder(run.path()).has_run()) found.push_back(run.path());
    }
  }
  if (error) {
    fail(ErrorKind::kUsage, "--reuse {}: cannot be read: {}", experiment.string(), error.message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Whether `folder` holds a finished run of `run`'s recipe.
bool is_finished_twin(GridRun run, const path& folder) {
  run.folder = folder;
  try {
    return look_at(run).stage == RunState::Stage::kFinished;
  } catch (const Error&) {
    return false;  // a run of another recipe, or a broken one
  }
}

void copy_run(const path& from, const path& to) {
  make_folder(to.parent_path());
  auto temporary = to;
  temporary += ".tmp";
  std::error_code error;
  std::filesystem::remove_all(temporary, error);
  std::filesystem::copy(from, temporary, std::filesystem::copy_options::recursive, error);
  if (!error) std::filesystem::rename(temporary, to, error);
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot copy {} here: {}", to.string(), from.string(),
         error.message());
  }
}

}  // namespace

std::size_t reuse_runs(const std::vector<GridRun>& runs, const std::vector<path>& folders) {
  std::vector<path> others;
  for (const auto& folder : folders) {
    for (auto& run : run_folders(folder)) others.push_back(std::move(run));
  }
  std::size_t copied = 0;
  for (const auto& run : runs) {
    if (std::filesystem::exists(run.folder)) continue;
    const auto twin = std::find_if(others.begin(), others.end(),
                                   [&](const path& other) { return is_finished_twin(run, other); });
    if (twin == others.end()) continue;
    copy_run(*twin, run.folder);
    ++copied;
  }
  return copied;
}

}  // namespace staa::experiment
