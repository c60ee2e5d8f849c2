# bswz: see `make help`.

PREFIX ?= /usr/local
DESTDIR ?=
bindir ?= $(PREFIX)/bin
mandir ?= $(PREFIX)/share/man

CC ?= cc
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Werror
HARDENING = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
BASE_CFLAGS = -std=c17 -D_GNU_SOURCE -O2 -g $(WARNINGS) $(HARDENING) -ffp-contract=off -fvisibility=hidden -pthread -Iinclude -Isrc
BASE_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -pthread
LIBRARIES = -lpng -ljpeg -lwebp -lwebpdemux -lwebpmux -lzstd -lxxhash -lopenblas -lm

BUILD ?= build
VERSION := $(shell sed -n 's/^\#define BSWZ_VERSION "\(.*\)"/\1/p' include/bswz.h)

ifeq ($(V),1)
  Q =
else
  Q = @
endif

SOURCES := $(sort $(wildcard src/*.c src/*/*.c))
LIB_SOURCES := $(filter-out src/cli/%,$(SOURCES))
CLI_SOURCES := $(filter src/cli/%,$(SOURCES))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/%.o)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

all: bswz

bswz: $(BUILD)/bswz
	$(Q)cp $< $@

$(BUILD)/bswz: $(CLI_OBJECTS) $(BUILD)/libbswz.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJECTS) $(BUILD)/libbswz.a $(LIBRARIES)

$(BUILD)/libbswz.a: $(LIB_OBJECTS)
	@echo "  AR    $@"
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(FILE_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libbswz.a
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) -Itests/unit -MMD -MP $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libbswz.a $(LIBRARIES)

unit-tests: $(UNIT_TESTS)

clean:
	rm -rf build build-* bswz

-include $(LIB_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(UNIT_TESTS:=.d)

.PHONY: all clean unit-tests
