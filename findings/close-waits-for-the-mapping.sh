#!/bin/bash
# Linux 6.18: close() of the only descriptor of a file gives up neither a flock nor an open-file-description lock (F_OFD_SETLK)
# while a mapping made through that descriptor stays, and watchers are not told of the close (IN_CLOSE_WRITE) until then.
#
# flock(2) says that the lock goes when all duplicates of the descriptor are closed. A mapping is no descriptor, but it holds
# the open file, and these locks and that event belong to the open file; a POSIX record lock does go with close(). A child that
# was forked has the mapping too: it keeps the lock after it has closed all descriptors and its parent, that took the lock, is
# dead. So a store that locks the file that it maps must unlock, or unmap: closing is not enough. In Java the mapping of a
# FileChannel that was closed stays until a collection (or its Arena's close), so who takes in files at IN_CLOSE_WRITE gets one
# that was written by a MappedByteBuffer at some collection, or never.
#
# Seen here (6.18.44, glibc 2.36, OpenJDK 17.0.15 and 25.0.3):
#   flock: closed, mapped: held; parent dead, child mapped: held; unmapped: free
#   OFD: closed, mapped: held; parent dead, child mapped: held; unmapped: free
#   POSIX: closed, mapped: free; parent dead, child mapped: free; unmapped: free
#   closed channel: told 0, after System.gc(): told 1
# 0: it is so; 1: it has changed; 2: it cannot be tried (no C compiler, no JDK).
set -u
command -v cc >/dev/null && command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > locks.c <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLOCK, OFD, POSIX };
static const char *NAMES[] = {"flock", "OFD", "POSIX"};

static int take(int fd, int kind) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return kind == FLOCK ? flock(fd, LOCK_EX | LOCK_NB) : fcntl(fd, kind == OFD ? F_OFD_SETLK : F_SETLK, &whole);
}

/* What another process finds. */
static const char *state(int kind) {
  int status;
  pid_t other = fork();
  if (other == 0) {
    int fd = open("file", O_RDWR);
    _exit(take(fd, kind) == 0 ? 0 : 1);
  }
  waitpid(other, &status, 0);
  return status == 0 ? "free" : "held";
}

static void *locked_and_mapped(int kind) {
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, 4096) != 0 || take(fd, kind) != 0) exit(2);
  void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) exit(2);
  close(fd);
  return map;
}

int main(void) {
  for (int kind = FLOCK; kind <= POSIX; kind++) {
    void *map = locked_and_mapped(kind);
    printf("%s: closed, mapped: %s; ", NAMES[kind], state(kind));
    munmap(map, 4096);

    int go[2], ready[2], status;
    char byte;
    if (pipe(go) != 0 || pipe(ready) != 0) return 2;
    fflush(stdout);
    pid_t parent = fork();
    if (parent == 0) {
      map = locked_and_mapped(kind);
      if (fork() == 0) {
        close(go[1]);
        if (write(ready[1], "r", 1) != 1) _exit(2);
        _exit(read(go[0], &byte, 1) == 0 ? 0 : 2); /* holds no descriptor of the file, only the mapping */
      }
      _exit(0);
    }
    waitpid(parent, &status, 0);
    if (status != 0 || read(ready[0], &byte, 1) != 1) return 2;
    printf("parent dead, child mapped: %s; ", state(kind));
    close(go[1]);
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 0) return 2; /* the child is gone */
    usleep(200000);
    printf("unmapped: %s\n", state(kind));
    fflush(stdout);
  }
}
C
cat > closes.c <<'C'
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

/* For each line of its input: how many files were closed that had been written to. */
int main(void) {
  char events[65536], line[16];
  int watcher = inotify_init1(IN_NONBLOCK);
  if (watcher < 0 || inotify_add_watch(watcher, ".", IN_CLOSE_WRITE) < 0) return 2;
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    long told = 0;
    for (ssize_t got; (got = read(watcher, events, sizeof events)) > 0;)
      for (char *at = events; at < events + got; told++)
        at += sizeof(struct inotify_event) + ((struct inotify_event *) at)->len;
    printf("%ld\n", told);
    fflush(stdout);
  }
}
C
cat > Closes.java <<'J'
import java.io.*;
import java.lang.ref.Reference;
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;

public class Closes {
  static BufferedReader out;
  static Writer in;

  static int told() throws Exception {
    Thread.sleep(300);
    in.write("\n");
    in.flush();
    return Integer.parseInt(out.readLine());
  }

  static MappedByteBuffer written() throws Exception {
    try (FileChannel channel = FileChannel.open(Path.of("watched/mapped"), StandardOpenOption.CREATE, StandardOpenOption.READ,
        StandardOpenOption.WRITE)) {
      MappedByteBuffer map = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096);
      map.put(0, (byte) 1);
      map.force();
      return map;
    }
  }

  public static void main(String[] a) throws Exception {
    Process watcher = new ProcessBuilder("../closes").directory(new File("watched"))
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    out = watcher.inputReader();
    in = watcher.outputWriter();
    if (!"ready".equals(out.readLine())) System.exit(2);
    Files.write(Path.of("watched/plain"), new byte[1]);
    if (told() != 1) System.exit(2);
    MappedByteBuffer map = written();
    int closed = told();
    Reference.reachabilityFence(map);
    map = null;
    int collected = 0;
    for (int i = 0; i < 20 && collected == 0; i++) {
      System.gc();
      collected = told();
    }
    watcher.destroy();
    System.out.println("closed channel: told " + closed + ", after System.gc(): told " + collected);
  }
}
J
mkdir watched
cc -o locks locks.c && cc -o closes closes.c && javac Closes.java || exit 2
./locks | tee out
[ "${PIPESTATUS[0]}" = 0 ] || exit 2
java -cp . Closes | tee -a out
[ "${PIPESTATUS[0]}" = 0 ] || exit 2
grep -qx 'POSIX: closed, mapped: free; parent dead, child mapped: free; unmapped: free' out || exit 2
grep -qx 'flock: closed, mapped: held; parent dead, child mapped: held; unmapped: free' out &&
  grep -qx 'OFD: closed, mapped: held; parent dead, child mapped: held; unmapped: free' out &&
  grep -qx 'closed channel: told 0, after System.gc(): told 1' out && exit 0
exit 1
