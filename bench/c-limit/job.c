/*
 * What the same job costs in C on the libraries of the distribution: libdeflate, LZ4, Zstandard, liblzma, xxHash. Places of
 * baskets come from a plan (bench/write-plan.ts prints it), so no ROOT description is parsed here: a limit, not a program.
 *
 *     job PLAN            the job: read, verify, decode, loop, fill; one line of JSON
 *     job PLAN codec N    the blocks alone, decoded N times from memory
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lzma.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

typedef struct { int64_t seek, first, end; int bytes, key, object, data; } Basket;
/* kind: f fixed, c counted list, v std::vector */
typedef struct {
  char name[64], kind;
  int width, baskets, next;
  Basket *basket;
  int64_t first, end;
  uint8_t *raw, *values;
  int32_t *offsets;
  size_t raw_size, values_size, offsets_size;
} Column;

static char case_name[64], path[4096];
static int64_t entries;
static int columns, file;
static Column column[32];
static uint8_t *stored;
static size_t stored_size;
static struct libdeflate_decompressor *inflater;
static ZSTD_DCtx *zstd;

static void die(const char *why) { fprintf(stderr, "%s\n", why); exit(1); }

static void *room(void *memory, size_t *size, size_t wanted) {
  if (wanted <= *size) return memory;
  free(memory);
  *size = wanted + wanted / 4;
  void *more = malloc(*size);
  if (!more) die("no memory");
  return more;
}

static uint32_t big32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
static int little24(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16; }

static void decode_block(const uint8_t *from, int bytes, uint8_t *to, int length) {
  const uint8_t *data = from + 9;
  if (from[0] == 'Z' && from[1] == 'L') {
    if (libdeflate_zlib_decompress(inflater, data, bytes, to, length, NULL) != LIBDEFLATE_SUCCESS) die("ZL");
  } else if (from[0] == 'L') {
    uint64_t hash;
    memcpy(&hash, data, 8);
    if (__builtin_bswap64(hash) != XXH64(data + 8, bytes - 8, 0)) die("L4 checksum");
    if (LZ4_decompress_safe((const char *)data + 8, (char *)to, bytes - 8, length) != length) die("L4");
  } else if (from[0] == 'Z') {
    if (ZSTD_decompressDCtx(zstd, to, length, data, bytes) != (size_t)length) die("ZS");
  } else {
    uint64_t limit = UINT64_MAX;
    size_t in = 0, out = 0;
    if (lzma_stream_buffer_decode(&limit, 0, NULL, data, &in, bytes, to, &out, length) != LZMA_OK || out != (size_t)length) die("XZ");
  }
}

static void decode_record(const uint8_t *from, int bytes, uint8_t *to, int length) {
  if (bytes == length) { memcpy(to, from, length); return; }
  for (int done = 0; done < length;) {
    int compressed = little24(from + 3), block = little24(from + 6);
    decode_block(from, compressed, to + done, block);
    from += 9 + compressed;
    done += block;
  }
}

static void swap_copy(uint8_t *to, const uint8_t *from, size_t bytes, int width) {
  if (width == 4) for (size_t i = 0; i < bytes; i += 4) { uint32_t v; memcpy(&v, from + i, 4); v = __builtin_bswap32(v); memcpy(to + i, &v, 4); }
  else if (width == 1) memcpy(to, from, bytes);
  else die("width");
}

/* Reads the next basket of a column. */
static void load(Column *c) {
  const Basket *b = &c->basket[c->next++];
  stored = room(stored, &stored_size, b->bytes + 64);
  if (pread(file, stored, b->bytes, b->seek) != b->bytes) die("read");
  c->raw = room(c->raw, &c->raw_size, b->object + 64);
  decode_record(stored + b->key, b->bytes - b->key, c->raw, b->object);
  c->values = room(c->values, &c->values_size, b->data + 64);
  c->first = b->first;
  c->end = b->end;
  int64_t n = b->end - b->first;
  if (c->kind == 'f') { swap_copy(c->values, c->raw, b->data, c->width); return; }
  c->offsets = room(c->offsets, &c->offsets_size, (n + 1) * 4);
  c->offsets[0] = 0;
  if (c->kind == 'c') {
    swap_copy(c->values, c->raw, b->data, c->width);
    const uint8_t *table = c->raw + b->data + 4;
    for (int64_t i = 1; i < n; i++) c->offsets[i] = ((int)big32(table + 4 * i) - b->key) / c->width;
    c->offsets[n] = b->data / c->width;
    return;
  }
  const uint8_t *from = c->raw;
  uint8_t *to = c->values;
  for (int64_t i = 0; i < n; i++) {
    uint32_t count = big32(from + 6);
    from += 10;
    swap_copy(to, from, (size_t)count * c->width, c->width);
    from += (size_t)count * c->width;
    to += (size_t)count * c->width;
    c->offsets[i + 1] = (to - c->values) / c->width;
  }
  if (from != c->raw + b->data) die("vector");
}

static double bins[1024];
static void fill(int n, double lo, double hi, double x, double w) {
  double bin = floor(n * (x - lo) / (hi - lo));
  bins[bin < 0 ? 0 : bin >= n ? n + 1 : (int)bin + 1] += w;
}

