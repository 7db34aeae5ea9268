#include "staa/runtime/runtime_c.h"

#include <exception>
#include <string>

#include "staa/runtime/runtime.h"

struct staa_model {
  staa::runtime::Model model;
};

struct staa_session {
  staa::runtime::Session session;
};

struct staa_pool {
  staa::runtime::Pool pool;
};

namespace {

std::string& last_error() {
  static thread_local std::string message;
  return message;
}

/// Runs f. If it throws, stores the message and returns `failed`.
template <typename Result, typename F>
Result guarded(Result failed, const F& f) {
  try {
    last_error().clear();
    return f();
  } catch (const std::exception& error) {
    last_error() = error.what();
  } catch (...) {
    last_error() = "unknown error";
  }
  return failed;
}

staa_prediction told(const staa::runtime::Prediction& found,
                     const staa::runtime::Activity& activity) {
  return {found.label, found.probability, found.steps, activity.spikes, activity.energy_mj()};
}

template <typename F>
int predict(staa_session* session, staa_prediction* out, const F& f) {
  return guarded(-1, [&] {
    const auto found = f();
    *out = told(found, session->session.activity());
    return 0;
  });
}

}  // namespace

const char* staa_error(void) { return last_error().c_str(); }

staa_model* staa_model_load(const char* path) {
  return guarded<staa_model*>(
      nullptr, [&] { return new staa_model{staa::runtime::Model::load(std::string(path))}; });
}

void staa_model_free(staa_model* model) { delete model; }

size_t staa_model_steps(const staa_model* model) { return model->model.steps(); }

staa_shape staa_model_input(const staa_model* model) {
  const auto shape = model->model.input();
  return {shape.channels, shape.height, shape.width};
}

size_t staa_model_classes(const staa_model* model) { return model->model.classes().size(); }

const char* staa_model_class(const staa_model* model, size_t label) {
  const auto& classes = model->model.classes();
  return label < classes.size() ? classes[label].c_str() : nullptr;
}

staa_session* staa_session_new(const staa_model* model) {
  return guarded<staa_session*>(
      nullptr, [&] { return new staa_session{staa::runtime::Session(model->model)}; });
}

void staa_session_free(staa_session* session) { delete session; }

void staa_session_reset(staa_session* session) { session->session.reset(); }

int staa_classify(staa_session* session, const uint8_t* image, float confidence,
                  staa_prediction* prediction) {
  return predict(session, prediction, [&] { return session->session.classify(image, confidence); });
}

int staa_push_image(staa_session* session, const uint8_t* image, staa_prediction* prediction) {
  return predict(session, prediction, [&] { return session->session.push(image); });
}

int staa_push_frame(staa_session* session, const float* frame, staa_prediction* prediction) {
  return predict(session, prediction, [&] { return session->session.push(frame); });
}

staa_pool* staa_pool_new(const staa_model* model, size_t threads) {
  return guarded<staa_pool*>(
      nullptr, [&] { return new staa_pool{staa::runtime::Pool(model->model, threads)}; });
}

void staa_pool_free(staa_pool* pool) { delete pool; }

size_t staa_pool_threads(const staa_pool* pool) { return pool->pool.threads(); }

int staa_pool_classify(staa_pool* pool, const uint8_t* images, size_t count, float confidence,
                       staa_prediction* predictions) {
  return guarded(-1, [&] {
    const auto values = pool->pool.image_values();
    pool->pool.run(count, [&](staa::runtime::Session& session, std::size_t i) {
      const auto found = session.classify(images + i * values, confidence);
      predictions[i] = told(found, session.activity());
    });
    return 0;
  });
}

size_t staa_model_bytes(const staa_model* model) { return model->model.weight_bytes(); }

size_t staa_session_bytes(const staa_session* session) { return session->session.state_bytes(); }

size_t staa_pool_bytes(const staa_pool* pool) { return pool->pool.state_bytes(); }
