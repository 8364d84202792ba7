#!/bin/bash
# Linux 6.18, ext4 and xfs: one byte stored through a mapping, and a sync of its page alone, write up to 1 MiB.
#
# A store through a mapping marks the whole folio of the page cache dirty, and a folio is as large as the piece in
# which the file was once written (xfs for years, ext4 since 6.16). So how much MappedByteBuffer.force(page, 4096)
# writes was decided when the file was filled: with zeros in pieces of 1 MiB, 256 pages for each page that changes;
# in pieces of 4 KiB, one. The same byte by FileChannel.write dirties one block in either file. A store that
# preallocates a mapped log should write its zeros in small pieces.
#
# Seen here (6.18.44, OpenJDK 17.0.15; e2fsprogs 1.47.0, xfsprogs 6.1.0), the device's own count of sectors:
#   ext4: filled by 4096 and stored: 4096 bytes; by 1048576 and stored: 1048576; by 1048576 and written: 4096
#   xfs: filled by 4096 and stored: 4096 bytes; by 1048576 and stored: 954859; by 1048576 and written: 4096
# 0: it is so on both; 1: it has changed; 2: it cannot be tried (not root, no JDK, no mkfs, no loop device).
set -u
command -v javac >/dev/null && command -v mkfs.xfs >/dev/null && command -v mkfs.ext4 >/dev/null || exit 2
W=$(mktemp -d) || exit 2
trap 'cd /; umount "$W/m" 2>/dev/null; rm -rf "$W"' EXIT
cd "$W" && mkdir m || exit 2
cat > Folio.java <<'J'
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;
import java.util.*;
public class Folio {
  static final int SIZE = 32 << 20, CHANGES = 200, PAGE = 4096;
  static long sectorsWritten(String device) throws Exception {
    return Long.parseLong(Files.readString(Path.of("/sys/block", device, "stat")).strip().split("\\s+")[6]);
  }
  static long bytesPerChange(String device, int piece, boolean mapped) throws Exception {
    Path file = Path.of("m/file");
    Files.deleteIfExists(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(piece);
      for (int at = 0; at < SIZE; at += piece) channel.write(zeros.clear(), at);
      channel.force(true);
      MappedByteBuffer map = channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE);
      Random random = new Random(1);
      long before = sectorsWritten(device);
      for (int i = 0; i < CHANGES; i++) {
        int at = random.nextInt(SIZE / PAGE) * PAGE;
        if (mapped) {
          map.put(at, (byte) i);
          map.force(at, PAGE);
        } else {
          channel.write(ByteBuffer.wrap(new byte[] {(byte) i}), at);
          channel.force(false);
        }
      }
      return (sectorsWritten(device) - before) * 512 / CHANGES;
    }
  }
  public static void main(String[] a) throws Exception {
    long small = bytesPerChange(a[1], PAGE, true);
    long large = bytesPerChange(a[1], 1 << 20, true);
    long written = bytesPerChange(a[1], 1 << 20, false);
    System.out.printf("%s: filled by 4096 and stored: %d bytes; by 1048576 and stored: %d; by 1048576 and written: %d%n",
        a[0], small, large, written);
    System.exit(small < 16 * PAGE && written < 16 * PAGE && large > 64 * PAGE ? 0 : 1);
  }
}
J
javac Folio.java || exit 2
changed=0
for type in ext4 xfs; do
  truncate -s 1G image && "mkfs.$type" -q image && mount -o loop image m 2>/dev/null || exit 2
  device=$(lsblk -ndo KNAME "$(findmnt -n -o SOURCE m)") || exit 2
  java -XX:TieredStopAtLevel=1 Folio "$type" "$device" || changed=1
  umount m && rm image || exit 2
done
exit "$changed"
