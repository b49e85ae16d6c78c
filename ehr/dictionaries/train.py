"""Trains a dictionary: ``python -m ehr.dictionaries.train NUMBER FILE.json…`` (Bundles, each entry a sample).

Writes ``NUMBER.zdict`` beside this file. Dictionaries in use are never changed or removed: frames name them.
"""

import random
import sys
from pathlib import Path

import msgspec
import orjson
import zstandard

SIZE = 112 * 1024
SAMPLES = 12_000


def samples(paths: list[Path]) -> list[bytes | bytearray | memoryview[int]]:
    """The bodies of all entries, or of so many of them, by chance."""
    bodies: list[bytes | bytearray | memoryview[int]] = []
    for path in paths:
        for entry in orjson.loads(path.read_bytes())["entry"]:
            bodies += [msgspec.json.format(orjson.dumps(entry["resource"]), indent=-1)]
    random.Random(1).shuffle(bodies)
    return bodies[:SAMPLES]


def main() -> None:
    """Trains and writes one dictionary."""
    number, paths = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    bodies = samples(paths)
    dictionary = zstandard.train_dictionary(SIZE, bodies, dict_id=number, level=3)
    Path(__file__).with_name(f"{number}.zdict").write_bytes(dictionary.as_bytes())
    compressor = zstandard.ZstdCompressor(level=1, dict_data=dictionary, write_checksum=False)
    before, after = sum(map(len, bodies)), sum(len(compressor.compress(body)) for body in bodies)
    print(f"{len(bodies)} samples, {before / len(bodies):.0f} -> {after / len(bodies):.0f} bytes each")


if __name__ == "__main__":
    main()
