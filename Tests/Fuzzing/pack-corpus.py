#!/usr/bin/env python3
"""pack-corpus.py FOLDER FILE: many small inputs in one file, the shortest first, as Tests/Fuzzing/Corpus.swift reads it."""
import os
import struct
import sys

folder, target = sys.argv[1:3]
limit = 100_000
inputs = sorted((open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)), key=lambda i: (len(i), i))
size = 0
with open(target, "wb") as file:
    for count, data in enumerate(inputs):
        if size + len(data) + 4 > limit:
            print(f"{target}: {count} of {len(inputs)} inputs, the longer ones don't fit")
            break
        file.write(struct.pack("<I", len(data)) + data)
        size += len(data) + 4
    else:
        print(f"{target}: {len(inputs)} inputs, {size} bytes")
