/* Classifies one raw image (bytes, [height, width, channels]): classify MODEL IMAGE */
#include <staa/runtime/runtime_c.h>
#include <stdio.h>
#include <stdlib.h>

static int complain(const char* what) {
  fprintf(stderr, "classify: %s\n", what);
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 3) return complain("expected MODEL IMAGE");
  staa_model* model = staa_model_load(argv[1]);
  if (model == NULL) return complain(staa_error());
  const staa_shape shape = staa_model_input(model);
  const size_t size = shape.channels * shape.height * shape.width;
  unsigned char* image = malloc(size);
  FILE* file = fopen(argv[2], "rb");
  if (image == NULL || file == NULL || fread(image, 1, size, file) != size) {
    return complain("cannot read the image");
  }
  fclose(file);

  staa_session* session = staa_session_new(model);
  staa_prediction found;
  if (session == NULL || staa_classify(session, image, 0, &found) != 0) {
    return complain(staa_error());
  }
  printf("%s %.4f %zu steps\n", staa_model_class(model, found.label), found.probability,
         found.steps);
  staa_session_free(session);
  staa_model_free(model);
  free(image);
  return 0;
}
