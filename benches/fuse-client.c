// The client of benches/fuse.mjs: fuse-client DIR FILES MEGABYTES. Prints `name value` lines: MiB/s for reads and writes, operations per
// second for everything else. A server that is written in C or Rust is faster than any client in JavaScript.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void say(const char *name, double amount, double since) { printf("%s %.1f\n", name, amount / (now() - since)); }

static char block[1 << 20];

static double read_all(const char *path, size_t size) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) die(path);
  double total = 0;
  ssize_t n;
  while ((n = read(fd, block, size)) > 0) total += n;
  if (n < 0) die("read");
  close(fd);
  return total / (1 << 20);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const int files = atoi(argv[2]), megabytes = atoi(argv[3]);
  char path[4096], big[4096];
  struct stat st;
  double t;
  memset(block, 'x', sizeof block);
  snprintf(big, sizeof big, "%s/big", argv[1]);

  if (access(big, F_OK) != 0) {
    for (int k = 0; k < 2; k++) {
      const size_t size = k == 0 ? 1 << 20 : 4096;
      const long count = k == 0 ? megabytes : (long)megabytes * 64;
      t = now();
      int fd = open(big, O_WRONLY | O_CREAT | O_TRUNC, 0644);
      if (fd < 0) die(big);
      for (long i = 0; i < count; i++)
        if (write(fd, block, size) != (ssize_t)size) die("write");
      if (fsync(fd) != 0) die("fsync");
      if (close(fd) != 0) die("close");
      say(k == 0 ? "write-1M" : "write-4k", (double)count * size / (1 << 20), t);
    }
    int fd = open(big, O_WRONLY | O_TRUNC);
    for (int i = 0; i < megabytes; i++)
      if (write(fd, block, sizeof block) != sizeof block) die("write");
    if (fsync(fd) != 0 || close(fd) != 0) die("close");
  }
  // What this file left in the page cache must not be what is measured.
  int fd = open(big, O_RDONLY);
  if (fd < 0) die(big);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
  t = now();
  double amount = read_all(big, 1 << 20);
  say("read-cold", amount, t);
  double best = 0;
  for (int i = 0; i < 3; i++) {
    t = now();
    amount = read_all(big, 1 << 20);
    const double rate = amount / (now() - t);
    if (rate > best) best = rate;
  }
  printf("read-again %.1f\n", best);
  fd = open(big, O_RDONLY);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
  unsigned state = 1;
  t = now();
  const int reads = files;
  for (int i = 0; i < reads; i++) {
    state = state * 1664525 + 1013904223;
    if (pread(fd, block, 4096, (off_t)(state % (unsigned)(amount * 256)) * 4096) != 4096) die("pread");
  }
  say("random-4k", reads, t);
  close(fd);

  snprintf(path, sizeof path, "%s/many", argv[1]);
  if (mkdir(path, 0755) != 0 && access(path, W_OK) != 0) return 0;
  t = now();
  for (int i = 0; i < files; i++) {
    snprintf(path, sizeof path, "%s/many/f%d", argv[1], i);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0) die(path);
    if (write(fd, block, 1024) != 1024) die("write");
    close(fd);
  }
  say("create-1K", files, t);
  t = now();
  for (int i = 0; i < files; i++) {
    snprintf(path, sizeof path, "%s/many/f%d", argv[1], i);
    if (stat(path, &st) != 0 || st.st_size != 1024) die("stat");
  }
  say("stat", files, t);
  t = now();
  for (int i = 0; i < files; i++) {
    snprintf(path, sizeof path, "%s/many/f%d", argv[1], i);
    fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, block, 4096) != 1024) die("open and read");
    close(fd);
  }
  say("open-read", files, t);
  t = now();
  snprintf(path, sizeof path, "%s/many", argv[1]);
  int seen = 0;
  for (int k = 0; k < 3; k++) {
    DIR *dir = opendir(path);
    struct dirent *e;
    while ((e = readdir(dir)) != NULL) {
      if (fstatat(dirfd(dir), e->d_name, &st, 0) != 0) die("fstatat");
      seen++;
    }
    closedir(dir);
  }
  say("list-stat", seen, t);
  t = now();
  for (int i = 0; i < files; i++) {
    char to[4096];
    snprintf(path, sizeof path, "%s/many/f%d", argv[1], i);
    snprintf(to, sizeof to, "%s/many/g%d", argv[1], i);
    if (rename(path, to) != 0) die("rename");
  }
  say("rename", files, t);
  t = now();
  for (int i = 0; i < files; i++) {
    snprintf(path, sizeof path, "%s/many/g%d", argv[1], i);
    if (unlink(path) != 0) die("unlink");
  }
  say("unlink", files, t);
  snprintf(path, sizeof path, "%s/many", argv[1]);
  rmdir(path);
  return 0;
}
