/* The C interface of the runtime. After a failed call, staa_error() returns the reason. A model may
 * be used by many threads, a session by one at a time. */
#ifndef STAA_RUNTIME_RUNTIME_C_H_
#define STAA_RUNTIME_RUNTIME_C_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct staa_model staa_model;
typedef struct staa_session staa_session;
typedef struct staa_pool staa_pool;

typedef struct staa_shape {
  size_t channels;
  size_t height;
  size_t width;
} staa_shape;

typedef struct staa_prediction {
  size_t label;
  float probability;
  size_t steps;
  uint64_t spikes;
  double energy_mj;
} staa_prediction;

/* The reason why the calling thread's last call failed; valid until its next call. */
const char* staa_error(void);

/* Returns NULL on failure. */
staa_model* staa_model_load(const char* path);
void staa_model_free(staa_model* model);
size_t staa_model_steps(const staa_model* model);
staa_shape staa_model_input(const staa_model* model);
size_t staa_model_classes(const staa_model* model);
/* The name of a class, or NULL if there is none; valid as long as the model. */
const char* staa_model_class(const staa_model* model, size_t label);

/* Returns NULL on failure. The session keeps the model's weights alive. */
staa_session* staa_session_new(const staa_model* model);
void staa_session_free(staa_session* session);
/* The next push is the first time step. */
void staa_session_reset(staa_session* session);

/* Runs all steps of an image [height, width, channels] of bytes. With a confidence above 0 it stops
 * once the probability reaches it. This and the next two functions return 0, or -1 on failure. */
int staa_classify(staa_session* session, const uint8_t* image, float confidence,
                  staa_prediction* prediction);
/* Run one time step with a frame of bytes, or of values that are used unchanged. */
int staa_push_image(staa_session* session, const uint8_t* image, staa_prediction* prediction);
int staa_push_frame(staa_session* session, const float* frame, staa_prediction* prediction);

/* Runs batches on many threads. A pool has `threads` sessions of its own (0: as many as there are
 * cores) and may be used by one thread at a time. It keeps the model's weights alive. Returns NULL
 * on failure. */
staa_pool* staa_pool_new(const staa_model* model, size_t threads);
void staa_pool_free(staa_pool* pool);
size_t staa_pool_threads(const staa_pool* pool);
/* Divides `count` images, which follow each other in memory, among the threads, and writes one
 * prediction per image, in the same order. Returns 0, or -1 on failure; the contents of
 * `predictions` are then undefined. */
int staa_pool_classify(staa_pool* pool, const uint8_t* images, size_t count, float confidence,
                       staa_prediction* predictions);

/* Memory in bytes: that of the weights in the file, and the work memory of a session or of all
 * sessions of a pool, which reaches its final size with the first image. */
size_t staa_model_bytes(const staa_model* model);
size_t staa_session_bytes(const staa_session* session);
size_t staa_pool_bytes(const staa_pool* pool);

#ifdef __cplusplus
}
#endif
#endif
