#include "staa/nir/import.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "staa/nir/node_reader.h"
#include "staa/nir/order.h"
#include "staa/util/error.h"

namespace staa::nir {
namespace {

using Shape = std::vector<std::int64_t>;

class Importer {
 public:
  Importer(const Node& graph, const ImportOptions& options, const std::string& source)
      : graph_(without_subgraphs(graph, source)), options_(options), source_(source) {
    keep_delays_from_the_input();
  }

  Imported run() {
    find_ends();
    set_time();
    keep_what_leads_to_the_output();
    find_shapes();
    report();
    wire();
    build();
    report();
    return finish();
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::size_t kMostProblems = 30;
  static constexpr std::int64_t kMostValues = std::int64_t{1} << 24;  // per layer

  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorKind::kInput, "{}: {}", source_, why);
  }

  void note(const Node& node, const std::string& problem) {
    problems_.push_back(fmt::format("node '{}' ({}): {}", node.name, node.type, problem));
  }

  /// Runs `part` for a node and notes its error, if any.
  template <typename Part>
  void attempt(const Node& node, const Part& part) {
    try {
      part();
    } catch (const Problem& problem) {
      note(node, problem.what());
    } catch (const Error& error) {
      // The checks of the model file name the file and the node too.
      const std::string text = error.what();
      const auto prefix = fmt::format("{}: node '{}': ", source_, node.name);
      note(node, text.rfind(prefix, 0) == 0 ? text.substr(prefix.size()) : text);
    }
  }

  void report() const {
    if (problems_.empty()) return;
    if (problems_.size() == 1) refuse(problems_[0]);
    std::string text = fmt::format("{} nodes cannot be taken:", problems_.size());
    for (std::size_t i = 0; i < problems_.size() && i < kMostProblems; ++i) {
      text += "\n  " + problems_[i];
    }
    if (problems_.size() > kMostProblems) {
      text += fmt::format("\n  and {} more", problems_.size() - kMostProblems);
    }
    refuse(text);
  }

  /// If a Delay is in a loop, its inputs are read one step late. That is possible for layers but
  /// not for the network's input, so a pass node is put between the input and every Delay.
  void keep_delays_from_the_input() {
    std::map<std::string, std::string> types;
    for (const auto& node : graph_.nodes) types[node.name] = node.type;
    for (auto& edge : graph_.edges) {
      if (types.at(edge.from) != "Input" || types.at(edge.to) != "Delay") continue;
      Node pass;
      pass.name = edge.to + "@in";
      while (types.count(pass.name) > 0) pass.name += "+";  // a name of the file's own
      pass.type = kPass;
      types[pass.name] = kPass;
      const auto input = std::exchange(edge.from, pass.name);
      passes_.push_back({input, pass.name});
      graph_.nodes.push_back(std::move(pass));
    }
    graph_.edges.insert(graph_.edges.end(), passes_.begin(), passes_.end());
  }

  void find_ends() {
    std::vector<std::size_t> inputs;
    std::vector<std::size_t> outputs;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const auto& node = graph_.nodes[i];
      index_[node.name] = i;
      if (node.type == "Input") inputs.push_back(i);
      if (node.type == "Output") outputs.push_back(i);
      if (!is_known(node.type)) note(node, "nodes of this type are not supported");
    }
    report();
    if (inputs.size() != 1 || outputs.size() != 1) {
      refuse(fmt::format("expected a graph of one Input and one Output, found {} and {}",
                         inputs.size(), outputs.size()));
    }
    wiring_.nodes = graph_.nodes.size();
    wiring_.first = inputs[0];
    wiring_.last = outputs[0];
    for (const auto& edge : graph_.edges) {
      wiring_.links.push_back({index_.at(edge.from), index_.at(edge.to), false});
      if (wiring_.links.back().to == wiring_.first) {
        refuse(fmt::format("the edge from '{}' to '{}': the Input takes no edges", edge.from,
                           edge.to));
      }
      if (wiring_.links.back().from == wiring_.last) {
        refuse(fmt::format("the edge from '{}' to '{}': edges do not leave the Output", edge.from,
                           edge.to));
      }
    }
  }

  /// The dt in the metadata of the graph or of a node.
  std::optional<double> stated_dt() const {
    std::optional<double> dt;
    const auto look = [&](const Node& node) {
      const auto found = node.metadata.find("dt");
      if (found == node.metadata.end() || found->second.values.size() != 1) return;
      const double value = found->second.values[0];
      if (dt && *dt != value) {
        refuse(fmt::format("its metadata state a dt of {} s and one of {} s: choose one with --dt",
                           *dt, value));
      }
      dt = value;
    };
    look(graph_);
    for (const auto& node : graph_.nodes) look(node);
    return dt;
  }

