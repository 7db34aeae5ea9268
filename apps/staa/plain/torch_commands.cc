// The commands that need LibTorch, which takes half a second to load: `staa` becomes the program
// that has them only when one of them has been parsed, so that help, complaints and completion come
// at once.

#include "plain/torch_commands.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "cli/eval.h"
#include "cli/experiment.h"
#include "cli/export.h"
#include "cli/gradcam.h"
#include "cli/info.h"
#include "cli/profile.h"
#include "cli/report.h"
#include "cli/train.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

char** arguments = nullptr;

/// Replaces this process; returns only by an exception.
int become_torch_program() {
  const auto own = std::filesystem::read_symlink("/proc/self/exe");
  const auto path = (own.parent_path() / STAA_TORCH_PROGRAM).lexically_normal();
  std::cout.flush();
  std::fflush(nullptr);
  ::execv(path.c_str(), arguments);
  fail(ErrorKind::kRuntime,
       "{}: {}; it is part of the installation of staa and runs the commands that need LibTorch",
       path.string(), std::generic_category().message(errno));
}

}  // namespace

void remember_arguments(char** argv) { arguments = argv; }

int train_command(const TrainOptions&) { return become_torch_program(); }
int eval_command(const EvalOptions&) { return become_torch_program(); }
int profile_command(const ProfileOptions&) { return become_torch_program(); }
int experiment_command(const ExperimentOptions&) { return become_torch_program(); }
int gradcam_command(const GradcamOptions&) { return become_torch_program(); }
int report_command(const ReportOptions&) { return become_torch_program(); }
int export_command(const ExportOptions&) { return become_torch_program(); }
int info_command(const InfoOptions&) { return become_torch_program(); }

}  // namespace staa::app
