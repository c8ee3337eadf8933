#!/usr/bin/env python3
"""Draws `perf script` output as a flame graph: python3 Benchmarks/flamegraph.py TITLE < stacks > graph.svg

Widths are shares of the samples; frames narrower than a four-hundredth are left out. Swift's names are shortened by `swift demangle`.
"""
import collections, html, re, subprocess, sys

WIDTH, ROW, NARROW = 1200, 17, 1 / 400
COLOURS = {"guest": "#f59e0b", "wasmtime": "#fbbf24", "kernel": "#94a3b8", "rdkafka": "#34d399", "mesh": "#60a5fa", "swift": "#a5b4fc",
           "malloc": "#f87171", "other": "#e5e7eb"}


def kind(symbol, binary):
    if "perf-" in binary or "JIT" in binary: return "guest"
    for name in ("wasmtime", "rdkafka"):
        if name in binary: return name
    if "kernel" in binary: return "kernel"
    if "jemalloc" in binary or "libc.so" in binary and re.search("alloc|free|chunk", symbol): return "malloc"
    if "swift" in binary: return "swift"
    return "mesh" if "mesh" in binary or "inlined" in binary else "other"


def samples(lines):
    stack = None
    for line in lines:
        if not line.strip():
            if stack: yield stack
            stack = None
        elif stack is None:
            # The line of the thread: its name stands first.
            stack = [(line.split()[0].split("/")[0], "")]
        else:
            frame = re.match(r"\s+[0-9a-f]+ (.*) \((.*)\)$", line.rstrip())
            if frame: stack.insert(1, (re.sub(r"\+0x[0-9a-f]+$", "", frame[1]), frame[2].split("/")[-1]))
    if stack: yield stack


def demangled(names):
    names = sorted(names)
    done = subprocess.run(["swift", "demangle", "--compact", "--simplified"], input="\n".join(names), capture_output=True, text=True)
    return dict(zip(names, done.stdout.split("\n"))) if done.returncode == 0 else {}


class Node:
    def __init__(self): self.count, self.children = 0, collections.OrderedDict()


def main():
    title = sys.argv[1] if len(sys.argv) > 1 else "profile"
    root, depth, names = Node(), 0, set()
    for stack in samples(sys.stdin):
        merged = []
        for symbol, binary in stack:
            what = (("compiled guest code" if kind(symbol, binary) == "guest" else symbol), kind(symbol, binary))
            if not merged or merged[-1] != what: merged.append(what)
        root.count += 1
        node = root
        for what in merged:
            names.add(what[0])
            node = node.children.setdefault(what, Node())
            node.count += 1
    plain = demangled(names)
    boxes = []

    def place(node, x, level):
        nonlocal depth
        for (symbol, colour), child in sorted(node.children.items()):
            width = child.count / root.count * WIDTH
            if child.count / root.count >= NARROW:
                depth = max(depth, level)
                boxes.append((x, level, width, plain.get(symbol, symbol), colour, child.count))
                place(child, x, level + 1)
            x += width

    place(root, 0, 0)
    height = (depth + 1) * ROW + 50
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11">')
    print(f'<rect width="100%" height="100%" fill="white"/><text x="6" y="16">{html.escape(title)} ({root.count} samples)</text>')
    for index, (name, colour) in enumerate(COLOURS.items()):
        print(f'<rect x="{6 + index * 100}" y="24" width="12" height="12" fill="{colour}"/><text x="{22 + index * 100}" y="34">{name}</text>')
    for x, level, width, name, colour, count in boxes:
        y = height - (level + 1) * ROW
        shown = name[: max(0, int(width / 6.8) - 1)] if width > 28 else ""
        print(f'<g><title>{html.escape(name)}: {100 * count / root.count:.1f} %</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
              f'height="{ROW - 1}" fill="{COLOURS[colour]}" stroke="white" stroke-width="0.5"/>'
              f'<text x="{x + 2:.1f}" y="{y + 12}">{html.escape(shown)}</text></g>')
    print("</svg>")


main()