  void set_time() {
    timing_.discretisation = options_.discretisation;
    timing_.subtract = options_.subtract;
    timing_.dt = options_.dt;
    if (options_.dt == 0) {
      const auto stated = stated_dt();
      imported_.stated_dt = stated.has_value();
      timing_.dt = stated.value_or(kUsualDt);
    }
    if (!(timing_.dt > 0) || !(timing_.dt <= 1e6)) {
      refuse(fmt::format("expected a dt above 0 s, found {} s", timing_.dt));
    }
  }

  void keep_what_leads_to_the_output() {
    std::vector<std::vector<std::size_t>> to(wiring_.nodes);
    for (const auto& link : wiring_.links) to[link.to].push_back(link.from);
    kept_.assign(wiring_.nodes, 0);
    std::vector<std::size_t> open{wiring_.last};
    kept_[wiring_.last] = 1;
    while (!open.empty()) {
      const auto node = open.back();
      open.pop_back();
      for (const auto from : to[node]) {
        if (kept_[from] != 0) continue;
        kept_[from] = 1;
        open.push_back(from);
      }
    }
    if (kept_[wiring_.first] == 0) refuse("no path leads from the Input to the Output");
    std::vector<Wiring::Link> links;
    for (const auto& link : wiring_.links) {
      if (kept_[link.from] != 0 && kept_[link.to] != 0) links.push_back(link);
    }
    wiring_.links = std::move(links);
  }

  /// Limits the memory that a small file can request.
  static void check_size(const Shape& shape) {
    std::int64_t values = 1;
    for (const auto extent : shape) {
      if (extent > kMostValues || values * extent > kMostValues) {
        complain("a shape of {}: more than {} values", format::describe_shape(shape), kMostValues);
      }
      values *= extent;
    }
  }

  /// Proceeds from the input: a node's shape is known once that of one of its inputs is.
  void find_shapes() {
    shapes_.resize(wiring_.nodes);
    layers_.resize(wiring_.nodes);
    inputs_.resize(wiring_.nodes);
    const auto& input = graph_.nodes[wiring_.first];
    attempt(input, [&] {
      shapes_[wiring_.first] = extents(input, "shape");
      check_size(shapes_[wiring_.first]);
    });
    report();
    const auto from = wiring_.links_from();
    std::vector<std::size_t> open{wiring_.first};
    std::vector<char> met(wiring_.nodes);
    while (!open.empty()) {
      const auto node = open.back();
      open.pop_back();
      for (const auto link : from[node]) {
        const auto to = wiring_.links[link].to;
        if (met[to] != 0) continue;
        met[to] = 1;
        inputs_[to] = shapes_[node];
        attempt(graph_.nodes[to], [&] {
          layers_[to] = layer_of(graph_.nodes[to], inputs_[to], timing_, source_);
          check_size(layers_[to].shape);
          shapes_[to] = layers_[to].shape;
          open.push_back(to);
        });
      }
    }
    report();
    for (std::size_t i = 0; i < wiring_.nodes; ++i) {
      if (kept_[i] == 0 || met[i] != 0 || i == wiring_.first) continue;
      note(graph_.nodes[i], "no path leads to it from the Input");
    }
    for (const auto& link : wiring_.links) {
      if (met[link.to] == 0 || shapes_[link.from].empty()) continue;
      if (shapes_[link.from] == inputs_[link.to]) continue;
      note(graph_.nodes[link.to],
           fmt::format("expected inputs of one shape, found {} and, from '{}', {}",
                       format::describe_shape(inputs_[link.to]), graph_.nodes[link.from].name,
                       format::describe_shape(shapes_[link.from])));
    }
  }

  void wire() {
    std::vector<std::string> names;
    for (const auto& node : graph_.nodes) {
      names.push_back(node.name);
      wiring_.neuron.push_back(is_neuron(node.type) ? 1 : 0);
      bool delays = node.type == "Delay" && kept_[names.size() - 1] != 0;
      if (delays) {
        for (const double steps : delay_steps(node, timing_.dt)) delays = delays && steps >= 1;
      }
      wiring_.delays.push_back(delays ? 1 : 0);
    }
    const auto delays = wiring_.delays;
    break_loops(wiring_, names, source_);
    for (std::size_t i = 0; i < wiring_.nodes; ++i) {
      if (delays[i] != 0 && wiring_.delays[i] == 0) shortened_.insert(i);
    }
  }

