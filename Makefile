# SPDX-License-Identifier: MIT
# bswz: see `make help`.

PREFIX ?= /usr/local
DESTDIR ?=
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
pkgconfigdir ?= $(libdir)/pkgconfig
datadir ?= $(PREFIX)/share
mandir ?= $(datadir)/man
bashcompletiondir ?= $(datadir)/bash-completion/completions
zshcompletiondir ?= $(datadir)/zsh/site-functions
fishcompletiondir ?= $(datadir)/fish/vendor_completions.d
# Where the installed command looks for the shared library. Empty: only where every program does, as packages need it.
rpath ?= $(if $(filter $(PREFIX)/lib:$(PREFIX)/bin,$(libdir):$(bindir)),$$ORIGIN/../lib,$(libdir))
# the loader for gdk-pixbuf (viewers and thumbnails), which needs libgdk-pixbuf-2.0-dev: as
# pkg-config --variable=gdk_pixbuf_moduledir gdk-pixbuf-2.0 says; empty: nowhere
pixbufdir ?=
# where the Python module goes, such as /usr/lib/python3/dist-packages; empty: nowhere
pythondir ?=
INSTALL ?= install

CC ?= cc
# for programs that run while building; it differs if that is for another machine
BUILD_CC ?= cc
OBJCOPY ?= objcopy
MACHINE := $(shell $(CC) -dumpmachine)

# Warnings are errors only during development (scripts/check, make lint); other compilers have other warnings.
WERROR ?= 0
WARNINGS = -Wall -Wextra -Wshadow -Wconversion $(if $(filter 1,$(WERROR)),-Werror)

ifneq ($(filter x86_64% i386% i486% i586% i686%,$(MACHINE)),)
BRANCH_PROTECTION = -fcf-protection
endif
ifneq ($(filter aarch64%,$(MACHINE)),)
BRANCH_PROTECTION = -mbranch-protection=standard
endif
# unless the builder sets it, and only with optimisation
FORTIFY = $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDENING = -fstack-protector-strong -fstack-clash-protection $(BRANCH_PROTECTION) $(FORTIFY) -fPIC
# the same bytes wherever they are built (make check-reproducible)
ANYWHERE = '-ffile-prefix-map=$(CURDIR)=.'
BASE_CFLAGS = -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -O2 -g $(WARNINGS) $(HARDENING) $(ANYWHERE) -ffp-contract=off -fvisibility=hidden -pthread -Iinclude -Isrc
BASE_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -pthread
# frames that fit into the stack of any thread; those of instrumented builds are larger
$(BUILD)/src/%.o: FRAMES = $(if $(SANITIZE),,-Wframe-larger-than=98304)
ALL_CFLAGS = $(FRAMES) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(SANITIZE)
ALL_LDFLAGS = $(BASE_LDFLAGS) $(CFLAGS) $(LDFLAGS) $(SANITIZE)
LIBRARIES = -lpng -ljpeg -lwebp -lwebpdemux -lwebpmux -lzstd -lxxhash -lz -ldl -lm

# src/base/exact_float.h needs floats that are rounded to their own type. 32-bit x86 provides them with SSE2 instead of the x87;
# for s390x, gcc with -std=c17 would evaluate floats in double precision.
ifneq ($(filter i386-% i486-% i586-% i686-%,$(MACHINE)),)
BASE_CFLAGS += -msse2 -mfpmath=sse -Wno-psabi
# The thunks that load the program counter are in groups of sections. As local symbols of a group that is dropped in
# favour of another library's, they would be lost.
JOIN_FLAGS = -Wl,--force-group-allocation
endif
ifneq ($(filter s390x-%,$(MACHINE)),)
BASE_CFLAGS += -std=gnu17
endif

BUILD ?= build
# The version of the shared library's interface. Increase it, and with it the node in src/libbswz.map, if existing
# programs would break; mere additions get a node of their own there.
SONAME = libbswz.so.0
VERSION := $(shell sed -n 's/^\#define BSWZ_VERSION "\(.*\)"/\1/p' include/bswz.h)

ifeq ($(V),1)
  Q =
else
  Q = @
endif

SOURCES := $(sort $(wildcard src/*.c src/*/*.c))
LIB_SOURCES := $(filter-out src/cli/%,$(SOURCES))
CLI_SOURCES := $(filter src/cli/%,$(SOURCES))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/src/model/embedded_models.o
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/%.o)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

all: bswz $(BUILD)/libbswz.so

bswz: $(BUILD)/bswz
	$(Q)cp -f $< $@

$(BUILD)/bswz: $(CLI_OBJECTS) $(BUILD)/libbswz.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(CLI_OBJECTS) $(BUILD)/libbswz.a $(LIBRARIES)

# The command as it is installed: with the shared library, so that the models are there once.
$(BUILD)/installed/bswz: $(CLI_OBJECTS) $(BUILD)/libbswz.so $(BUILD)/installed/rpath
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) $(if $(rpath),-Wl$(COMMA)-rpath$(COMMA)'$(rpath)') -o $@ $(CLI_OBJECTS) -L$(BUILD) -lbswz \
		-Wl,--as-needed $(LIBRARIES)

# the first one for tests, with the library that these name
$(BUILD)/libpixbufloader-bswz.so $(BUILD)/installed/libpixbufloader-bswz.so: desktop/pixbuf_loader.c $(BUILD)/libbswz.so
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_CFLAGS) -shared $(filter-out -pie,$(ALL_LDFLAGS)) -o $@ $< \
		$$(pkg-config --cflags gdk-pixbuf-2.0) $(if $(rpath),-Wl$(COMMA)-rpath$(COMMA)'$(libdir)') \
		-L$(BUILD) -lbswz $$(pkg-config --libs gdk-pixbuf-2.0)

