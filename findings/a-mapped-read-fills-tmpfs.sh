#!/bin/bash
# tmpfs (Linux 6.18): to read a hole through a READ_ONLY mapping takes a page of memory for each page looked at, and keeps it in
# the file. On a full tmpfs such a read fails with an InternalError, and the writes of others find no space.
#
# read() of the same hole takes nothing, and on ext4 neither does: a hole is answered with zeros. On tmpfs a fault has to have
# a page of the file, whether it reads or writes, and the file is sparse there no more. So a process that is allowed only to
# read can fill /dev/shm, by looking through a table that another has made sparse and large; and that a file was small when it
# was made, or that its holes were never written, is no sign that it can be read.
#
# Seen here (6.18.44, OpenJDK 17.0.15 and 25.0.3), a sparse file of 64 MiB, made read-only; KiB of it that take space:
#   tmpfs of 128m: made 0, after read() 0, after mapped reads 65536; all read; another file: written
#   tmpfs of 32m: made 0, after read() 0, after mapped reads 32768; InternalError; another file: No space left on device
#   ext4: made 0, after read() 0, after mapped reads 0; all read; another file: written
# 0: it is so; 1: it has changed; 2: it cannot be tried (not root, no JDK, no mkfs.ext4, no loop device).
set -u
command -v javac >/dev/null && command -v mkfs.ext4 >/dev/null || exit 2
W=$(mktemp -d) || exit 2
trap 'cd /; umount "$W/m" 2>/dev/null; rm -rf "$W"' EXIT
cd "$W" && mkdir m || exit 2
cat > Look.java <<'J'
import java.io.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;

public class Look {
  static final int SIZE = 64 << 20;

  static long taken() throws Exception {
    Process stat = new ProcessBuilder("stat", "-c", "%b", "m/sparse").start();
    return Long.parseLong(new String(stat.getInputStream().readAllBytes()).strip()) / 2;
  }

  static int sum(MappedByteBuffer map) {
    int sum = 0;
    for (int at = 0; at < SIZE; at += 4096) sum += map.get(at);
    return sum;
  }

  public static void main(String[] a) throws Exception {
    Path file = Path.of("m/sparse");
    try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
      made.setLength(SIZE);
    }
    file.toFile().setReadOnly();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      String told = "made " + taken();
      ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
      while (channel.read(piece.clear()) > 0) {}
      told += ", after read() " + taken();
      String how = "all read";
      try {
        sum(channel.map(FileChannel.MapMode.READ_ONLY, 0, SIZE));
        Thread.sleep(1); // JDK 17 throws at some later call
      } catch (InternalError e) {
        how = "InternalError";
      }
      told += ", after mapped reads " + taken() + "; " + how + "; another file: ";
      try {
        Files.write(Path.of("m/other"), new byte[8192]);
        told += "written";
      } catch (IOException e) {
        told += e.getMessage();
      }
      System.out.println(told);
    }
  }
}
J
javac Look.java || exit 2
look() { echo "$1: $(java -Xint Look)" | tee -a out; umount m || exit 2; }
for size in 128m 32m; do
  mount -t tmpfs -o size=$size none m 2>/dev/null || exit 2
  look "tmpfs of $size"
done
truncate -s 256M image && mkfs.ext4 -q image && mount -o loop image m 2>/dev/null || exit 2
look ext4
grep -qx 'ext4: made 0, after read() 0, after mapped reads 0; all read; another file: written' out || exit 2
grep -qx 'tmpfs of 128m: made 0, after read() 0, after mapped reads 65536; all read; another file: written' out &&
  grep -qx 'tmpfs of 32m: made 0, after read() 0, after mapped reads 32768; InternalError; another file: No space left on device' out &&
  exit 0
exit 1