  void build() {
    auto& graph = imported_.graph;
    graph.input = shapes_[wiring_.first];
    std::vector<std::size_t> place(wiring_.nodes, kNone);
    place[wiring_.first] = format::kGraphInput;
    std::vector<std::size_t> nodes;
    for (const auto node : order(wiring_)) {
      if (kept_[node] == 0 || node == wiring_.first) continue;
      place[node] = nodes.size();
      nodes.push_back(node);
    }
    for (const auto node : nodes) graph.layers.push_back(layers_[node]);
    for (const auto& link : wiring_.links) {
      auto& layer = graph.layers[place[link.to]];
      if (!link.late) {
        layer.inputs.push_back(place[link.from]);
      } else {
        layer.late.push_back(place[link.from]);
      }
    }
    try {
      describe();
    } catch (const Problem& problem) {
      refuse(fmt::format("the graph's metadata: {}", problem.what()));
    }
    format::check_graph(graph, source_);  // check sizes before constants of these sizes are made
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto& source = graph_.nodes[nodes[i]];
      const auto& arrays = source.arrays;
      const bool timed =
          arrays.count("tau") > 0 || arrays.count("tau_mem") > 0 || arrays.count("delay") > 0;
      imported_.has_time = imported_.has_time || timed;
      attempt(source, [&] { add_constants(nodes[i], graph.layers[i]); });
    }
  }

  void add_constants(std::size_t node, format::Layer& layer) {
    auto constants = constants_of(graph_.nodes[node], layer, inputs_[node], timing_);
    if (shortened_.count(node) > 0) {
      for (auto& steps : constants.at("delay")) steps -= 1;
      --layer.longest;
    }
    for (auto& [part, values] : constants) {
      tensors_[layer.name + "." + part] = std::move(values);
    }
  }

  void describe() {
    auto& graph = imported_.graph;
    graph.network = "NIR";
    graph.dt = timing_.dt;
    graph.steps = options_.steps > 0 ? options_.steps : kUsualSteps;
    const auto steps = graph_.metadata.find("steps");
    if (options_.steps == 0 && steps != graph_.metadata.end()) {
      graph.steps = whole(Node{"", "", graph_.metadata, {}, {}, {}, {}, {}}, "steps", 1, 1 << 20);
    }
    const auto channels = static_cast<std::size_t>(graph.input[0]);
    const auto numbers = [&](const char* key, float otherwise) {
      const auto found = graph_.metadata.find(key);
      if (found == graph_.metadata.end() || found->second.values.size() != channels) {
        return std::vector<float>(channels, otherwise);
      }
      const auto& values = found->second.values;
      return std::vector<float>(values.begin(), values.end());
    };
    graph.mean = numbers("mean", 0);
    graph.stddev = numbers("stddev", 1);
    const auto outputs =
        static_cast<std::size_t>(format::extent_of(graph.layers.back().shape).values());
    const auto named = graph_.notes.find("classes");
    if (named != graph_.notes.end()) {
      const auto list = nlohmann::json::parse(named->second, nullptr, /*allow_exceptions=*/false);
      if (list.is_array() && list.size() == outputs) {
        for (const auto& name : list) {
          if (name.is_string()) graph.classes.push_back(name.get<std::string>());
        }
      }
    }
    if (graph.classes.size() != outputs) {
      graph.classes.clear();
      for (std::size_t i = 0; i < outputs; ++i) graph.classes.push_back(std::to_string(i));
    }
  }

  Imported finish() {
    auto& graph = imported_.graph;
    format::SafetensorsWriter writer;
    for (const auto& layer : graph.layers) {
      for (const auto& need : format::tensors_of(graph, layer)) {
        writer.add(need.name, need.dtype, need.shape, tensors_.at(need.name).data());
      }
    }
    writer.set_metadata(format::kModelKey, format::to_json(graph));
    imported_.file = writer.serialize();
    // Read the file back, which checks names, finite values and sizes.
    const format::GraphFile readable(format::SafetensorsReader(imported_.file, source_));
    return std::move(imported_);
  }

  Node graph_;
  std::vector<Edge> passes_;
  const ImportOptions& options_;
  const std::string& source_;
  Timing timing_;
  std::map<std::string, std::size_t> index_;
  Wiring wiring_;
  std::vector<char> kept_;
  std::vector<Shape> shapes_;  // of each node's output
  std::vector<Shape> inputs_;
  std::vector<format::Layer> layers_;
  std::set<std::size_t> shortened_;  // delays whose input is already one step late
  std::map<std::string, std::vector<float>> tensors_;
  std::vector<std::string> problems_;
  Imported imported_;
};

}  // namespace

Imported import_graph(const Node& graph, const ImportOptions& options, const std::string& source) {
  return Importer(graph, options, source).run();
}

}  // namespace staa::nir