$(BUILD)/installed/libpixbufloader-bswz.so: $(BUILD)/installed/rpath

# changes when one of these does
$(BUILD)/installed/rpath: always
	$(Q)mkdir -p $(@D) && printf '%s\n' '$(rpath)' '$(libdir)' | cmp -s - $@ || printf '%s\n' '$(rpath)' '$(libdir)' > $@

COMMA = ,

# For tests and benchmarks of parts of the library: exposes everything that these parts offer each other.
$(BUILD)/libbswz-internal.a: $(LIB_OBJECTS)
	@echo "  AR    $@"
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

# For everybody else: a single object that hides its internal names, like the shared library.
$(BUILD)/libbswz.o: $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) -r -nostdlib $(JOIN_FLAGS) $(if $(findstring -flto,$(CFLAGS)),$(CFLAGS) -flinker-output=nolto-rel) -o $@ $^
	$(Q)$(OBJCOPY) --localize-hidden $@

$(BUILD)/libbswz.a: $(BUILD)/libbswz.o
	@echo "  AR    $@"
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(BUILD)/libbswz.so: $(LIB_OBJECTS) src/libbswz.map
	@echo "  LINK  $@"
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=src/libbswz.map -Wl,-z,defs $(filter-out -pie,$(ALL_LDFLAGS)) \
		-o $@ $(LIB_OBJECTS) $(LIBRARIES)

# each kernel and its coder are compiled for their own instruction set and chosen at run time
ifneq ($(filter x86_64%,$(MACHINE)),)
$(BUILD)/src/kernel/avx2.o: FILE_CFLAGS = -O3 -mavx2
$(BUILD)/src/kernel/vnni.o $(BUILD)/src/kernel/amx.o: FILE_CFLAGS = -O3 -mavx512f -mavx512bw -mavx512vl -mavx512vnni -mprefer-vector-width=512
$(BUILD)/src/coder/mixture_avx2.o $(BUILD)/src/coder/group_avx2.o: FILE_CFLAGS = -O3 -mavx2
$(BUILD)/src/coder/mixture_avx512.o $(BUILD)/src/coder/group_avx512.o: FILE_CFLAGS = -O3 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512cd -mprefer-vector-width=512
$(BUILD)/src/deep/squares_avx2.o $(BUILD)/src/deep/curves_avx2.o $(BUILD)/src/deep/expert_avx2.o: FILE_CFLAGS = -O3 -mavx2
$(BUILD)/src/deep/squares_avx512.o $(BUILD)/src/deep/expert_avx512.o: FILE_CFLAGS = -O3 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mprefer-vector-width=512
endif
ifneq ($(filter aarch64%,$(MACHINE)),)
$(BUILD)/src/kernel/neon.o $(BUILD)/src/coder/mixture_neon.o $(BUILD)/src/coder/group_neon.o: FILE_CFLAGS = -O3
$(BUILD)/src/kernel/neon_dot.o: FILE_CFLAGS = -O3 -march=armv8.2-a+dotprod
endif
$(BUILD)/src/model/net.o $(BUILD)/src/model/lattice.o $(BUILD)/src/model/model_file.o $(BUILD)/src/model/layer_file.o $(BUILD)/src/kernel/layer.o \
$(BUILD)/src/coefficients/component.o $(BUILD)/src/coefficients/tiles.o $(BUILD)/src/coefficients/dc.o $(BUILD)/src/coefficients/amplitude.o: FILE_CFLAGS = -O3

# filters of whole rows
$(BUILD)/src/png_exact/png_file_rows.o: FILE_CFLAGS = -O3

# loops over contexts and candidates
$(BUILD)/src/drawn/%.o $(BUILD)/src/deep/%.o: FILE_CFLAGS = -O3

# loops over lengths
$(BUILD)/src/deflate/%.o: FILE_CFLAGS = -O3

# the search for coefficients: loops over the samples of a block
$(BUILD)/src/unjpeg/%.o: FILE_CFLAGS = -O3 -fno-trapping-math -ffp-contract=off

# the fit of corrections must give the same numbers everywhere: no fused operations (BASE_CFLAGS ensures that), and only
# the speed may depend on how its loops are compiled; compilers hesitate to vectorise where a comparison might trap
$(BUILD)/src/pyramid/correction_sweep.o: FILE_CFLAGS = -O3 -fno-trapping-math -ffp-contract=off

# the models, packed by a program that runs here, whatever machine the rest is for
EMBEDDED = fast default best jpeg

$(BUILD)/models/pack: models/pack.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(BUILD_CC) $(WARNINGS) -O2 -o $@ $< -lzstd -lxxhash

$(BUILD)/models/%.packed: models/%.bsm $(BUILD)/models/pack
	@echo "  PACK  $<"
	$(Q)$(BUILD)/models/pack $< $@

# dependency files do not cover what .incbin reads
$(BUILD)/src/model/embedded_models.o: src/model/embedded_models.S $(EMBEDDED:%=$(BUILD)/models/%.packed)
	@mkdir -p $(@D)
	@echo "  AS    $<"
	$(Q)$(CC) $(BRANCH_PROTECTION) $(ANYWHERE) $(CPPFLAGS) $(CFLAGS) -c -Wa,-I$(BUILD)/models -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(FILE_CFLAGS) -MMD -MP -c -o $@ $<

# with toy models
$(BUILD)/tests/test_damage: $(BUILD)/toy/libbswz.a

# of the page
WEB_ZSTD = $(patsubst %,$(BUILD)/web/%.o,unzstd unzstd_block packzstd zstd_tables)
$(BUILD)/tests/test_unzstd: $(WEB_ZSTD)

# of the command
$(BUILD)/tests/test_verify: $(BUILD)/src/cli/verify.o $(BUILD)/src/cli/thread.o