static void atlas(void) {
  for (int64_t e = 0; e < entries; e++) {
    for (int i = 0; i < columns; i++) if (e == column[i].end) load(&column[i]);
    const Column *pt = &column[0], *charge = &column[4], *type = &column[5];
    int at[6];
    for (int i = 0; i < 6; i++) at[i] = column[i].offsets[e - column[i].first];
    if (pt->offsets[e - pt->first + 1] - at[0] < 4) continue;
    const int32_t *q = (int32_t *)charge->values + at[4];
    const uint32_t *t = (uint32_t *)type->values + at[5];
    uint32_t flavour = t[0] + t[1] + t[2] + t[3];
    if ((flavour != 44 && flavour != 48 && flavour != 52) || q[0] + q[1] + q[2] + q[3] != 0) continue;
    double energy = 0, x = 0, y = 0, z = 0, w = 1;
    for (int i = 0; i < 4; i++) {
      double p = ((float *)pt->values)[at[0] + i], eta = ((float *)column[1].values)[at[1] + i], phi = ((float *)column[2].values)[at[2] + i];
      energy += ((float *)column[3].values)[at[3] + i];
      x += p * cos(phi);
      y += p * sin(phi);
      z += p * sinh(eta);
    }
    for (int i = 6; i < 11; i++) w *= ((float *)column[i].values)[e - column[i].first];
    fill(34, 80, 250, sqrt(fmax(energy * energy - x * x - y * y - z * z, 0)) / 1000, w);
  }
}

static void cms(void) {
  for (int64_t e = 0; e < entries; e++) {
    for (int i = 0; i < columns; i++) if (e == column[i].end) load(&column[i]);
    int at[5];
    for (int i = 0; i < 5; i++) at[i] = column[i].offsets[e - column[i].first];
    if (column[0].offsets[e - column[0].first + 1] - at[0] != 2) continue;
    const int32_t *q = (int32_t *)column[4].values + at[4];
    if (q[0] == q[1] || !(((float *)column[5].values)[e - column[5].first] > 20)) continue;
    double energy = 0, x = 0, y = 0, z = 0;
    for (int i = 0; i < 2; i++) {
      double p = ((float *)column[0].values)[at[0] + i], eta = ((float *)column[1].values)[at[1] + i], phi = ((float *)column[2].values)[at[2] + i];
      double m = ((float *)column[3].values)[at[3] + i], px = p * cos(phi), py = p * sin(phi), pz = p * sinh(eta);
      x += px;
      y += py;
      z += pz;
      energy += sqrt(px * px + py * py + pz * pz + m * m);
    }
    fill(300, 0.25, 300, sqrt(fmax(energy * energy - x * x - y * y - z * z, 0)), 1);
  }
}

/* All blocks of all baskets, in memory, `turns` times. Gives the sum of bytes, so that nothing is optimised away. */
static double codec(int turns, double *cpu_start, double (*cpu)(void)) {
  size_t total = 0, size = 0, largest = 0;
  for (int i = 0; i < columns; i++)
    for (int k = 0; k < column[i].baskets; k++) {
      total += column[i].basket[k].bytes;
      if ((size_t)column[i].basket[k].object > largest) largest = column[i].basket[k].object;
    }
  uint8_t *all = room(NULL, &size, total + 64), *out = malloc(largest + 64);
  size_t at = 0;
  for (int i = 0; i < columns; i++)
    for (int k = 0; k < column[i].baskets; k++) {
      const Basket *b = &column[i].basket[k];
      if (pread(file, all + at, b->bytes, b->seek) != b->bytes) die("read");
      at += b->bytes;
    }
  *cpu_start = cpu();
  double sum = 0;
  for (int turn = 0; turn < turns; turn++) {
    at = 0;
    for (int i = 0; i < columns; i++)
      for (int k = 0; k < column[i].baskets; k++) {
        const Basket *b = &column[i].basket[k];
        decode_record(all + at + b->key, b->bytes - b->key, out, b->object);
        sum += out[b->object / 2];
        at += b->bytes;
      }
  }
  free(all);
  free(out);
  return sum;
}

static double clock_of(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static double cpu(void) { return clock_of(CLOCK_PROCESS_CPUTIME_ID); }

static void read_plan(const char *name) {
  FILE *plan = fopen(name, "r");
  if (!plan || fscanf(plan, "%63s %4095[^\n] ", case_name, path) != 2 || fscanf(plan, "%ld %d", &entries, &columns) != 2 || columns > 32) die("plan");
  for (int i = 0; i < columns; i++) {
    Column *c = &column[i];
    if (fscanf(plan, "%63s %c %d %d", c->name, &c->kind, &c->width, &c->baskets) != 4) die("plan: column");
    c->basket = malloc(c->baskets * sizeof *c->basket);
    for (int k = 0; k < c->baskets; k++) {
      Basket *b = &c->basket[k];
      if (fscanf(plan, "%ld %d %d %d %d %ld %ld", &b->seek, &b->bytes, &b->key, &b->object, &b->data, &b->first, &b->end) != 7) die("plan: basket");
    }
  }
  fclose(plan);
}

int main(int argc, char **argv) {
  if (argc < 2) die("usage: job PLAN [codec TURNS]");
  read_plan(argv[1]);
  inflater = libdeflate_alloc_decompressor();
  zstd = ZSTD_createDCtx();
  file = open(path, O_RDONLY);
  if (file < 0) die("open");
  double wall = clock_of(CLOCK_MONOTONIC), start = cpu(), sum = 0;
  if (argc > 3) sum = codec(atoi(argv[3]), &start, cpu);
  else if (strcmp(case_name, "atlas-hzz") == 0) atlas();
  else cms();
  double used = cpu() - start, seconds = clock_of(CLOCK_MONOTONIC) - wall;
  for (int i = 0; i < 1024; i++) sum += bins[i];
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const char *base = strrchr(path, '/');
  printf("{\"case\":\"%s\",\"peer\":\"c-limit\",\"file\":\"%s\",\"threads\":1,\"events\":%ld,\"wall_s\":%.3f,\"cpu_s\":%.3f,\"rss_mb\":%ld,\"sum\":%.3f}\n",
         case_name, base ? base + 1 : path, entries, seconds, used, usage.ru_maxrss / 1024, sum);
  return 0;
}
