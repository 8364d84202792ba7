#!/bin/bash
# xfs (Linux 6.18): after a plain copy of a file was made (`cp` of coreutils 9, Files.copy of JDK 25; not of JDK 17), stores
# through a mapping of the ORIGINAL fail on a full disk, although all its blocks had been written. fallocate between the two
# says success and changes nothing.
#
# A log that is written full of zeros and mapped is safe from a full disk: each block is there. xfs shares blocks between
# files, and cp and Files.copy ask for that without being told to, since a copy is made in no time then. Who stores into a
# shared block gets a new one, be it in the copy or in the original: so a backup takes away what was prepared, in a program
# that has no part in it. posix_fallocate promises that later writes do not fail for want of space; xfs counts a shared
# block as allocated. Deleting the copy gives it back. `cp --reflink=never` shares nothing; ext4 cannot.
#
# Seen here (6.18.44, xfsprogs 6.1.0, coreutils 9.1, OpenJDK 17.0.15 and 25.0.3), stores into a log of 16 MiB on a full disk:
#   not copied: stored, copied by cp --reflink=never: stored
#   copied by cp: InternalError, by cp, then fallocate (exit 0): InternalError; the copy deleted: stored
#   copied by Files.copy of 17: stored, of 25: InternalError
# 0: it is so; 1: it has changed; 2: it cannot be tried (not root, no JDK 25 as JAVA_HOME or under /usr/lib/jvm, no mkfs.xfs,
# no loop device, an older cp).
set -u
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
command -v mkfs.xfs >/dev/null && command -v fallocate >/dev/null || exit 2
[ "$(cp --version | sed -n '1s/.* \([0-9]*\)\..*/\1/p')" -ge 9 ] || exit 2
jdk() { # $1: which
  for each in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/*; do
    [ -x "$each/bin/javac" ] && "$each/bin/java" -version 2>&1 | grep -q "version \"$1" && echo "$each" && return
  done
}
new=$(jdk 25)
old=$(jdk 17)
[ -n "$new" ] || exit 2
W=$(mktemp -d) || exit 2
trap 'cd /; umount "$W/m" 2>/dev/null; rm -rf "$W"' EXIT
cd "$W" && mkdir m || exit 2
cat > Log.java <<'J'
import java.io.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;

public class Log {
  static final int SIZE = 16 << 20;

  static String stored(MappedByteBuffer map) {
    try {
      for (int at = 0; at < SIZE; at += 4096) map.put(at, (byte) (map.get(at) + 1));
      map.force();
      return "stored";
    } catch (InternalError e) {
      return "InternalError";
    }
  }

  static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  public static void main(String[] how) throws Exception {
    Path log = Path.of("m/log");
    Path copy = Path.of("m/copy");
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (int at = 0; at < SIZE; at += 1 << 20) channel.write(ByteBuffer.allocate(1 << 20), at);
      channel.force(true);
      MappedByteBuffer map = channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE);
      if (how[0].equals("Files.copy")) Files.copy(log, copy);
      if (how[0].equals("cp") && run("cp", how[1], log.toString(), copy.toString()) != 0) System.exit(2);
      if (how.length > 2 && run("fallocate", "-l", "" + SIZE, log.toString()) != 0) System.exit(2);
      try (OutputStream rest = Files.newOutputStream(Path.of("m/rest"))) {
        byte[] zeros = new byte[1 << 20];
        while (true) rest.write(zeros);
      } catch (IOException full) {
        run("sync", "-f", "m");
      }
      System.out.print(stored(map));
      if (Files.deleteIfExists(copy)) {
        Thread.sleep(500);
        System.out.print("; the copy deleted: " + stored(map));
      }
      System.out.println();
    }
  }
}
J
"${old:-$new}/bin/javac" Log.java || exit 2
try() { # $1: what to expect, $2: a name, $3: a JDK, the rest: how to copy
  local expected=$1 name=$2 home=$3; shift 3
  truncate -s 400M image && mkfs.xfs -q -m reflink=1 image && mount -o loop image m 2>/dev/null || exit 2
  got=$("$home/bin/java" -Xint Log "$@") || exit 2
  umount m && rm image || exit 2
  echo "$name: $got"
  [ "$got" = "$expected" ] || changed=1
}
changed=0
try stored "not copied" "$new" none
try "stored; the copy deleted: stored" "cp --reflink=never" "$new" cp --reflink=never
[ "$changed" = 0 ] || exit 2
try "InternalError; the copy deleted: stored" "cp" "$new" cp --
try "InternalError; the copy deleted: stored" "cp, then fallocate" "$new" cp -- fallocate
[ -z "$old" ] || try "stored; the copy deleted: stored" "Files.copy of 17" "$old" Files.copy
try "InternalError; the copy deleted: stored" "Files.copy of 25" "$new" Files.copy
exit "$changed"