# parts of the encoder that fail on purpose
$(BUILD)/tests/test_frame_check: WRAPPED = drawn_encode deep_encode ZSTD_compressStream2 bytes_pack origin_find unjpeg_find reduction_apply \
	correction_push latents_push ans_write frame_header_put picture_header_put tail_record_put jpeg_header_put drawn_sequence_frame gif_header_put

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libbswz-internal.a
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP $(ALL_LDFLAGS) $(WRAPPED:%=-Wl,--wrap=%) -o $@ $< $(filter %.o %/toy/libbswz.a,$^) $(BUILD)/libbswz-internal.a $(LIBRARIES)

unit-tests: $(UNIT_TESTS)

# ---- programs that only tests and benchmarks use ----

# these measure parts of the library and are linked with it
BENCHES := $(BUILD)/bench/coefficients $(BUILD)/bench/unjpeg $(BUILD)/bench/sequencer $(BUILD)/bench/kernel $(BUILD)/bench/depth_study $(BUILD)/bench/drawn $(BUILD)/bench/drawn_start $(BUILD)/bench/deep
TOOLS := $(patsubst %.c,$(BUILD)/tools/%,$(notdir $(filter-out bench/chain.c bench/jpegls.c $(BENCHES:$(BUILD)/%=%.c),$(sort $(wildcard tests/tools/*.c bench/*.c)))))
LINKED_TOOLS := $(patsubst %,$(BUILD)/tools/%,deflate_rebuild jpeg_rebuild lattice_input memory_faults png_rebuild tiny toy_models)
# with toy models
$(BUILD)/tools/memory_faults: $(BUILD)/toy/libbswz.a
vpath %.c tests/tools bench

$(BUILD)/tools/%: %.c
	@mkdir -p $(@D)
	@echo "  TOOL  $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(ALL_LDFLAGS) -o $@ $< -lpng -lz -lm

tools: $(TOOLS)

# made on request: the only one that needs libcharls-dev
$(BUILD)/bench/jpegls: bench/jpegls.c
	@mkdir -p $(@D)
	@echo "  BENCH $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(ALL_LDFLAGS) -o $@ $< -lcharls

# these test parts of the library, or use them
$(LINKED_TOOLS): $(BUILD)/tools/%: tests/tools/%.c $(BUILD)/libbswz-internal.a
	@mkdir -p $(@D)
	@echo "  TOOL  $<"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(filter %/toy/libbswz.a,$^) $(BUILD)/libbswz-internal.a $(LIBRARIES)

# the library with toy models instead of the built-in ones, for programs that code a very large number of streams
$(BUILD)/toy/jpeg.bsm: $(BUILD)/tools/toy_models
	@mkdir -p $(@D)
	$(Q)$< $(@D)

$(BUILD)/toy/jpeg.packed: $(BUILD)/toy/jpeg.bsm $(BUILD)/models/pack
	$(Q)for model in $(EMBEDDED); do $(BUILD)/models/pack $(@D)/$$model.bsm $(@D)/$$model.packed || exit 1; done

$(BUILD)/toy/embedded_models.o: src/model/embedded_models.S $(BUILD)/toy/jpeg.packed
	@echo "  AS    $<"
	$(Q)$(CC) $(BRANCH_PROTECTION) $(ANYWHERE) $(CPPFLAGS) $(CFLAGS) -c -Wa,-I$(@D) -o $@ $<

$(BUILD)/toy/libbswz.a: $(LIB_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/toy/embedded_models.o
	@echo "  AR    $@"
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

# for the study of depth and its test
$(BUILD)/bench/depth_study $(BUILD)/tests/test_chain: $(BUILD)/bench/chain.o

$(BENCHES): $(BUILD)/bench/%: bench/%.c $(BUILD)/libbswz-internal.a
	@mkdir -p $(@D)
	@echo "  BENCH $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(filter %.o,$^) $(BUILD)/libbswz-internal.a $(LIBRARIES)

# ---- the page in the browser (doc/web.md) ----

# A compiler for WebAssembly with its C library (Debian: clang, lld, wasi-libc, libclang-rt-14-dev-wasm32).
WEB_CC ?= clang --target=wasm32-wasi
WEB = $(BUILD)/web
WEB_CFLAGS = -std=c17 -D_GNU_SOURCE -O3 -msimd128 $(WARNINGS) $(ANYWHERE) -ffp-contract=off -fvisibility=hidden \
	-Iinclude -Isrc -Iweb -Iweb/include -I$(WEB)/include
WEB_LDFLAGS = -nostartfiles -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-all -Wl,--stack-first -Wl,-z,stack-size=1048576 \
	-Wl,--max-memory=4294967296
# what needs other libraries, threads or a processor; what is in their place is in web
WEB_LEFT_OUT = $(wildcard src/bytes/*.c) src/image/jpeg_read.c src/image/png_read.c src/image/png_write.c \
	src/image/webp_read.c src/image/webp_write.c src/jpeg/guard.c src/kernel/blas.c src/threads/cores.c \
	src/threads/thread.c
WEB_SOURCES := $(filter-out $(WEB_LEFT_OUT),$(LIB_SOURCES)) $(wildcard web/*.c)
WEB_OBJECTS := $(WEB_SOURCES:%.c=$(WEB)/%.o) $(WEB)/src/model/embedded_models.o
# headers of this machine that say nothing about it
WEB_HEADERS = $(addprefix $(WEB)/include/,xxhash.h zlib.h zconf.h)

web: $(WEB)/bswz.html

$(WEB_HEADERS):
	@mkdir -p $(@D)
	$(Q)cp "$$(printf '#include <%s>\n' $(@F) | $(CC) $(CPPFLAGS) -E -x c - | sed -n 's|^# 1 "\(.*/$(@F)\)".*|\1|p' | head -n 1)" $@

$(WEB)/src/model/embedded_models.o: src/model/embedded_models.S $(EMBEDDED:%=$(BUILD)/models/%.packed)
	@mkdir -p $(@D)
	@echo "  AS    $< (web)"
	$(Q)$(WEB_CC) $(ANYWHERE) -c -Wa,-I$(BUILD)/models -o $@ $<

$(WEB)/tests/%.o: WEB_CFLAGS += -Itests/unit

$(WEB)/%.o: %.c | $(WEB_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC    $< (web)"
	$(Q)$(WEB_CC) $(WEB_CFLAGS) -MMD -MP -c -o $@ $<

$(WEB)/bswz.wasm: $(WEB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(WEB_CC) $(WEB_LDFLAGS) -o $@ $(WEB_OBJECTS) -lm

# the kernels, compared with the reference
$(WEB)/test_kernel.wasm: $(WEB)/tests/unit/test_kernel.o $(filter $(WEB)/src/base/% $(WEB)/src/kernel/%,$(WEB_OBJECTS))
	@echo "  LINK  $@"
	$(Q)$(WEB_CC) -Wl,--gc-sections -o $@ $^

# For tests/web.bats, which is skipped where there is no such compiler.
web-if-possible:
	$(Q)if printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | $(WEB_CC) -x c -o $(BUILD)/web-probe - 2> $(BUILD)/web-probe.log; then \
		$(MAKE) --no-print-directory $(WEB)/bswz.html $(WEB)/test_kernel.wasm; \
	else \
		echo "There is no compiler for WebAssembly, so the page is not built or tested."; \
	fi

# One file that needs no others: the page with its style, its scripts and the program.
$(WEB)/bswz.html: $(WEB)/bswz.wasm web/assemble $(wildcard web/page.* web/*.js)
	@echo "  PAGE  $@"
	$(Q)web/assemble $< > $@.new && mv $@.new $@

# ---- tests ----

# Both kinds of test run under prove, which counts them (tests/tap turns a unit test into TAP). WRAPPER is put before every
# program that is tested.
WRAPPER ?=
JOBS ?= $(shell nproc)
# The longest ones first, so that no processor waits for them in the end.
LONGEST = decode hostile trainer web faults
BATS_TESTS := $(LONGEST:%=tests/%.bats) $(filter-out $(LONGEST:%=tests/%.bats) tests/package.bats,$(sort $(wildcard tests/*.bats)))
PROVE = BSWZ=$(abspath $(BUILD)/bswz) TOOLS=$(abspath $(BUILD)/tools) WRAPPER='$(WRAPPER)' prove -j$(JOBS) --exec tests/tap
# With instrumented code, gcc gives false warnings; line numbers are enough to report an error.
SANITIZE_MORE = -g1 -fno-omit-frame-pointer -Wno-error
# A report must not look like the exit status of an ordinary error.
SANITIZER_OPTIONS = ASAN_OPTIONS=exitcode=99:allocator_may_return_null=1 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1 \
	TSAN_OPTIONS=exitcode=99:halt_on_error=1 OPENBLAS_NUM_THREADS=1

TEST_TOOLS = $(TOOLS) $(BUILD)/bench/coefficients $(BUILD)/bench/depth_study

# tests/install.bats installs the shared library, and tests/desktop.bats loads it, but not an instrumented one; the page
# is the same program, built for browsers
run-tests: $(BUILD)/bswz $(if $(SANITIZE),,$(BUILD)/libbswz.so $(BUILD)/libpixbufloader-bswz.so web-if-possible) $(UNIT_TESTS) $(TEST_TOOLS)
	$(Q)$(PROVE) $(BATS_TESTS) $(UNIT_TESTS)

check: bswz run-tests

# Under a sanitizer, every start of a program takes long, so only a few tests of the command run there. Unit tests that
# would take minutes are left out: others, and the fuzz targets, run their code.
SANITIZED_BATS = filter golden signals tar tiny
SANITIZED_TOOLS = draw photo pngdump tiny
PLAIN_ONLY_UNITS = bands correction frame_check gif grid hierarchy rescue scale stream stream_archive

check-asan:
	$(Q)$(SANITIZER_OPTIONS) SANITIZED=1 $(MAKE) --no-print-directory BUILD=$(BUILD)-asan \
		UNIT_TESTS='$(filter-out $(PLAIN_ONLY_UNITS:%=$(BUILD)-asan/tests/test_%),$(UNIT_TESTS:$(BUILD)/%=$(BUILD)-asan/%))' \
		BATS_TESTS='$(SANITIZED_BATS:%=tests/%.bats)' TEST_TOOLS='$(SANITIZED_TOOLS:%=$(BUILD)-asan/tools/%)' \
		SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all $(SANITIZE_MORE)' run-tests

# Tiny pictures of every kind, three hours of one core, in pieces of which each prints a line: FROM continues where the last
# one ended, SEED takes other sizes.
FROM ?= 0
TINY_PIECE = 5040

check-tiny: $(BUILD)/tools/tiny
	$(Q)seq $(FROM) $(TINY_PIECE) $$(($$($< count) - 1)) | xargs -P $(JOBS) -I '{}' $< $(TINY_PIECE) '{}' $(SEED)

# Every failing allocation, a quarter of an hour of one core, or one of EVERY; a line for each kind of input.
EVERY ?= 1

check-faults: $(BUILD)/tools/memory_faults
	$(Q)$< kinds | sort -u | tr '\n' '\0' | xargs -0 -P $(JOBS) -I '{}' $< $(EVERY) '{}'

check-tsan:
	$(Q)$(SANITIZER_OPTIONS) SANITIZED=1 $(MAKE) --no-print-directory BUILD=$(BUILD)-tsan \
		SANITIZE='-fsanitize=thread $(SANITIZE_MORE)' run-tests

# What threads share (the pool, the queues and the jobs) under ThreadSanitizer; check-tsan takes far longer.
THREADED_TESTS = test_threads
THREADED_SOURCES = $(wildcard src/base/*.c src/threads/*.c) src/origin/wavefront.c

check-threads:
	$(Q)$(SANITIZER_OPTIONS) SANITIZED=1 $(MAKE) --no-print-directory BUILD=$(BUILD)-threads LIB_OBJECTS='$(THREADED_SOURCES:%.c=$(BUILD)-threads/%.o)' \
		SANITIZE='-fsanitize=thread $(SANITIZE_MORE)' UNIT_TESTS='$(THREADED_TESTS:%=$(BUILD)-threads/tests/%)' BATS_TESTS= PROGRAM= run-some-tests

# The tests in UNIT_TESTS and BATS_TESTS, if they need no tools; these run PROGRAM.
PROGRAM = $(BUILD)/bswz
run-some-tests: $(PROGRAM) $(UNIT_TESTS)
	$(Q)$(PROVE) --comments $(UNIT_TESTS) $(BATS_TESTS)

# Debian packages: built, linted, installed and removed. They are compiled from scratch: a minute of processor time.
check-package: $(BUILD)/bswz $(BUILD)/tools/draw
	$(Q)$(PROVE) tests/package.bats

# Other processors, under an emulator (doc/machines.md); MACHINES: some of arm64, s390x, i386, armhf.
check-machines:
	$(Q)scripts/machines $(MACHINES)

check-machines-quick:
	$(Q)scripts/machines --quick arm64 s390x

# Built again, elsewhere, by someone else, at another time: the same bytes.
REPRODUCED = bswz libbswz.a libbswz.so

check-reproducible: $(REPRODUCED:%=$(BUILD)/%)
	$(Q)twin=$$(mktemp -d) && trap 'rm -rf "$$twin"' EXIT && mkdir "$$twin/somewhere else" && \
	cp -R Makefile include src models "$$twin/somewhere else" && umask 077 && \
	TZ=Asia/Tokyo USER=somebody HOME=/nowhere $(MAKE) -s -C "$$twin/somewhere else" BUILD=twin $(REPRODUCED:%=twin/%) && \
	for file in $(REPRODUCED); do cmp "$(BUILD)/$$file" "$$twin/somewhere else/twin/$$file" || exit 1; done && \
	echo "the same when built in another folder: $(REPRODUCED)"

# ---- fuzzing (doc/testing.md) ----

# SECONDS per target; TARGET: one of FUZZ_TARGETS instead of all
SECONDS ?= 60
FUZZ_TARGETS := $(shell sed -n 's/^    {"\([a-z-]*\)", fuzz_.*/\1/p' tests/fuzz/fuzz.c)
TARGET ?= $(FUZZ_TARGETS)

fuzz:
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/fuzz \
		SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION $(SANITIZE_MORE) $$(UNTRACED)' run-fuzz

# for code with many calculations and few decisions, tracing comparisons would take half of the time
UNTRACED = $(if $(filter src/coder/% src/coefficients/% src/kernel/% src/pyramid/% src/unjpeg/%,$<),-fno-sanitize-coverage=trace-cmp)

$(BUILD)/tests/fuzz/%.o: FILE_CFLAGS = -Itests/unit

# next to the libraries that they replace
WEB_TWINS = $(patsubst %,$(BUILD)/web/%.o,png_read zlib)
$(WEB_TWINS): FILE_CFLAGS = -DZ_PREFIX -Dpicture_png_reader=page_png_reader

$(BUILD)/fuzz: $(patsubst %,$(BUILD)/tests/fuzz/%.o,fuzz streams trip records exceptions models jpeg gif deflate pages archive pictures page page_files) \
		$(WEB_ZSTD) $(WEB_TWINS) $(BUILD)/toy/libbswz.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARIES)

$(BUILD)/draw-corpus: $(patsubst %,$(BUILD)/tests/fuzz/%.o,corpus corpus_deflate corpus_page corpus_pages corpus_pictures) $(BUILD)/toy/libbswz.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBRARIES)

run-fuzz: $(BUILD)/fuzz $(BUILD)/draw-corpus
	$(Q)rm -rf $(BUILD)/corpus && $(BUILD)/draw-corpus $(BUILD)/corpus tests/golden/*.bsw
	$(Q)mkdir -p $(BUILD)/targets && cd $(BUILD)/targets && for target in $(TARGET); do ln -sf ../fuzz $$target || exit 1; done
	$(Q)FUZZ_SECONDS=$(SECONDS) prove -j$(JOBS) --comments --exec tests/fuzz/run $(addprefix $(BUILD)/targets/,$(TARGET))

# many damaged streams, each of which must give an error or restore exactly
STREAMS ?= 1000000
SEED ?= 1

check-damage: $(BUILD)/tests/test_damage
	$(Q)$< $(STREAMS) $(SEED)

check-valgrind:
	$(Q)SANITIZED=1 $(MAKE) --no-print-directory BUILD=$(BUILD)-valgrind CFLAGS='$(CFLAGS) -DBSWZ_NO_SANDBOX' WRAPPER='valgrind -q --error-exitcode=99' run-tests

# Everything but generated tables.
FORMATTED = $(filter-out %_tables.c %_tables.h src/jpeg/srgb_curve.c,$(sort $(wildcard include/*.h src/*/*.[ch] tests/*/*.[ch] bench/*.[ch] examples/*.c desktop/*.c models/*.c web/*.[ch] web/include/*.h)))

format:
	$(Q)clang-format -i $(FORMATTED)

lint: lint-text $(LIB_OBJECTS) $(CLI_OBJECTS)
	$(Q)scripts/folders $(BUILD)
	$(Q)$(MAKE) --no-print-directory WERROR=1 CC=clang BUILD=$(BUILD)-clang $(BUILD)-clang/bswz unit-tests tools

lint-text: lint-shell lint-bats
	$(Q)scripts/spdx
	$(Q)clang-format --dry-run -Werror $(FORMATTED)
	$(Q)mandoc -Tlint -Wwarning $(MAN_PAGES)
	$(Q)groff -ww -mdoc -Tutf8 $(MAN_PAGES) 2>&1 > /dev/null | awk '{ print } END { exit NR > 0 }'
	$(Q)! grep -rnE '$(TRANSLATED)' --include='*.[chS135]' --include='*.cc' --include='*.md' --include='*.bats' --include='*.bash' --include='*.py' --include='*.html' --include='*.js' $(PROSE)

lint-shell:
	$(Q)shellcheck -x $(SHELL_SCRIPTS)
	$(Q)shellcheck -x --shell=bash tests/helper.bash

lint-bats:
	$(Q)shellcheck -x --shell=bats $(BATS_TESTS) tests/package.bats

# Phrases that come from a literal translation.
TRANSLATED = behind (each|one another|the (file|picture|last|end|first))|beside (each|it[.,; ]|the )|what is no (picture|file|archive)|goe?s? without saying|[Ww]ho (wants|knows|has|stops) |one after the other|in the hands of|stands? for what|what there is none of|so many (bytes|pixels|threads) of
PROSE = README.md NEWS.md CONTRIBUTING.md SECURITY.md doc man models include src tests bench scripts examples python desktop web

SHELL_SCRIPTS = scripts/demo scripts/check scripts/spdx scripts/packages.sh scripts/foreign-sysroot scripts/machines scripts/look-desktop scripts/png-corpus tests/tap tests/fuzz/run bench/archives bench/webp bench/depth-study bench/gif bench/hostile bench/icons bench/jpeg-files bench/long-stream bench/many bench/mix bench/ratio bench/real bench/seed bench/speed bench/threads bench/checks .ci/run completions/bswz.bash sh/bswzdiff sh/bswzless web/assemble
MAN_PAGES = $(sort $(wildcard man/*.[135]))

# ---- figures ----

# One at a time: each needs the machine for itself.
bench: $(BUILD)/bswz $(BUILD)/tools/measure $(BUILD)/bench/kernel $(BUILD)/bench/sequencer
	$(Q)BSWZ=$(abspath $(BUILD)/bswz) MEASURE=$(abspath $(BUILD)/tools/measure) KERNEL=$(abspath $(BUILD)/bench/kernel) bench/speed $(SPEED)
	$(Q)echo; $(BUILD)/bench/kernel
	$(Q)echo; $(BUILD)/bench/sequencer

bench-ratio: bswz $(BUILD)/tools/photo_cd
	$(Q)BSWZ=$(abspath bswz) PHOTO_CD=$(abspath $(BUILD)/tools/photo_cd) bench/ratio

bench-files: bswz $(BUILD)/tools/png_rebuild
	$(Q)bench/files $(FILES)

bench-real: bswz
	$(Q)BSWZ=$(abspath bswz) bench/real $(REAL)

bench-jpeg-files: bswz
	$(Q)BSWZ=$(abspath bswz) bench/jpeg-files $(FILES)

bench-many: bswz tools
	$(Q)BSWZ=$(abspath bswz) TOOLS=$(abspath $(BUILD)/tools) bench/many $(MANY)

bench-mix: bswz tools
	$(Q)BSWZ=$(abspath bswz) TOOLS=$(abspath $(BUILD)/tools) bench/mix $(MIX)

bench-hostile: bswz tools
	$(Q)BSWZ=$(abspath bswz) TOOLS=$(abspath $(BUILD)/tools) bench/hostile $(HOSTILE)

bench-gif: bswz
	$(Q)BSWZ=$(abspath bswz) bench/gif $(GIF)

bench-depth: $(BUILD)/bench/depth_study $(BUILD)/tools/patches
	$(Q)STUDY=$(abspath $(BUILD)/bench/depth_study) PATCHES=$(abspath $(BUILD)/tools/patches) bench/depth-study $(DEPTH)

bench-seed: bswz $(BUILD)/tools/photo_cd $(BUILD)/bench/depth_study
	$(Q)BSWZ=$(abspath bswz) PHOTO_CD=$(abspath $(BUILD)/tools/photo_cd) STUDY=$(abspath $(BUILD)/bench/depth_study) bench/seed $(SEED)

bench-unjpeg: $(BUILD)/bench/unjpeg
	$(Q)$< $(UNJPEG) $${BSWZ_DATA:-../shared/data}/val/jpeg/*.jpg

bench-sequencer: $(BUILD)/bench/sequencer
	$(Q)$<

bench-kernel: $(BUILD)/bench/kernel
	$(Q)$<

# ---- installation ----

# where the installed files look for each other; DESTDIR is only where they are copied to
define PKGCONFIG
prefix=$(PREFIX)
libdir=$(libdir:$(PREFIX)/%=$${prefix}/%)
includedir=$(includedir:$(PREFIX)/%=$${prefix}/%)

Name: bswz
Description: Lossless compression of pictures
Version: $(VERSION)
Requires.private: libpng libjpeg libwebp libwebpdemux libwebpmux libzstd libxxhash zlib
Libs: -L$${libdir} -lbswz
Libs.private: -pthread -ldl -lm
Cflags: -I$${includedir}
endef
export PKGCONFIG

ALIASES = unbswz bswzcat
SHELL_COMMANDS = bswzless bswzdiff
INSTALLED_FOLDERS = $(bindir) $(libdir) $(includedir) $(pkgconfigdir) $(mandir)/man1 $(mandir)/man3 $(mandir)/man5 \
	$(bashcompletiondir) $(zshcompletiondir) $(fishcompletiondir) $(datadir)/mime/packages $(datadir)/bswz \
	$(if $(pixbufdir),$(pixbufdir) $(datadir)/thumbnailers) $(if $(pythondir),$(pythondir)/bswz)
INSTALLED_FILES = $(foreach name,bswz $(ALIASES),$(bindir)/$(name) $(mandir)/man1/$(name).1 $(bashcompletiondir)/$(name)) \
	$(foreach name,$(SHELL_COMMANDS),$(bindir)/$(name) $(mandir)/man1/$(name).1) \
	$(mandir)/man3/libbswz.3 $(mandir)/man5/bsw.5 $(zshcompletiondir)/_bswz $(fishcompletiondir)/bswz.fish $(includedir)/bswz.h $(pkgconfigdir)/bswz.pc \
	$(addprefix $(libdir)/,libbswz.a libbswz.so $(SONAME) libbswz.so.$(VERSION)) \
	$(datadir)/mime/packages/bswz.xml $(datadir)/bswz/magic $(datadir)/bswz/delegates.xml \
	$(if $(pixbufdir),$(pixbufdir)/libpixbufloader-bswz.so $(datadir)/thumbnailers/bswz.thumbnailer) \
	$(if $(pythondir),$(PYTHON_FILES:python/%=$(pythondir)/%))
PYTHON_FILES = $(sort $(wildcard python/bswz/*.py)) python/bswz/py.typed

install: $(BUILD)/installed/bswz $(BUILD)/libbswz.a $(BUILD)/libbswz.so $(if $(pixbufdir),$(BUILD)/installed/libpixbufloader-bswz.so)
	$(INSTALL) -d $(INSTALLED_FOLDERS:%='$(DESTDIR)%')
	$(INSTALL) -m 755 $(BUILD)/installed/bswz '$(DESTDIR)$(bindir)/bswz'
	$(INSTALL) -m 644 man/bswz.1 '$(DESTDIR)$(mandir)/man1/bswz.1'
	$(INSTALL) -m 644 man/libbswz.3 '$(DESTDIR)$(mandir)/man3/libbswz.3'
	$(INSTALL) -m 644 man/bsw.5 '$(DESTDIR)$(mandir)/man5/bsw.5'
	$(INSTALL) -m 644 completions/bswz.bash '$(DESTDIR)$(bashcompletiondir)/bswz'
	$(INSTALL) -m 644 completions/_bswz '$(DESTDIR)$(zshcompletiondir)/_bswz'
	$(INSTALL) -m 644 completions/bswz.fish '$(DESTDIR)$(fishcompletiondir)/bswz.fish'
	for name in $(ALIASES); do \
		ln -sf bswz '$(DESTDIR)$(bindir)/'$$name && \
		ln -sf bswz.1 '$(DESTDIR)$(mandir)/man1/'$$name.1 && \
		ln -sf bswz '$(DESTDIR)$(bashcompletiondir)/'$$name || exit 1; \
	done
	for name in $(SHELL_COMMANDS); do \
		$(INSTALL) -m 755 sh/$$name '$(DESTDIR)$(bindir)/'$$name && \
		$(INSTALL) -m 644 man/$$name.1 '$(DESTDIR)$(mandir)/man1/'$$name.1 || exit 1; \
	done
	$(INSTALL) -m 644 include/bswz.h '$(DESTDIR)$(includedir)/bswz.h'
	$(INSTALL) -m 644 $(BUILD)/libbswz.a '$(DESTDIR)$(libdir)/libbswz.a'
	$(INSTALL) -m 755 $(BUILD)/libbswz.so '$(DESTDIR)$(libdir)/libbswz.so.$(VERSION)'
	ln -sf libbswz.so.$(VERSION) '$(DESTDIR)$(libdir)/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(libdir)/libbswz.so'
	printf '%s\n' "$$PKGCONFIG" > '$(DESTDIR)$(pkgconfigdir)/bswz.pc'
	$(INSTALL) -m 644 desktop/bswz.xml '$(DESTDIR)$(datadir)/mime/packages/bswz.xml'
	$(INSTALL) -m 644 desktop/magic desktop/delegates.xml '$(DESTDIR)$(datadir)/bswz'
	$(if $(pixbufdir),$(INSTALL) -m 644 $(BUILD)/installed/libpixbufloader-bswz.so '$(DESTDIR)$(pixbufdir)')
	$(if $(pixbufdir),$(INSTALL) -m 644 desktop/bswz.thumbnailer '$(DESTDIR)$(datadir)/thumbnailers')
	$(if $(pythondir),$(INSTALL) -m 644 $(PYTHON_FILES) '$(DESTDIR)$(pythondir)/bswz')

# Also the directories in which nothing is left, except those that every system has.
uninstall:
	rm -f $(INSTALLED_FILES:%='$(DESTDIR)%')
	$(if $(pythondir),rm -rf '$(DESTDIR)$(pythondir)/bswz/__pycache__')
	cd '$(DESTDIR)$(PREFIX)' && for folder in $(patsubst $(PREFIX)/%,'%',$(filter $(PREFIX)/%,$(INSTALLED_FOLDERS))); do \
		while case $$folder in */*) rmdir "$$folder" 2> /dev/null ;; *) false ;; esac; do folder=$${folder%/*}; done; \
	done
	$(if $(pythondir),test ! -d '$(DESTDIR)$(pythondir)/bswz' || rmdir '$(DESTDIR)$(pythondir)/bswz')

# Everything is installed, and the program works under its three names.
installcheck:
	for file in $(INSTALLED_FILES:%='$(DESTDIR)%'); do test -s "$$file" || { echo "missing: $$file" >&2; exit 1; }; done
	'$(DESTDIR)$(bindir)/bswz' < README.md | '$(DESTDIR)$(bindir)/unbswz' | cmp - README.md
	'$(DESTDIR)$(bindir)/bswz' < README.md | '$(DESTDIR)$(bindir)/bswzcat' | cmp - README.md
	test "$$('$(DESTDIR)$(bindir)/bswz' --version)" = 'bswz $(VERSION)'

# The same bytes whoever makes it, for the same commit.
DIST ?= .

dist:
	git archive --format=tar --prefix=bswz-$(VERSION)/ -o '$(DIST)/bswz-$(VERSION).tar' HEAD
	gzip -9nf '$(DIST)/bswz-$(VERSION).tar'

clean:
	rm -rf build build-* bswz bswz-*.tar.gz

help:
	@echo 'make                 build ./bswz'
	@echo 'make check           build, run the unit tests and the tests of the program'
	@echo 'make check-asan      the same with AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make check-tsan      the same with ThreadSanitizer'
	@echo 'make check-valgrind  the same under valgrind (slow)'
	@echo 'make check-tiny      pictures of up to 64 x 64 pixels of every kind and level (hours); FROM, SEED'
	@echo 'make check-faults    small inputs of every kind, with each allocation failing in turn (a quarter of an hour); EVERY=N: one in N'
	@echo 'make check-threads   unit tests of what threads share, with ThreadSanitizer'
	@echo 'make check-machines  golden streams and unit tests on other processors, under emulators (doc/machines.md);'
	@echo '                     MACHINES: some of arm64 s390x i386 armhf'
	@echo 'make check-machines-quick  a part of that, on arm64 and s390x'
	@echo 'make check-reproducible  build again in another directory and compare the bytes'
	@echo 'make check-package   build the Debian packages (debian/), lint them, install and remove them'
	@echo 'make check-damage    decode a million damaged streams: each must fail, or restore exactly; STREAMS, SEED'
	@echo 'make fuzz            fuzz each target for SECONDS (60), or only TARGET=NAME; doc/testing.md'
	@echo 'make lint            shellcheck, mandoc, and a build with clang'
	@echo 'make bench           speed compared with other codecs on the pictures in $$BSWZ_DATA/val/jpeg,'
	@echo '                     then of the kernels and the coder; SPEED: options of bench/speed'
	@echo 'make bench-ratio     sizes compared with other codecs on the pictures in $$BSWZ_DATA/val'
	@echo 'make bench-files     the PNG files in $$BSWZ_DATA/real byte for byte: how many, and at what cost; FILES: options of bench/files'
	@echo 'make bench-real      everyday files in $$BSWZ_DATA/real compared with WebP and JPEG XL; REAL: options of bench/real'
	@echo 'make bench-gif       the GIF files in $$BSWZ_DATA/real/gif compared with WebP and JPEG XL; GIF: options of bench/gif'
	@echo 'make bench-jpeg-files  the JPEG files in $$BSWZ_DATA/val/jpeg compared with JPEG XL; FILES: options of bench/jpeg-files'
	@echo 'make bench-many      how many files an hour of one core compresses (doc/many-files.md); MANY: options of bench/many'
	@echo 'make bench-mix       mixed archives from what the machine has: time and size next to xz and zstd (doc/files.md);'
	@echo '                     MIX: options of bench/mix'
	@echo 'make bench-hostile   inputs designed to take much time: processor seconds and sizes; HOSTILE: options of bench/hostile'
	@echo 'make bench-depth     pure latent models of 1 to 8 layers, Bit-Swap and BB-ANS (doc/bit-swap.md), on the pictures'
	@echo '                     in $$BSWZ_DATA/mnist and $$BSWZ_DATA/val/lossless; DEPTH: options of bench/depth-study'
	@echo 'make bench-seed      the main table of the Bit-Swap paper on $$BSWZ_DATA/val/jpeg; SEED: options of bench/seed'
	@echo 'make bench-unjpeg  how well the coefficients of decoded JPEG files in $$BSWZ_DATA/val/jpeg are found;'
	@echo '                     UNJPEG: options of bench/unjpeg'
	@echo 'make bench-sequencer, bench-kernel'
	@echo '                     nanoseconds per pixel of the coder; multiplications per second of the kernels'
	@echo 'make web             a page that compresses and opens pictures in a browser: build/web/bswz.html (doc/web.md)'
	@echo 'make install         to $$DESTDIR$$PREFIX (/usr/local); also uninstall, installcheck; pythondir and'
	@echo '                     pixbufdir: where the Python module and the loader for gdk-pixbuf go (nowhere)'
	@echo 'make dist            a source archive of the last commit, in $$DIST (.)'
	@echo 'make clean           remove what was built'
	@echo 'Variables: CC, CPPFLAGS, CFLAGS and LDFLAGS (added to ours), BUILD (directory), V=1 (show commands),'
	@echo '           WERROR=1 (warnings are errors), JOBS (parallel tests or fuzz targets), WRAPPER (put before the tested programs)'

-include $(LIB_OBJECTS:.o=.d) $(WEB_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TOOLS:=.d) $(BENCHES:=.d) $(BUILD)/bench/chain.d $(wildcard $(BUILD)/tests/fuzz/*.d)

.PHONY: all always bench bench-depth bench-files bench-gif bench-hostile bench-jpeg-files bench-kernel bench-many bench-mix bench-ratio bench-real bench-unjpeg bench-seed bench-sequencer \
	check check-asan check-damage check-faults check-machines check-machines-quick check-package check-reproducible check-threads check-tiny check-tsan check-valgrind \
	clean dist format fuzz help install installcheck lint lint-bats lint-shell lint-text run-fuzz run-some-tests run-tests tools uninstall unit-tests web web-if-possible
