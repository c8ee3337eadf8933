#include <zlib.h>

/// `inflateInit2` is a macro, which Swift doesn't see. 31: gzip alone, with the largest window.
static inline int wasmesh_gzip_begin(z_stream *stream) { return inflateInit2(stream, 31); }
