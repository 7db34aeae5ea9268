#include "staa/nir/transfer.h"

#include <cstring>
#include <type_traits>
#include <utility>

#include "staa/util/error.h"

namespace staa::nir {
namespace {

/// Writer and Loader have the same functions, so that transfer_node() describes the format once.
class Writer {
 public:
  template <class T>
  void number(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class T>
  void numbers(const std::vector<T>& values) {
    number(values.size());
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  void text(const std::string& value) {
    number(value.size());
    bytes_ += value;
  }
  template <class T, class F>
  void list(const std::vector<T>& items, const F& f) {
    number(items.size());
    for (const auto& item : items) f(item);
  }
  template <class T, class F>
  void map(const std::map<std::string, T>& items, const F& f) {
    number(items.size());
    for (const auto& [key, value] : items) {
      text(key);
      f(value);
    }
  }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Loader {
 public:
  explicit Loader(const std::string& bytes) : bytes_(bytes) {}

  template <class T>
  void number(T& value) {
    std::memcpy(&value, take(1, sizeof value), sizeof value);
  }
  template <class T>
  void numbers(std::vector<T>& values) {
    const auto count = size();
    const char* from = take(count, sizeof(T));
    values.resize(count);
    if (count > 0) std::memcpy(values.data(), from, count * sizeof(T));
  }
  void text(std::string& value) {
    const auto count = size();
    value.assign(take(count, 1), count);
  }
  template <class T, class F>
  void list(std::vector<T>& items, const F& f) {
    for (auto count = size(); count > 0; --count) f(items.emplace_back());
  }
  template <class T, class F>
  void map(std::map<std::string, T>& items, const F& f) {
    for (auto count = size(); count > 0; --count) {
      std::string key;
      text(key);
      f(items[key]);
    }
  }

 private:
  std::size_t size() {
    std::size_t value = 0;
    number(value);
    return value;
  }
  const char* take(std::size_t count, std::size_t each) {
    if (count > (bytes_.size() - at_) / each) {
      fail(ErrorKind::kRuntime,
           "the process that read a NIR file sent {} bytes, which end too early", bytes_.size());
    }
    const char* from = bytes_.data() + at_;
    at_ += count * each;
    return from;
  }

  const std::string& bytes_;
  std::size_t at_ = 0;
};

template <class Archive, class AnyNode>
void transfer_node(Archive& archive, AnyNode& node) {
  const auto text = [&](auto& value) { archive.text(value); };
  const auto array = [&](auto& value) {
    archive.numbers(value.shape);
    archive.numbers(value.values);
    archive.number(value.type);
  };
  text(node.name);
  text(node.type);
  archive.map(node.arrays, array);
  archive.map(node.texts, text);
  archive.map(node.metadata, array);
  archive.map(node.notes, text);
  archive.list(node.nodes, [&](auto& inner) { transfer_node(archive, inner); });
  archive.list(node.edges, [&](auto& edge) {
    text(edge.from);
    text(edge.to);
  });
}

}  // namespace

std::string to_bytes(const Node& node) {
  Writer out;
  transfer_node(out, node);
  return out.take();
}

Node from_bytes(const std::string& bytes) {
  Loader in(bytes);
  Node node;
  transfer_node(in, node);
  return node;
}

}  // namespace staa::nir
