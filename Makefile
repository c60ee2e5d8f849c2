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
INSTALL ?= install

CC ?= cc
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Werror
HARDENING = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC
BASE_CFLAGS = -std=c17 -D_GNU_SOURCE -O2 -g $(WARNINGS) $(HARDENING) -ffp-contract=off -fvisibility=hidden -pthread -Iinclude -Isrc
BASE_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -pthread
LIBRARIES = -lpng -ljpeg -lwebp -lwebpdemux -lwebpmux -lzstd -lxxhash -lz -ldl -lm

BUILD ?= build
# the number of the shared library's interface: raise it where programs that were linked before would break
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
	$(Q)$(CC) $(BASE_LDFLAGS) $(LDFLAGS) $(SANITIZE) -o $@ $(CLI_OBJECTS) $(BUILD)/libbswz.a $(LIBRARIES)

$(BUILD)/libbswz.a: $(LIB_OBJECTS)
	@echo "  AR    $@"
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/libbswz.so: $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs $(filter-out -pie,$(BASE_LDFLAGS)) $(LDFLAGS) -o $@ $^ $(LIBRARIES)

# each kernel, and the coder beside it, is compiled for its own instruction set and chosen at run time
MACHINE := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64%,$(MACHINE)),)
$(BUILD)/src/kernel/avx2.o: FILE_CFLAGS = -O3 -mavx2
$(BUILD)/src/kernel/vnni.o: FILE_CFLAGS = -O3 -mavx512f -mavx512bw -mavx512vl -mavx512vnni -mprefer-vector-width=512
$(BUILD)/src/coder/mixture_avx2.o $(BUILD)/src/coder/pop_avx2.o $(BUILD)/src/coder/group_avx2.o: FILE_CFLAGS = -O3 -mavx2
$(BUILD)/src/coder/mixture_avx512.o: FILE_CFLAGS = -O3 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512cd -mprefer-vector-width=512
endif
ifneq ($(filter aarch64%,$(MACHINE)),)
$(BUILD)/src/kernel/neon.o: FILE_CFLAGS = -O3
$(BUILD)/src/kernel/neon_dot.o: FILE_CFLAGS = -O3 -march=armv8.2-a+dotprod
endif
$(BUILD)/src/model/net.o $(BUILD)/src/model/lattice.o $(BUILD)/src/model/model_file.o $(BUILD)/src/model/layer_file.o $(BUILD)/src/kernel/layer.o \
$(BUILD)/src/coefficients/component.o $(BUILD)/src/coefficients/dc.o $(BUILD)/src/coefficients/amplitude.o: FILE_CFLAGS = -O3

# loops over contexts and candidates
$(BUILD)/src/drawn/%.o: FILE_CFLAGS = -O3

# the search among coefficients: loops over the samples of a block
$(BUILD)/src/recovery/%.o: FILE_CFLAGS = -O3 -fno-trapping-math -ffp-contract=off

# the fit of corrections must give the same numbers everywhere: no fused operations (BASE_CFLAGS sees to that), and
# nothing but speed may depend on what the compiler makes of its loops, which it hesitates to vectorise where a
# comparison might trap
$(BUILD)/src/pipeline/correction_sweep.o: FILE_CFLAGS = -O3 -fno-trapping-math -ffp-contract=off

