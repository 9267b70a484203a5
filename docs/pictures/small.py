"""Makes a picture of a browser small: its 256 most frequent colours, and the nearest of them for the rest.

    small.py FROM.png TO.png
"""
import collections
import struct
import sys
import zlib


def chunks(data):
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + length]
        at += 12 + length


def lines(data, width, height):
    """The picture's lines as bytes of RGB; PNG filters each line against the one before."""
    packed = b"".join(body for kind, body in chunks(data) if kind == b"IDAT")
    raw, size, before = zlib.decompress(packed), 3 * width, bytes(3 * width)
    for y in range(height):
        kind, line = raw[y * (size + 1)], bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for x in range(size):
            left, up = (line[x - 3] if x >= 3 else 0), before[x]
            if kind == 1:
                line[x] = (line[x] + left) & 255
            elif kind == 2:
                line[x] = (line[x] + up) & 255
            elif kind == 3:
                line[x] = (line[x] + (left + up) // 2) & 255
            elif kind == 4:
                corner = before[x - 3] if x >= 3 else 0
                guess = left + up - corner
                line[x] = (line[x] + min((abs(guess - left), 0, left), (abs(guess - up), 1, up),
                                         (abs(guess - corner), 2, corner))[2]) & 255
        before = bytes(line)
        yield before


def main(source, target):
    data = open(source, "rb").read()
    head = next(body for kind, body in chunks(data) if kind == b"IHDR")
    width, height, depth, colour = struct.unpack(">IIBB", head[:10])
    assert (depth, colour) == (8, 2), "a picture in RGB"
    picture = [[line[x:x + 3] for x in range(0, len(line), 3)] for line in lines(data, width, height)]
    palette = [one for one, _ in collections.Counter(one for line in picture for one in line).most_common(256)]
    index = {one: i for i, one in enumerate(palette)}

    def nearest(one):
        if one not in index:
            index[one] = min(range(len(palette)), key=lambda i: sum((a - b) ** 2 for a, b in zip(palette[i], one)))
        return index[one]

    raw = b"".join(b"\0" + bytes(map(nearest, line)) for line in picture)
    with open(target, "wb") as file:
        file.write(data[:8])
        for kind, body in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
                           (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")):
            file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))


main(*sys.argv[1:])
