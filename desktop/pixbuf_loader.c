/* SPDX-License-Identifier: MIT */
/*
 * A loader for gdk-pixbuf: with it, image viewers, file managers and thumbnailers that use GTK open .bsw files.
 *
 * A picture is decoded to pixels, at the smallest scale that is not smaller than what the application asks for; that is
 * what makes thumbnails cheap. JPEG files, which are decoded whole anyway, and all files without pixels, such as
 * animations, are restored, and passed on to the loader of their format, which also knows about orientation and
 * colour profiles.
 *
 * The file is collected in memory before anything happens, since a stream is not decoded in parts.
 */
#define GDK_PIXBUF_ENABLE_BACKEND
#include "bswz.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

/* The largest file that is restored for another loader. */
#define RESTORED_MAX ((size_t)1 << 30)

#define SCALE_MAX 4u

struct loading {
    GdkPixbufModuleSizeFunc size_func;
    GdkPixbufModulePreparedFunc prepared_func;
    GdkPixbufModuleUpdatedFunc updated_func;
    gpointer user_data;
    struct bswz_buffer file;
};

/* Turn an error of the library into one of GLib. */
static gboolean fail(const struct bswz_error *failure, GError **error) {
    const gboolean is_damage = failure->status == BSWZ_ERROR_FORMAT || failure->status == BSWZ_ERROR_TRUNCATED ||
                               failure->status == BSWZ_ERROR_CORRUPT;
    const gint code = failure->status == BSWZ_ERROR_MEMORY ? GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY
                      : is_damage                          ? GDK_PIXBUF_ERROR_CORRUPT_IMAGE
                                                           : GDK_PIXBUF_ERROR_FAILED;
    g_set_error_literal(error, GDK_PIXBUF_ERROR, code, failure->message);
    return FALSE;
}

/* ---- to pixels ---- */

/* The size that the application wants. FALSE: it wants nothing more. */
static gboolean ask_for_size(const struct loading *loading, const struct bswz_info *info, gint *width, gint *height) {
    *width = (gint)info->width;
    *height = (gint)info->height;
    if (loading->size_func != NULL) {
        loading->size_func(width, height, loading->user_data);
    }
    return *width > 0 && *height > 0;
}

static gboolean decode(const struct loading *loading, const struct bswz_info *info, unsigned scale, GdkPixbuf **result,
                       GError **error) {
    const unsigned channels = info->channels % 2 == 0 ? 4 : 3, step = 1u << scale;
    const uint32_t width = (info->width + step - 1) / step, height = (info->height + step - 1) / step;
    struct bswz_memory memory = {loading->file.bytes, loading->file.size};
    const struct bswz_decompress_options options = {.size = sizeof options, .scale = scale};
    struct bswz_error failure;
    GdkPixbuf *pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, channels == 4, 8, (int)width, (int)height);
    if (pixbuf == NULL) {
        g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY, "not enough memory");
        return FALSE;
    }
    struct bswz_pixels pixels = {.size = sizeof pixels,
                                 .width = width,
                                 .height = height,
                                 .channels = channels,
                                 .bits = 8,
                                 .samples = gdk_pixbuf_get_pixels(pixbuf),
                                 .stride = (size_t)gdk_pixbuf_get_rowstride(pixbuf)};
    if (bswz_decompress_pixels(bswz_from_memory(&memory), &pixels, &options, &failure) != BSWZ_OK) {
        g_object_unref(pixbuf);
        return fail(&failure, error);
    }
    *result = pixbuf;
    return TRUE;
}

static gboolean load_pixels(const struct loading *loading, const struct bswz_info *info, GError **error) {
    GdkPixbuf *pixbuf;
    gint width, height;
    unsigned scale = 0;
    if (info->width > G_MAXINT || info->height > G_MAXINT) {
        g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_FAILED, "the picture is too large");
        return FALSE;
    }
    if (!ask_for_size(loading, info, &width, &height)) {
        return TRUE;
    }
    while (scale < SCALE_MAX && (info->width >> (scale + 1)) >= (uint32_t)width &&
           (info->height >> (scale + 1)) >= (uint32_t)height) {
        scale++;
    }
    if (!decode(loading, info, scale, &pixbuf, error)) {
        return FALSE;
    }
    if (gdk_pixbuf_get_width(pixbuf) != width || gdk_pixbuf_get_height(pixbuf) != height) {
        GdkPixbuf *fitted = gdk_pixbuf_scale_simple(pixbuf, width, height, GDK_INTERP_BILINEAR);
        g_object_unref(pixbuf);
        pixbuf = fitted;
    }
    if (pixbuf == NULL) {
        g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY, "not enough memory");
        return FALSE;
    }
    loading->prepared_func(pixbuf, NULL, loading->user_data);
    loading->updated_func(pixbuf, 0, 0, width, height, loading->user_data);
    g_object_unref(pixbuf);
    return TRUE;
}

/* ---- through another loader ---- */