# dependency files do not see what .incbin reads
$(BUILD)/src/model/embedded_models.o: src/model/embedded_models.S $(wildcard models/*.bsm)
	@mkdir -p $(@D)
	@echo "  AS    $<"
	$(Q)$(CC) -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(SANITIZE) $(FILE_CFLAGS) -MMD -MP -c -o $@ $<

# of the command
$(BUILD)/tests/test_verify: $(BUILD)/src/cli/verify.o

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libbswz.a
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(SANITIZE) -Itests/unit -MMD -MP $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $< $(filter %.o,$^) $(BUILD)/libbswz.a $(LIBRARIES)

unit-tests: $(UNIT_TESTS)

# ---- programs that only tests and benchmarks use ----

# these measure parts of the library and are linked with it
BENCHES := $(BUILD)/bench/coefficients $(BUILD)/bench/recovery $(BUILD)/bench/sequencer $(BUILD)/bench/kernel $(BUILD)/bench/depth_study $(BUILD)/bench/drawn
TOOLS := $(patsubst %.c,$(BUILD)/tools/%,$(notdir $(filter-out bench/chain.c $(BENCHES:$(BUILD)/%=%.c),$(sort $(wildcard tests/tools/*.c bench/*.c)))))
vpath %.c tests/tools bench

$(BUILD)/tools/%: %.c
	@mkdir -p $(@D)
	@echo "  TOOL  $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $< -lpng -lm

tools: $(TOOLS)

# these test parts of the library
$(BUILD)/tools/png_rebuild $(BUILD)/tools/jpeg_rebuild: $(BUILD)/tools/%: tests/tools/%.c $(BUILD)/libbswz.a
	@mkdir -p $(@D)
	@echo "  TOOL  $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libbswz.a $(LIBRARIES)

# of the study of depth and of its test
$(BUILD)/bench/depth_study $(BUILD)/tests/test_chain: $(BUILD)/bench/chain.o

$(BENCHES): $(BUILD)/bench/%: bench/%.c $(BUILD)/libbswz.a
	@mkdir -p $(@D)
	@echo "  BENCH $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $< $(filter %.o,$^) $(BUILD)/libbswz.a $(LIBRARIES)

# ---- tests ----

# Both kinds of test run under prove, which adds them up (tests/tap turns a unit
# test into TAP). WRAPPER is put before every program that is tested.
WRAPPER ?=
JOBS ?= $(shell nproc)
BATS_TESTS := $(sort $(wildcard tests/*.bats))
PROVE = BSWZ=$(abspath $(BUILD)/bswz) TOOLS=$(abspath $(BUILD)/tools) WRAPPER='$(WRAPPER)' prove -j$(JOBS) --exec tests/tap
# Instrumented code makes gcc warn where there is nothing to warn about.
SANITIZE_MORE = -fno-omit-frame-pointer -Wno-error
# A report must not look like the exit status of an ordinary error.
SANITIZER_OPTIONS = ASAN_OPTIONS=exitcode=99:allocator_may_return_null=1 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1 \
	TSAN_OPTIONS=exitcode=99:halt_on_error=1 OPENBLAS_NUM_THREADS=1

# tests/install.bats installs the shared library, but not an instrumented one
run-tests: $(BUILD)/bswz $(if $(SANITIZE),,$(BUILD)/libbswz.so) $(UNIT_TESTS) $(TOOLS) $(BUILD)/bench/coefficients $(BUILD)/bench/depth_study
	$(Q)$(PROVE) $(UNIT_TESTS) $(BATS_TESTS)

check: bswz run-tests

# Files about the command's manners, those that skip anyway, and those whose code a unit test runs as well: under a
# sanitizer every start of a program takes long.
PLAIN_ONLY = compare contract determinism exact faults help-in-step install jpeg memory options rescue scale terminal trainer

check-asan:
	$(Q)$(SANITIZER_OPTIONS) SANITIZED=1 $(MAKE) --no-print-directory BUILD=$(BUILD)-asan \
		BATS_TESTS='$(filter-out $(PLAIN_ONLY:%=tests/%.bats),$(BATS_TESTS))' \
		SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all $(SANITIZE_MORE)' run-tests

check-tsan:
	$(Q)$(SANITIZER_OPTIONS) SANITIZED=1 $(MAKE) --no-print-directory BUILD=$(BUILD)-tsan \
		SANITIZE='-fsanitize=thread $(SANITIZE_MORE)' run-tests

# The code for 64-bit ARM under an emulator: what of the unit tests needs no library that is
# there for this machine alone.
NEON_CC ?= aarch64-linux-gnu-gcc
QEMU ?= qemu-aarch64
NEON_TESTS = test_kernel test_coder test_mixture

check-neon:
	$(Q)for program in $(NEON_CC) $(QEMU); do command -v $$program > /dev/null || { \
		echo "check-neon: no $$program (packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user)" >&2; exit 1; }; done
	$(Q)$(MAKE) --no-print-directory CC=$(NEON_CC) AR=aarch64-linux-gnu-ar BUILD=$(BUILD)-arm64 run-neon-tests

run-neon-tests: $(NEON_TESTS:%=$(BUILD)/emulated/%)
	$(Q)for test in $^; do echo "$$test"; $(QEMU) -L /usr/aarch64-linux-gnu -cpu max $$test || exit 1; done
	$(Q)echo "without dot products"; $(QEMU) -L /usr/aarch64-linux-gnu -cpu cortex-a53 $(BUILD)/emulated/test_kernel

$(BUILD)/emulated/%: tests/unit/%.c $(filter $(BUILD)/src/kernel/% $(BUILD)/src/coder/% $(BUILD)/src/error.o $(BUILD)/src/allocate.o $(BUILD)/src/buffer.o $(BUILD)/src/fields.o,$(LIB_OBJECTS))
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) -Itests/unit $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) -ldl -lm

check-valgrind:
	$(Q)SANITIZED=1 $(MAKE) --no-print-directory WRAPPER='valgrind -q --error-exitcode=99' run-tests

lint: lint-text
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)-clang $(BUILD)-clang/bswz unit-tests tools

lint-text:
	$(Q)shellcheck -x $(SHELL_SCRIPTS)
	$(Q)shellcheck -x --shell=bash tests/helper.bash
	$(Q)shellcheck -x --shell=bats $(BATS_TESTS)
	$(Q)mandoc -Tlint -Wwarning $(MAN_PAGES)

SHELL_SCRIPTS = scripts/demo scripts/check scripts/packages.sh scripts/png-corpus tests/tap bench/depth-study bench/jpeg-files bench/long-stream bench/ratio bench/seed bench/speed .ci/run completions/bswz.bash
MAN_PAGES = $(sort $(wildcard man/*.[15]))

# ---- figures ----

# One after another: each wants the machine for itself.
bench: $(BUILD)/bswz $(BUILD)/tools/measure $(BUILD)/bench/kernel $(BUILD)/bench/sequencer
	$(Q)BSWZ=$(abspath $(BUILD)/bswz) MEASURE=$(abspath $(BUILD)/tools/measure) KERNEL=$(abspath $(BUILD)/bench/kernel) bench/speed $(SPEED)
	$(Q)echo; $(BUILD)/bench/kernel
	$(Q)echo; $(BUILD)/bench/sequencer

bench-ratio: bswz $(BUILD)/tools/photo_cd
	$(Q)BSWZ=$(abspath bswz) PHOTO_CD=$(abspath $(BUILD)/tools/photo_cd) bench/ratio

bench-jpeg-files: bswz
	$(Q)BSWZ=$(abspath bswz) bench/jpeg-files $(FILES)

bench-depth: $(BUILD)/bench/depth_study $(BUILD)/tools/patches
	$(Q)STUDY=$(abspath $(BUILD)/bench/depth_study) PATCHES=$(abspath $(BUILD)/tools/patches) bench/depth-study $(DEPTH)

bench-seed: bswz $(BUILD)/tools/photo_cd $(BUILD)/bench/depth_study
	$(Q)BSWZ=$(abspath bswz) PHOTO_CD=$(abspath $(BUILD)/tools/photo_cd) STUDY=$(abspath $(BUILD)/bench/depth_study) bench/seed $(SEED)

bench-recovery: $(BUILD)/bench/recovery
	$(Q)$< $(RECOVERY) $${BSWZ_DATA:-../shared/data}/val/jpeg/*.jpg

bench-sequencer: $(BUILD)/bench/sequencer
	$(Q)$<

bench-kernel: $(BUILD)/bench/kernel
	$(Q)$<

# ---- installation ----

# where the installed files look for each other; DESTDIR is only where they are put
define PKGCONFIG
prefix=$(PREFIX)
libdir=$(libdir)
includedir=$(includedir)

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
INSTALLED_FOLDERS = $(bindir) $(libdir) $(includedir) $(pkgconfigdir) $(mandir)/man1 $(mandir)/man5 \
	$(bashcompletiondir) $(zshcompletiondir) $(fishcompletiondir)
INSTALLED_FILES = $(foreach name,bswz $(ALIASES),$(bindir)/$(name) $(mandir)/man1/$(name).1 $(bashcompletiondir)/$(name)) \
	$(mandir)/man5/bsw.5 $(zshcompletiondir)/_bswz $(fishcompletiondir)/bswz.fish $(includedir)/bswz.h $(pkgconfigdir)/bswz.pc \
	$(addprefix $(libdir)/,libbswz.a libbswz.so $(SONAME) libbswz.so.$(VERSION))

install: bswz $(BUILD)/libbswz.a $(BUILD)/libbswz.so
	$(INSTALL) -d $(INSTALLED_FOLDERS:%='$(DESTDIR)%')
	$(INSTALL) -m 755 bswz '$(DESTDIR)$(bindir)/bswz'
	$(INSTALL) -m 644 man/bswz.1 '$(DESTDIR)$(mandir)/man1/bswz.1'
	$(INSTALL) -m 644 man/bsw.5 '$(DESTDIR)$(mandir)/man5/bsw.5'
	$(INSTALL) -m 644 completions/bswz.bash '$(DESTDIR)$(bashcompletiondir)/bswz'
	$(INSTALL) -m 644 completions/_bswz '$(DESTDIR)$(zshcompletiondir)/_bswz'
	$(INSTALL) -m 644 completions/bswz.fish '$(DESTDIR)$(fishcompletiondir)/bswz.fish'
	for name in $(ALIASES); do \
		ln -sf bswz '$(DESTDIR)$(bindir)/'$$name && \
		ln -sf bswz.1 '$(DESTDIR)$(mandir)/man1/'$$name.1 && \
		ln -sf bswz '$(DESTDIR)$(bashcompletiondir)/'$$name || exit 1; \
	done
	$(INSTALL) -m 644 include/bswz.h '$(DESTDIR)$(includedir)/bswz.h'
	$(INSTALL) -m 644 $(BUILD)/libbswz.a '$(DESTDIR)$(libdir)/libbswz.a'
	$(INSTALL) -m 755 $(BUILD)/libbswz.so '$(DESTDIR)$(libdir)/libbswz.so.$(VERSION)'
	ln -sf libbswz.so.$(VERSION) '$(DESTDIR)$(libdir)/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(libdir)/libbswz.so'
	printf '%s\n' "$$PKGCONFIG" > '$(DESTDIR)$(pkgconfigdir)/bswz.pc'

uninstall:
	rm -f $(INSTALLED_FILES:%='$(DESTDIR)%')

# What was installed is all there and works under its three names.
installcheck:
	for file in $(INSTALLED_FILES:%='$(DESTDIR)%'); do test -s "$$file" || { echo "missing: $$file" >&2; exit 1; }; done
	'$(DESTDIR)$(bindir)/bswz' < README.md | '$(DESTDIR)$(bindir)/unbswz' | cmp - README.md
	'$(DESTDIR)$(bindir)/bswz' < README.md | '$(DESTDIR)$(bindir)/bswzcat' | cmp - README.md
	test "$$('$(DESTDIR)$(bindir)/bswz' --version)" = 'bswz $(VERSION)'

dist:
	git archive --prefix=bswz-$(VERSION)/ -o bswz-$(VERSION).tar.gz HEAD

clean:
	rm -rf build build-* bswz bswz-*.tar.gz

help:
	@echo 'make                 build ./bswz'
	@echo 'make check           build, run the unit tests and the tests of the program'
	@echo 'make check-asan      the same with AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make check-tsan      the same with ThreadSanitizer'
	@echo 'make check-valgrind  the same under valgrind (slow)'
	@echo 'make check-neon      the kernels and the coder for 64-bit ARM, under an emulator'
	@echo 'make lint            shellcheck, mandoc, and a build with clang'
	@echo 'make bench           how fast it is: beside other codecs on the pictures in $$BSWZ_DATA/val/jpeg,'
	@echo '                     then the kernels, then the coder; SPEED: options of bench/speed'
	@echo 'make bench-ratio     sizes against other codecs on the pictures in $$BSWZ_DATA/val'
	@echo 'make bench-jpeg-files  sizes of the JPEG files in $$BSWZ_DATA/val/jpeg beside JPEG XL; FILES: options of bench/jpeg-files'
	@echo 'make bench-depth     pure latent models of 1 to 8 layers, Bit-Swap beside BB-ANS (doc/bit-swap.md), on the pictures'
	@echo '                     in $$BSWZ_DATA/mnist and $$BSWZ_DATA/val/lossless; DEPTH: options of bench/depth-study'
	@echo 'make bench-seed      the main table of the Bit-Swap paper on $$BSWZ_DATA/val/jpeg; SEED: options of bench/seed'
	@echo 'make bench-recovery  how well coefficients are found behind decoded JPEG files in $$BSWZ_DATA/val/jpeg;'
	@echo '                     RECOVERY: options of bench/recovery'
	@echo 'make bench-sequencer, bench-kernel'
	@echo '                     nanoseconds a pixel of the coder; multiplications a second of the kernels'
	@echo 'make install         to $$DESTDIR$$PREFIX (/usr/local); also uninstall, installcheck'
	@echo 'make dist            a source archive of the last commit'
	@echo 'make clean           remove what was built'
	@echo 'Variables: CC, CFLAGS and LDFLAGS (added to ours), BUILD (folder), V=1 (show commands),'
	@echo '           JOBS (tests at once), WRAPPER (put before the tested programs)'

-include $(LIB_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TOOLS:=.d) $(BENCHES:=.d) $(BUILD)/bench/chain.d

.PHONY: all bench bench-depth bench-jpeg-files bench-kernel bench-ratio bench-recovery bench-seed bench-sequencer check check-asan check-neon check-tsan check-valgrind clean dist help install installcheck lint lint-text \
	run-neon-tests run-tests tools uninstall unit-tests
