# SPDX-License-Identifier: MIT
# The Python module, with the shared library of the build: bytes, files, arrays, and Pillow.
load helper

setup() {
    [ -z "$SANITIZED$WRAPPER" ] || skip "a sanitizer or an emulator is in the library"
    needs_modules numpy PIL
    BSWZ_LIBRARY=$(dirname "$BSWZ")/libbswz.so
    export BSWZ_LIBRARY PYTHONPATH=$PROJECT/python PYTHONDONTWRITEBYTECODE=1
    cd "$BATS_TEST_TMPDIR" || return 1
    draw pnm ppm 90 70 > a.ppm
    draw png rgba8 40 30 > a.png
}

# python < PROGRAM: with these modules imported.
python() {
    { printf 'import io, os, sys, pathlib, bswz, numpy\n' && cat; } > program.py
    /usr/bin/python3 program.py
}

@test "bytes are compressed and restored as by the command" {
    bswz -9 < a.ppm > a.bsw
    python << 'END'
data = pathlib.Path("a.ppm").read_bytes()
assert bswz.compress(data, 9) == pathlib.Path("a.bsw").read_bytes()
for kind in (bytes, bytearray, memoryview):
    assert bswz.decompress(kind(bswz.compress(kind(data)))) == data
assert bswz.decompress(bswz.compress(b"")) == b""
assert bswz.compress(data, threads=1) == bswz.compress(data, threads=3)
pathlib.Path("exact.bsw").write_bytes(bswz.compress(pathlib.Path("a.png").read_bytes(), exact=True))
pathlib.Path("small.png").write_bytes(bswz.decompress(bswz.compress(data), to="png", scale=1))
END
    bswz -d < exact.bsw | cmp - a.png
    bswz -dc --to=png --scale=1/2 < a.bsw | cmp - small.png
    [ "bswz $(python <<< 'print(bswz.version())')" = "$(bswz -V)" ]
}

