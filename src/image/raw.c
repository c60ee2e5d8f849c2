/*
 * Raw samples: there is no header, so the command line describes them when reading. Writing gives the samples as
 * in rows (16 bits little-endian).
 */
#include "image/format.h"

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    if (raw == NULL) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "raw pixels need a width, a height and a number of channels");
    }
    reader->info.width = raw->width;
    reader->info.height = raw->height;
    reader->info.channels = raw->channels;
    reader->info.depth = 8;
    reader->info.maxval = 255;
    return BSWZ_OK; /* reader.c checks the numbers */
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    return picture_read_exactly(reader->source, rows, count * reader->row_bytes, error);
}

static void close_reader(struct picture_reader *reader) {
    (void)reader;
}

const struct picture_reader_methods picture_raw_reader = {open_reader, read_rows, NULL, close_reader};

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    (void)head;
    if (writer->info.indexed) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "raw pixels have no palette");
    }
    return BSWZ_OK;
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    return writer->sink.write(writer->sink.context, rows, count * writer->row_bytes, error);
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    (void)writer;
    (void)tail;
    (void)error;
    return BSWZ_OK;
}

static void close_writer(struct picture_writer *writer) {
    (void)writer;
}

const struct picture_writer_methods picture_raw_writer = {open_writer, write_rows, finish_writer, close_writer};
