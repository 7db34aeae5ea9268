// The commands that need LibTorch, which takes half a second to load: `staa` becomes the program
// that has them only when one of them has been parsed, so that help, complaints and completion come
// at once.

#include "plain/torch_commands.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
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

/// Tells OpenBLAS, with which Debian's LibTorch multiplies matrices, which kernels to use: it takes
/// a processor that is newer than itself for one of 2004. A choice of the user's stays.
void choose_blas_kernels() {
#ifdef __x86_64__
  const char* kernels = nullptr;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels = "Haswell";
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    kernels = "SkylakeX";
  }
  if (kernels != nullptr) ::setenv("OPENBLAS_CORETYPE", kernels, /*overwrite=*/0);
#endif
}

/// Replaces this process; returns only by an exception.
int become_torch_program() {
  const auto own = std::filesystem::read_symlink("/proc/self/exe");
  const auto path = (own.parent_path() / STAA_TORCH_PROGRAM).lexically_normal();
  choose_blas_kernels();
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