@test "errors are exceptions that say what and where" {
    python << 'END'
def error(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except Exception as problem:
        return problem
    raise AssertionError("no exception")

stream = bswz.compress(pathlib.Path("a.ppm").read_bytes())
cut = error(bswz.decompress, stream[:-50])
assert isinstance(cut, bswz.Error) and cut.status == bswz.Status.TRUNCATED and 0 < cut.offset <= len(stream), cut
damaged = bytearray(stream)
damaged[-60] ^= 1
assert error(bswz.decompress, damaged).status == bswz.Status.CORRUPT
assert error(bswz.decompress, b"junk").status == bswz.Status.FORMAT
assert error(bswz.info, b"junk").status == bswz.Status.FORMAT
assert error(bswz.decode, bswz.compress(b"text" * 99)).status == bswz.Status.UNSUPPORTED
assert error(bswz.decompress, stream, limit=1000).status == bswz.Status.WRITE
assert len(bswz.decompress(stream, limit=90 * 70 * 3 + 13)) == 90 * 70 * 3 + 13
for wrong in (0, 10):
    assert isinstance(error(bswz.compress, b"", wrong), ValueError)
assert isinstance(error(bswz.decompress, stream, to="gif"), ValueError)
assert isinstance(error(bswz.decompress, stream, scale=5), ValueError)
assert isinstance(error(bswz.decompress, "text"), TypeError)
END
}

@test "information about a stream" {
    bswz -k a.png
    python << 'END'
found = bswz.info("a.png.bsw")
assert found == bswz.info(pathlib.Path("a.png.bsw")) == bswz.info(pathlib.Path("a.png.bsw").read_bytes())
assert (found.width, found.height, found.channels, found.depth, found.maxval) == (40, 30, 4, 8, 255), found
assert found.has_pixels is True and found.format == "PNG" and found.promise == "pixels"
assert found.compressed_size == os.path.getsize("a.png.bsw") and (found.pictures, found.others) == (1, 0)
text = bswz.info(bswz.compress(b"text"))
assert not text.has_pixels and text.format is None and (text.pictures, text.others, text.width) == (0, 1, 0)
END
}

@test "an error reaches another process whole" {
    python << 'END'
import pickle
problem = pickle.loads(pickle.dumps(bswz.Error("words", bswz.Status.CORRUPT, 7)))
assert (type(problem), str(problem), problem.status, problem.offset) == (bswz.Error, "words", bswz.Status.CORRUPT, 7)
END
}

@test "maps are those of the command" {
    "$TOOLS/photo" 70 40 > photo.ppm
    cat photo.ppm a.ppm > two
    bswz < two > two.bsw
    bswz --map --robot two.bsw > table
    python << 'END'
stream = pathlib.Path("two.bsw").read_bytes()
maps = bswz.map(stream)
lines = []
for found in maps:
    assert found.bits.dtype == numpy.float64 and found.bits.shape == (-(-found.height // 32), -(-found.width // 32))
    rows, columns = found.bits.shape
    assert len(found.coding) == len(found.origin) == rows and len(found.coding[0]) == columns
    lines.append(["picture", found.width, found.height, columns, rows, f"{found.bits.sum():.3f}", found.compressed_size])
    for row in range(rows):
        for column in range(columns):
            x, y = column * found.TILE, row * found.TILE
            lines.append(["tile", x, y, min(32, found.width - x), min(32, found.height - y),
                          f"{found.bits[row, column]:.3f}", found.coding[row][column], found.origin[row][column]])
assert "".join("\t".join(str(part) for part in line) + "\n" for line in lines) == pathlib.Path("table").read_text()
assert len(maps) == 2 and (numpy.asarray(maps[0].coding) == maps[0].coding[0][0]).shape == (2, 3)
for wrong, status in ((bswz.compress(b"words"), bswz.Status.UNSUPPORTED), (stream[:-30], bswz.Status.TRUNCATED)):
    try:
        bswz.map(wrong)
        raise AssertionError(status)
    except bswz.Error as problem:
        assert problem.status == status, problem
END
}

@test "arrays of every shape and type come back" {
    python << 'END'
random = numpy.random.default_rng(7)
for shape in ((1, 1), (30, 20), (30, 20, 1), (17, 5, 2), (30, 20, 3), (9, 70, 4)):
    for kind in (numpy.uint8, numpy.uint16):
        array = random.integers(0, numpy.iinfo(kind).max, shape, kind, endpoint=True)
        back = bswz.decode(bswz.encode(array))
        assert back.dtype == kind and back.flags.writeable, back.dtype
        assert back.shape == (shape[:2] if shape[-1] == 1 and len(shape) == 3 else shape), back.shape
        assert numpy.array_equal(back.reshape(shape), array)
whole = random.integers(0, 255, (64, 64, 3), numpy.uint8)
view = whole[::-2, 1::3]  # neither contiguous nor in order
assert numpy.array_equal(bswz.decode(bswz.encode(view, 1)), view)
assert numpy.array_equal(bswz.decode(bswz.encode(memoryview(whole))), whole)
pathlib.Path("whole.bsw").write_bytes(bswz.encode(whole))
pathlib.Path("whole.raw").write_bytes(whole.tobytes())
for wrong in (whole.astype(float), whole > 3, whole.astype(">u2"), whole.astype(numpy.int8)):
    try:
        bswz.encode(wrong)
        raise AssertionError(wrong.dtype)
    except TypeError:
        pass
for wrong in (whole[0, 0], whole[:0], whole.reshape(64, 24, 8), whole.reshape(2, 32, 64, 3)):
    try:
        bswz.encode(wrong)
        raise AssertionError(wrong.shape)
    except ValueError:
        pass
END
    bswz -dc --to=raw whole.bsw | cmp - whole.raw # and for every other program it is a PNG file
    [ "$(bswz -l --robot whole.bsw | grep -c PNG)" -ge 1 ]
}

@test "arrays of pictures, at a scale, in part, with other channels and bits" {
    draw pnm pgm 33 21 > grey.pgm
    python << 'END'
def ppm(name):
    data = pathlib.Path(name).read_bytes()
    kind, width, height, most = data.split(None, 4)[:4]
    channels = 3 if kind == b"P6" else 1
    samples = numpy.frombuffer(data[-int(width) * int(height) * channels:], numpy.uint8)
    return samples.reshape((int(height), int(width)) + ((3,) if channels == 3 else ()))

colour, grey = ppm("a.ppm"), ppm("grey.pgm")
stream = bswz.compress(pathlib.Path("a.ppm").read_bytes())
assert numpy.array_equal(bswz.decode(stream), colour)
assert numpy.array_equal(bswz.decode(stream, scale=2), colour[::4, ::4])
assert numpy.array_equal(bswz.decode(stream, rows=(10, 23)), colour[10:23])
assert numpy.array_equal(bswz.decode(stream, rows=(3, 5), scale=1), colour[6:10:2, ::2])
rgba = bswz.decode(stream, channels=4, bits=16)
assert rgba.shape == (70, 90, 4) and (rgba[..., 3] == 65535).all()
assert numpy.array_equal(rgba[..., :3], colour.astype(numpy.uint16) * 257)
light = bswz.compress(pathlib.Path("grey.pgm").read_bytes())
assert numpy.array_equal(bswz.decode(light), grey)
assert numpy.array_equal(bswz.decode(light, channels=3), numpy.stack([grey] * 3, -1))
for wrong in (dict(rows=(60, 71)), dict(channels=1), dict(scale=5), dict(bits=12), dict(rows=(5, 5))):
    try:
        bswz.decode(stream, **wrong)
        raise AssertionError(wrong)
    except (ValueError, bswz.Error):
        pass
cut = bswz.decode(stream[:-200], rescue=True)
assert cut.shape == colour.shape and not numpy.array_equal(cut, colour)
END
}

@test "arrays without numpy" {
    python << 'END'
expected = bswz.decode(bswz.compress(pathlib.Path("a.ppm").read_bytes())).tolist()
for name in [name for name in sys.modules if name.split(".")[0] in ("numpy", "bswz")]:
    del sys.modules[name]
sys.modules["numpy"] = None  # as if it were not installed
import bswz
view = bswz.decode(bswz.compress(pathlib.Path("a.ppm").read_bytes()))
assert isinstance(view, memoryview) and view.shape == (70, 90, 3) and view.tolist() == expected
assert bswz.decode(bswz.encode(view)) == view
bits = bswz.map(bswz.encode(view))[0].bits
assert isinstance(bits, memoryview) and bits.shape == (3, 3) and sum(sum(row) for row in bits.tolist()) > 0
END
}

@test "file objects" {
    bswz < a.ppm > a.bsw
    head -c 300 a.bsw > cut.bsw
    python << 'END'
data = pathlib.Path("a.ppm").read_bytes()
with bswz.open("a.bsw") as file:
    assert file.read(3) == data[:3] and file.read() == data[3:] and file.read() == b""
with bswz.open("a.bsw") as file:
    file.read(1)  # closed early
with bswz.open(io.BytesIO(pathlib.Path("a.bsw").read_bytes())) as file:
    assert b"".join(iter(lambda: file.read(7777), b"")) == data
with bswz.open("b.bsw", "wb", 1, threads=1) as file:
    for start in range(0, len(data), 1000):
        file.write(data[start:start + 1000])
memory = io.BytesIO()
with bswz.open(memory, "wb", 1) as file:
    file.write(data)
assert memory.getvalue() == pathlib.Path("b.bsw").read_bytes()
with bswz.open("text.bsw", "wt", encoding="utf-8") as file:
    print("Grüße", file=file)
with bswz.open("text.bsw", "rt", encoding="utf-8") as file:
    assert file.readlines() == ["Grüße\n"]
try:
    bswz.open("text.bsw", "xb")
    raise AssertionError("overwritten")
except FileExistsError:
    pass

# what fails is reported
try:
    with bswz.open("cut.bsw") as file:
        file.read()
    raise AssertionError("a truncated file")
except bswz.Error as problem:
    assert problem.status == bswz.Status.TRUNCATED
class Full(io.RawIOBase):
    def write(self, data):
        raise OSError(28, "No space left on device")
try:
    with bswz.open(Full(), "wb") as file:
        file.write(os.urandom(1 << 20))
    raise AssertionError("a full disk")
except OSError as problem:
    assert problem.errno == 28, problem
class Bad(io.RawIOBase):
    def read(self, size=-1):
        raise RuntimeError("bad")
try:
    bswz.open(Bad()).read()
    raise AssertionError("a broken file")
except RuntimeError:
    pass
class Long(Bad):
    def read(self, size=-1):
        return bytes(size + (1 << 20))
class Text(Bad):
    def read(self, size=-1):
        return "text"
for wrong, kind in ((Long(), ValueError), (Text(), TypeError)):
    try:
        bswz.open(wrong).read()
        raise AssertionError(kind)
    except kind:
        pass
class Busy(io.RawIOBase):  # does not block, and takes nothing
    def write(self, data):
        return None
try:
    with bswz.open(Busy(), "wb") as file:
        file.write(data)
    raise AssertionError("nothing was written")
except BlockingIOError:
    pass

# more than an int of C can count
import bswz._library
assert len(bswz._library.memory_at(4096, (1 << 32) + 8)) == (1 << 32) + 8  # not looked at

# after an exception there is no whole stream
for mode, part in (("wb", b"half"), ("wt", "half")):
    try:
        with bswz.open("half.bsw", mode) as file:
            file.write(part)
            raise KeyError
    except KeyError:
        pass
    try:
        bswz.decompress(pathlib.Path("half.bsw").read_bytes())
        raise AssertionError(mode)
    except bswz.Error:
        pass

# one that is dropped ends its thread
import gc, threading, time
file = bswz.open(io.BytesIO(bswz.compress(bytes(range(256)) * 40000)))
file.read(1)
del file
gc.collect()
for _ in range(100):
    if threading.active_count() == 1:
        break
    time.sleep(0.05)
assert threading.active_count() == 1
END
    bswz -d < b.bsw | cmp - a.ppm
}

@test "Pillow opens and saves" {
    draw png palette8 50 40 > p.png
    draw png grey16 30 20 > deep.png
    draw png grey1 60 50 > bits.png
    cjpeg -quality 90 a.ppm > a.jpg
    convert a.ppm -delay 5 "(" a.ppm -negate ")" a.gif
    draw pnm pgm100 30 20 > odd.pgm
    { printf "P5\n30 20\n4095\n" && /usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(b"".join((i * 7 % 4096).to_bytes(2, "big") for i in range(600)))'; } > slice.pgm
    for file in a.ppm a.png p.png deep.png bits.png a.jpg a.gif odd.pgm slice.pgm; do
        bswz -k "$file"
    done
    python << 'END'
from PIL import Image
import bswz.pillow

for name, mode in (("a.ppm", "RGB"), ("a.png", "RGBA"), ("p.png", "RGB"), ("deep.png", "I"), ("bits.png", "L"),
                   ("a.jpg", "RGB"), ("a.gif", None), ("odd.pgm", "L"), ("slice.pgm", "I")):
    with Image.open(name + ".bsw") as image, Image.open(name) as source:
        assert image.format == "BSW" and image.get_format_mimetype() == "image/x-bswz"
        assert image.size == source.size, name
        assert mode is None or image.mode in (mode, mode + "A"), (name, image.mode)
        ours, theirs = numpy.asarray(image).astype(int), numpy.asarray(source.convert(image.mode)).astype(int)
        most = 1 if name in ("odd.pgm", "slice.pgm") else 0  # halves are rounded in another way
        assert ours.shape == theirs.shape and abs(ours - theirs).max() <= most, name

with Image.open("a.ppm.bsw") as image, Image.open("a.ppm") as source:
    image.thumbnail((25, 25))
    assert image.size == (25, 19), image.size
with Image.open("a.ppm.bsw") as image, Image.open("a.ppm") as source:
    image.draft(None, (45, 35))
    assert image.size == (45, 35)
    assert numpy.array_equal(numpy.asarray(image), numpy.asarray(source)[::2, ::2])

picture = Image.open("a.ppm")
picture.save("saved.bsw", level=1, dpi=(300, 300))
Image.open("p.png").save("palette.bsw")
with Image.open("saved.bsw") as image:
    assert numpy.array_equal(numpy.asarray(image), numpy.asarray(picture))
    assert round(image.info["dpi"][0]) == 300
memory = io.BytesIO()
picture.save(memory, "BSW")
assert numpy.array_equal(numpy.asarray(Image.open(io.BytesIO(memory.getvalue()))), numpy.asarray(picture))

# what is none, or damaged, is an error
pathlib.Path("cut.bsw").write_bytes(pathlib.Path("a.ppm.bsw").read_bytes()[:-40])
pathlib.Path("words.bsw").write_bytes(bswz.compress(b"words"))
pathlib.Path("nested.bsw").write_bytes(bswz.compress(pathlib.Path("a.ppm.bsw").read_bytes()))
for name in ("cut.bsw", "words.bsw", "nested.bsw"):
    try:
        Image.open(name).load()
        raise AssertionError(name)
    except OSError:
        pass
END
    bswz -dc palette.bsw > palette.png
    assert_same_pixels palette.png p.png
}

@test "types fit" {
    cd "$PROJECT/python"
    mypy --strict --ignore-missing-imports --allow-subclassing-any --cache-dir="$BATS_TEST_TMPDIR/types" bswz
    cat > "$BATS_TEST_TMPDIR/user.py" << 'END'
import bswz

with bswz.open("a.bsw") as file:
    data: bytes = file.read()
maps: list[bswz.Map] = bswz.map(bswz.compress(data, 9))
width: str = maps[0].width
END
    run -1 mypy --strict --ignore-missing-imports --allow-subclassing-any --cache-dir="$BATS_TEST_TMPDIR/types" "$BATS_TEST_TMPDIR/user.py"
    [[ ${lines[0]} == *user.py:6:*'has type "int"'* ]]
    [[ ${lines[1]} == "Found 1 error in 1 file"* ]]
}
