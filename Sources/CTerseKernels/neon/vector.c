#if defined(__aarch64__)

#define TERSE_VECTOR_TABLE terse_vector_neon
#define TERSE_PANEL_VECTORS 1
#define TERSE_PANEL_ROWS 6
#include "../vector_body.h"

#endif
