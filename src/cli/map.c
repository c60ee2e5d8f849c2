/* SPDX-License-Identifier: MIT */
/*
 * Tiles as text (map.h).
 */
#include "cli/map.h"

#include "cli/message.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct map_table *table, const char *text, ...) __attribute__((format(printf, 2, 3)));

static void put(struct map_table *table, const char *text, ...) {
    char line[200];
    va_list arguments;
    va_start(arguments, text);
    const int size = vsnprintf(line, sizeof line, text, arguments);
    va_end(arguments);
    if (!table->failed && size > 0) {
        table->failed = table->output.write(table->output.context, (const uint8_t *)line, (size_t)size) != 0;
    }
}

static uint32_t side_of(uint32_t number, uint32_t size) {
    const uint32_t left = size - number * BSWZ_MAP_TILE;
    return left < BSWZ_MAP_TILE ? left : BSWZ_MAP_TILE;
}

static double pixels_of(const struct bswz_picture_map *map, uint32_t column, uint32_t row) {
    return (double)side_of(column, map->width) * side_of(row, map->height);
}

/* bswz(1) describes the columns; new ones may only be added at the end. */
static void put_tiles(struct map_table *table, const struct bswz_picture_map *map) {
    put(table, "picture\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%.3f\t%" PRIu64 "\n", map->width,
        map->height, map->columns, map->rows, map->bits, map->compressed_size);
    for (uint32_t row = 0; row < map->rows; row++) {
        for (uint32_t column = 0; column < map->columns; column++) {
            const struct bswz_map_tile *tile = &map->tiles[(size_t)row * map->columns + column];
            put(table, "tile\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%.3f\t%s\t%s\n",
                column * BSWZ_MAP_TILE, row * BSWZ_MAP_TILE, side_of(column, map->width), side_of(row, map->height),
                tile->bits, tile->coding, tile->origin);
        }
    }
}

/* Tiles that are coded in the same way. */
struct way {
    const struct bswz_map_tile *tile; /* one of them */
    uint64_t tiles;
    double bits, pixels;
};

enum { WAYS = 16 };

static struct way *find_way(struct way ways[WAYS], const struct bswz_map_tile *tile) {
    unsigned i = 0;
    while (i < WAYS - 1 && ways[i].tile != NULL &&
           (strcmp(ways[i].tile->coding, tile->coding) != 0 || strcmp(ways[i].tile->origin, tile->origin) != 0)) {
        i++;
    }
    ways[i].tile = ways[i].tile != NULL ? ways[i].tile : tile;
    return &ways[i];
}

static void explain(const struct map_table *table, const struct bswz_picture_map *map) {
    struct way ways[WAYS] = {{.tile = NULL}};
    double least = 0.0, most = 0.0;
    for (uint32_t row = 0; row < map->rows; row++) {
        for (uint32_t column = 0; column < map->columns; column++) {
            const struct bswz_map_tile *tile = &map->tiles[(size_t)row * map->columns + column];
            const double pixels = pixels_of(map, column, row), bits = tile->bits / pixels;
            struct way *way = find_way(ways, tile);
            way->tiles++;
            way->bits += tile->bits;
            way->pixels += pixels;
            least = (row == 0 && column == 0) || bits < least ? bits : least;
            most = (row == 0 && column == 0) || bits > most ? bits : most;
        }
    }
    const double all = 8.0 * (double)map->compressed_size;
    message_notice(table->name,
                   "%" PRIu32 "x%" PRIu32 ", %" PRIu32 "x%" PRIu32
                   " tiles of %.4f to %.4f bits per pixel; %.1f %% of the bits have no place in the picture",
                   map->width, map->height, map->columns, map->rows, least, most, 100.0 * (1.0 - map->bits / all));
    for (unsigned i = 0; i < WAYS && ways[i].tile != NULL; i++) {
        const struct way *way = &ways[i];
        const bool has_origin = strcmp(way->tile->origin, "-") != 0;
        message_notice(table->name, "%-7s %s%s%s: %" PRIu64 " tiles, %.1f %% of the bits, %.4f bits per pixel",
                       way->tile->colour, way->tile->coding, has_origin ? ", " : "",
                       has_origin ? way->tile->origin : "", way->tiles, 100.0 * way->bits / all,
                       way->bits / way->pixels);
    }
    message_notice(table->name,
                   "dark is 0 bits per pixel, a quarter of the way to light is 0.5, half is 4, and light is 32");
}

void map_print(void *context, const struct bswz_picture_map *map) {
    struct map_table *table = context;
    if (table->options->robot) {
        put_tiles(table, map);
    }
    if (table->options->verbosity >= VERBOSITY_NOTICES) {
        explain(table, map);
    }
}
