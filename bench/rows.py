"""Rows of the file that all benchmarks share: build/bench.json."""

import json, os


def row(name, ours, peer=None, theirs=None, ratio=None):
    """`ratio` when it is better known than by dividing (a median of many)."""
    if ratio is None and theirs is not None:
        ratio = ours / theirs
    return {"name": name, "ours": ours, "theirs": theirs, "peer": peer, "ratio": ratio}


def put(file, rows):
    """In the place of older rows of the same name and peer."""
    told = {(one["name"], one["peer"]) for one in rows}
    before = []
    if os.path.exists(file):
        with open(file) as old:
            before = [one for one in json.load(old) if (one["name"], one["peer"]) not in told]
    with open(file, "w") as out:
        json.dump(before + rows, out, indent=2)
        out.write("\n")


def tell(rows):
    for one in rows:
        line = f'{one["name"]:<54} ours {one["ours"]:9.3f}'
        if one["theirs"] is not None:
            line += f'   {one["peer"]:<32} {one["theirs"]:9.3f}   ratio {one["ratio"]:.3f}'
        print(line)