/* That loader asks for the size: so does the application. */
static void pass_size(GdkPixbufLoader *other, gint width, gint height, gpointer context) {
    const struct loading *loading = context;
    gint wanted_width = width, wanted_height = height;
    if (loading->size_func != NULL) {
        loading->size_func(&wanted_width, &wanted_height, loading->user_data);
    }
    if ((wanted_width != width || wanted_height != height) && wanted_width > 0 && wanted_height > 0) {
        gdk_pixbuf_loader_set_size(other, wanted_width, wanted_height);
    }
}

static gboolean load_restored(struct loading *loading, const uint8_t *bytes, size_t size, GError **error) {
    GdkPixbufLoader *other = gdk_pixbuf_loader_new();
    g_signal_connect(other, "size-prepared", G_CALLBACK(pass_size), loading);
    gboolean is_done = gdk_pixbuf_loader_write(other, bytes, size, error);
    is_done = gdk_pixbuf_loader_close(other, is_done ? error : NULL) && is_done;
    GdkPixbuf *pixbuf = is_done ? gdk_pixbuf_loader_get_pixbuf(other) : NULL;
    if (pixbuf != NULL) {
        GdkPixbufAnimation *animation = gdk_pixbuf_loader_get_animation(other);
        loading->prepared_func(pixbuf, gdk_pixbuf_animation_is_static_image(animation) ? NULL : animation,
                               loading->user_data);
        loading->updated_func(pixbuf, 0, 0, gdk_pixbuf_get_width(pixbuf), gdk_pixbuf_get_height(pixbuf),
                              loading->user_data);
    } else if (is_done) {
        g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_CORRUPT_IMAGE, "there is no picture in the file");
        is_done = FALSE;
    }
    g_object_unref(other);
    return is_done;
}

static gboolean restore(struct loading *loading, GError **error) {
    struct bswz_memory memory = {loading->file.bytes, loading->file.size};
    struct bswz_buffer restored = {.limit = RESTORED_MAX};
    struct bswz_error failure;
    gboolean is_done;
    if (bswz_decompress(bswz_from_memory(&memory), bswz_to_buffer(&restored), NULL, &failure) != BSWZ_OK) {
        is_done = fail(&failure, error);
    } else if (restored.size == 0 || bswz_recognise(restored.bytes, restored.size)) { /* no stream in a stream in ... */
        g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE, "not a picture");
        is_done = FALSE;
    } else {
        is_done = load_restored(loading, restored.bytes, restored.size, error);
    }
    bswz_free(restored.bytes);
    return is_done;
}

/* ---- what gdk-pixbuf calls ---- */

static gpointer begin_load(GdkPixbufModuleSizeFunc size_func, GdkPixbufModulePreparedFunc prepared_func,
                           GdkPixbufModuleUpdatedFunc updated_func, gpointer user_data, GError **error) {
    (void)error;
    struct loading *loading = g_new0(struct loading, 1);
    loading->size_func = size_func;
    loading->prepared_func = prepared_func;
    loading->updated_func = updated_func;
    loading->user_data = user_data;
    return loading;
}

static gboolean load_increment(gpointer context, const guchar *bytes, guint size, GError **error) {
    struct loading *loading = context;
    const struct bswz_output output = bswz_to_buffer(&loading->file);
    if (output.write(output.context, bytes, size) != 0) {
        g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY, "not enough memory");
        return FALSE;
    }
    return TRUE;
}

static gboolean stop_load(gpointer context, GError **error) {
    struct loading *loading = context;
    struct bswz_memory memory = {loading->file.bytes, loading->file.size};
    struct bswz_info info = {.size = sizeof info};
    struct bswz_error failure;
    gboolean is_done;
    if (bswz_get_info(bswz_from_memory(&memory), &info, &failure) != BSWZ_OK) {
        is_done = fail(&failure, error);
    } else if (info.has_pixels && strcmp(info.format, "JPEG") != 0) {
        is_done = load_pixels(loading, &info, error);
    } else {
        is_done = restore(loading, error);
    }
    bswz_free(loading->file.bytes);
    g_free(loading);
    return is_done;
}

G_MODULE_EXPORT void fill_vtable(GdkPixbufModule *module);
G_MODULE_EXPORT void fill_info(GdkPixbufFormat *info);

void fill_vtable(GdkPixbufModule *module) {
    module->begin_load = begin_load;
    module->load_increment = load_increment;
    module->stop_load = stop_load;
}

void fill_info(GdkPixbufFormat *info) {
    static GdkPixbufModulePattern signature[] = {{(gchar *)"\xb5"
                                                           "BSW\r\n\x1a\n",
                                                  NULL, 100},
                                                 {NULL, NULL, 0}};
    static const gchar *mime_types[] = {"image/x-bswz", NULL}, *extensions[] = {"bsw", NULL};
    info->name = (gchar *)"bswz";
    info->signature = signature;
    info->description = (gchar *)"bswz: lossless picture compression";
    info->mime_types = (gchar **)mime_types;
    info->extensions = (gchar **)extensions;
    info->flags = GDK_PIXBUF_FORMAT_THREADSAFE;
    info->license = (gchar *)"MIT";
}
