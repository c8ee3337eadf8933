#ifndef MESH_NUMBER_H
#define MESH_NUMBER_H

/// Reads a decimal floating point number (`-12.5e-3`, `inf`, `nan`) and rounds it to the nearest double, ties to even, as
/// IEEE 754 wants it. Returns where the number ends, NULL if there is none.
const char *mesh_parse_double(const char *text, double *result);

#endif
