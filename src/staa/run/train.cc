#include "staa/run/train.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cmath>

#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/nn/whitening.h"
#include "staa/ops/cuda.h"
#include "staa/options/names.h"
#include "staa/run/description.h"
#include "staa/run/device.h"
#include "staa/run/environment.h"
#include "staa/run/fit_options.h"
#include "staa/run/network.h"
#include "staa/run/precision.h"
#include "staa/run/records.h"
#include "staa/run/reporter.h"
#include "staa/run/run_folder.h"
#include "staa/run/run_lock.h"
#include "staa/run/signals.h"
#include "staa/run/whitening.h"
#include "staa/train/agreement.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/text.h"

namespace staa::run {
namespace {

/// The stop reason when keep_going returns false; larger than any signal number.
constexpr int kToldToStop = 1 << 16;

/// Checks the run's folder without creating it. Refuses an existing run unless resuming, and
/// refuses resuming if there is no run.
RunFolder choose_folder(const TrainRequest& request) {
  RunFolder folder(request.out);
  if (folder.has_run() && !request.resume) {
    fail(ErrorKind::kUsage,
         "{}: a run is already here; use --resume to continue from its last checkpoint, or another "
         "--out for a new run",
         request.out.string());
  }
  if (request.resume && !folder.has_run()) {
    fail(ErrorKind::kUsage, "{}: nothing to resume: there is no checkpoint {}",
         request.out.string(), folder.last().filename().string());
  }
  return folder;
}

void check_recipes(const recipe::Recipe& own, distributed::Communicator& all) {
  if (own.train.batch < all.size()) {
    fail(ErrorKind::kUsage,
         "train.batch = {}: expected at least one sample for each of {} processes", own.train.batch,
         all.size());
  }
  // The path of the data and the way they are loaded may differ between machines.
  auto recipe = own;
  recipe.data.path = recipe.data.class_names = recipe.data.cache = "";
  recipe.data.workers = recipe.threads = 0;
  recipe.device = {};
  recipe.device_index = -1;
  train::check_agreement(all, {{"recipe", recipe::to_toml(recipe)}});
}

void announce(const recipe::Recipe& recipe, const inputs::Sources& sources,
              const models::Network& network, torch::Device device,
              const distributed::Communicator& all, Reporter& reporter) {
  reporter.say(fmt::format("{}: {} training and {} test images, {} classes", sources.train->name(),
                           with_thousands(sources.train->size()),
                           with_thousands(sources.test->size()), sources.input.classes.size()));
  const auto gpu = ops::cuda::device_name(device);
  reporter.say(fmt::format(
      "{} of width {}, {} neurons, T = {}: {} parameters, on {}{} with {} threads",
      recipe.model.network, recipe.model.width, to_string(recipe.neuron.kind), recipe.model.steps,
      with_thousands(models::parameter_count(network)), device.str(),
      gpu.empty() ? "" : fmt::format(" ({})", gpu), at::get_num_threads()));
  if (device.is_cuda() && !ops::cuda::has_kernels() &&
      recipe.execution.operators == Operators::kFused) {
    reporter.warn(
        "this build has no kernels for GPUs, so neurons run on the plain composition, "
        "slowly and in much memory: build with nvcc and a LibTorch for CUDA");
  }
  if (!all.alone()) {
    reporter.say(fmt::format(
        "{} processes, started by {}, {} here; {} of a batch of {} each", all.size(),
        all.launch().by, all.launch().local_size,
        recipe.train.sync_batch_norm ? "shares" : "shares, with statistics of their own,",
        recipe.train.batch));
  }
}

/// Replaces precision = "auto" by the faster precision on this machine. The leader chooses, and the
/// run keeps that choice.
void settle_precision(recipe::Recipe& recipe, const inputs::Sources& sources, Reporter& reporter,
                      distributed::Communicator& all) {
  const bool open = recipe.execution.precision == Precision::kAuto;
  if (open) set_threads(recipe.threads, all.launch().local_size);
  PrecisionChoice choice{recipe.execution.precision, ""};
  if (open && all.leads()) {
    const auto& shape = sources.input.shape;
    const std::vector<std::int64_t> input{shape.steps,
                                          std::min<std::int64_t>(recipe.train.batch, 32),
                                          shape.channels, shape.height, shape.width};
    choice = choose_precision(network_options(recipe, sources.input), input,
                              choose_device(recipe, all.launch().local_rank));
  }
  // Processes with a fixed precision take part too: whether the recipes agree is checked later.
  const auto leaders =
      torch::tensor({all.leads() ? static_cast<double>(choice.precision) : 0.0}, torch::kDouble);
  all.sum(leaders);
  if (!open) return;
  recipe.execution.precision = static_cast<Precision>(std::lround(leaders.item<double>()));
  reporter.say(fmt::format("precision {}: {}", to_string(recipe.execution.precision),
                           all.leads() ? choice.reason : "the leader's choice"));
}

/// Keeps what precision = "auto" stood for at the start of the run when it is resumed.
void keep_precision(recipe::Recipe& recipe, const std::filesystem::path& checkpoint) {
  if (recipe.execution.precision != Precision::kAuto) return;
  const auto stored =
      recipe::parse_recipe(load_description(checkpoint).recipe, checkpoint.string() + " (recipe)");
  recipe.execution.precision = stored.execution.precision;
}

/// Reports how the run ended.
void conclude(const TrainResult& result, Reporter& reporter) {
  const auto& progress = result.progress;
  if (result.stopped) {
    const std::string by = StopSignals::name(result.signal);
    reporter.say(fmt::format("stopped {}after epoch {} and {} batches; continue with --resume",
                             by.empty() ? "" : "by " + by + " ", progress.epoch, progress.batch));
    return;
  }
  const auto best =
      progress.best_epoch > 0
          ? fmt::format("best {:.2f} % in epoch {}", progress.best_top1, progress.best_epoch)
          : std::string("no epoch of the network that the recipe asks for");
  reporter.say(fmt::format("done: last {:.2f} %, {}; {} of training", result.last.top1, best,
                           human_duration(progress.seconds)));
}

/// Fits the recipe's network in its folder. The recipe's precision must no longer be "auto".
TrainResult fit_in_folder(const TrainRequest& request, const inputs::Sources& sources,
                          const RunFolder& folder, Reporter& reporter) {
  const auto& recipe = request.recipe;
  auto& all = *request.all;
  const auto device = choose_device(recipe, all.launch().local_rank);
  check_precision(recipe, device);
  make_repeatable(device);
  set_threads(recipe.threads, all.launch().local_size);
  torch::manual_seed(static_cast<std::uint64_t>(recipe.seed));
  const auto network = models::make_network(network_options(recipe, sources.input));
  network->to(device);
  const bool goes_on = request.resume && std::filesystem::exists(folder.last());
  auto stem = network->whitening();
  if (!goes_on && stem) fit_whitening(*stem, *sources.train, recipe);
  check_recipes(recipe, all);

  const RunDescription description{recipe::to_toml(recipe), sources.input};
  auto options = fit_options(recipe);
  options.device = device;
  options.checkpoint = folder.last();
  options.resume = goes_on;
  options.metadata = to_metadata(description);
  options.all = request.all;
  Records records(folder, reporter, *network, description, all.leads());

  bool told_to_stop = false;
  train::Callbacks callbacks;
  // Nothing in the folder changes before its checkpoint has been read and all processes agree.
  callbacks.begin = [&](const train::Progress& progress) {
    if (all.leads()) {
      if (request.resume && !train::is_done(progress, options)) {
        folder.keep_metrics(progress.epoch);
      }
      // Also write the recipe on resuming: later starts and readers of the run need the changed
      // keys.
      write_file_atomically(folder.recipe(), description.recipe);
      folder.append_environment(describe_environment(device));
      if (recipe.train.tensorboard) records.begin_events(progress.step, options.loss_scale > 0);
    }
    announce(recipe, sources, *network, device, all, reporter);
    if (progress.step > 0) {
      reporter.say(
          fmt::format("resumed after {} epochs and {} batches", progress.epoch, progress.batch));
    }
  };
  callbacks.step = [&](const train::StepReport& report) {
    records.step(report);
    if (request.keep_going && !request.keep_going(report.progress)) told_to_stop = true;
  };
  callbacks.evaluation = [&] { records.evaluation(); };
  callbacks.epoch = [&](const train::EpochReport& report) { records.epoch(report); };
  callbacks.saved = [&](const train::EpochReport& report) { records.saved(report); };
  callbacks.stop = [&] { return told_to_stop ? kToldToStop : StopSignals::received(); };
  callbacks.say = [&](const std::string& line) { reporter.say(line); };
  callbacks.warn = [&](const std::string& line) { reporter.warn(line); };
  const auto fitted = train::fit({network, train::StillInput::kSequence}, sources.train,
                                 sources.test, options, callbacks);
  return {fitted.progress, fitted.last, fitted.stop != 0,
          fitted.stop == kToldToStop ? 0 : fitted.stop};
}

TrainResult train_together(TrainRequest request) {
  auto& all = *request.all;
  const auto folder = all.leads() ? choose_folder(request) : RunFolder(request.out);
  // Open the data before the folder is created, so that missing data leave no folder behind.
  const auto sources = inputs::open_data(request.recipe);
  RunLock lock;
  if (all.leads()) {
    make_folder(folder.root());
    lock.lock(folder.root());
    choose_folder(request);  // another process may have trained here since the first check
  }
  const StopSignals signals;
  Reporter reporter(all.leads() ? folder.log() : "", request.quiet);
  if (request.resume && std::filesystem::exists(folder.last())) {
    keep_precision(request.recipe, folder.last());
  }
  settle_precision(request.recipe, sources, reporter, all);
  const auto result = fit_in_folder(request, sources, folder, reporter);
  conclude(result, reporter);
  all.finish();
  return result;
}

}  // namespace

void check_folder(const TrainRequest& request) { choose_folder(request); }

TrainResult train(const TrainRequest& request) {
  try {
    return train_together(request);
  } catch (const std::exception& error) {
    request.all->report_failure(error.what());
    throw;
  }
}

}  // namespace staa::run
