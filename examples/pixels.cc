// SPDX-License-Identifier: MIT
//
// Pixels in memory, compressed and restored, in C++: a class of pixels that frees its memory, and errors as exceptions.
//
//     c++ -std=c++17 pixels.cc $(pkg-config --cflags --libs bswz) -o pixels
//     ./pixels 300 200 > rings.bsw
//     bswz -d < rings.bsw > rings.png
#include <bswz.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <vector>

// Throw what the library says, unless all is well.
static void check(bswz_status status, const bswz_error &error) {
    if (status != BSWZ_OK) {
        throw std::runtime_error(error.message);
    }
}

// A picture of three colours, 8 bits each.
class Picture {
public:
    Picture(uint32_t width, uint32_t height) : width(width), height(height), samples(size_t{3} * width * height) {}

    // From a compressed picture of any kind; grey becomes colour, and alpha is left out.
    explicit Picture(const std::vector<uint8_t> &stream) {
        bswz_info info = {};
        bswz_error error;
        info.size = sizeof info;
        bswz_memory memory = {stream.data(), stream.size()};
        check(bswz_get_info(bswz_from_memory(&memory), &info, &error), error);
        if (!info.has_pixels) {
            throw std::runtime_error("not a single picture");
        }
        *this = Picture(info.width, info.height);
        bswz_pixels pixels = description();
        memory = {stream.data(), stream.size()};
        check(bswz_decompress_pixels(bswz_from_memory(&memory), &pixels, nullptr, &error), error);
    }

    std::vector<uint8_t> compressed(int level) {
        bswz_compress_options options = {};
        options.size = sizeof options;
        options.level = level;
        const bswz_pixels pixels = description();
        std::vector<uint8_t> stream;
        bswz_error error;
        check(bswz_compress_pixels(&pixels, {append, &stream}, &options, &error), error);
        return stream;
    }

    uint8_t *at(uint32_t x, uint32_t y) { return &samples[size_t{3} * (size_t{width} * y + x)]; }

    bool operator==(const Picture &other) const {
        return width == other.width && height == other.height && samples == other.samples;
    }

private:
    uint32_t width, height;
    std::vector<uint8_t> samples;

    bswz_pixels description() {
        bswz_pixels pixels = {};
        pixels.size = sizeof pixels;
        pixels.width = width;
        pixels.height = height;
        pixels.channels = 3;
        pixels.bits = 8;
        pixels.samples = samples.data();
        return pixels;
    }

    // The library is C: no exception may pass through it.
    static int append(void *context, const uint8_t *bytes, size_t size) {
        try {
            auto *stream = static_cast<std::vector<uint8_t> *>(context);
            stream->insert(stream->end(), bytes, bytes + size);
            return 0;
        } catch (const std::bad_alloc &) {
            return -1;
        }
    }
};

int main(int count, char **arguments) {
    try {
        const uint32_t width = count > 2 ? uint32_t(std::atoi(arguments[1])) : 0;
        const uint32_t height = count > 2 ? uint32_t(std::atoi(arguments[2])) : 0;
        if (width == 0 || height == 0) {
            throw std::runtime_error("Usage: pixels WIDTH HEIGHT > FILE.bsw");
        }
        Picture rings(width, height);
        for (uint32_t y = 0; y < height; y++) {
            for (uint32_t x = 0; x < width; x++) {
                const uint32_t distance = (x * x + y * y) / 64;
                rings.at(x, y)[0] = uint8_t(distance);
                rings.at(x, y)[1] = uint8_t(distance / 2);
                rings.at(x, y)[2] = uint8_t(x + y);
            }
        }
        const std::vector<uint8_t> stream = rings.compressed(5);
        if (!(Picture(stream) == rings)) {
            throw std::runtime_error("not what was compressed");
        }
        std::cout.write(reinterpret_cast<const char *>(stream.data()), std::streamsize(stream.size()));
        std::cerr << size_t{3} * width * height << " -> " << stream.size() << " bytes\n";
        return std::cout.flush() ? 0 : 1;
    } catch (const std::exception &problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
}
