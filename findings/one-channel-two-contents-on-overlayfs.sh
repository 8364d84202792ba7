#!/bin/bash
# overlayfs (Linux 6.18): one descriptor, opened before the file was first written to, reads what is there now and maps what was
# there before, also if it is mapped only afterwards.
#
# The first open for writing copies a file of a lower layer to the upper one. That a mapping which exists by then keeps the
# lower file is documented. A read by a descriptor that was opened before looks for the upper file each time; mmap of
# it takes the file that it was opened with. So a program in a container which keeps a channel open, learns by a read,
# by size() or by transferTo that the file has grown or changed, and maps what is new, finds the old bytes or none, and no error:
# a map of what was appended goes past the end of the lower file. A channel that was opened anew has both alike. A file of the
# upper layer does, too, so that nothing of it shows in a directory that the container itself has filled.
#
# Seen here (6.18.44, OpenJDK 17.0.15 and 25.0.3), a file of 4096 zeros in the lower layer, then 8192 bytes of 7 by another process:
#   opened before: size 8192, read 7, transferTo 7, mapped afterwards 0, mapped what was appended InternalError
#   opened after: size 8192, read 7, transferTo 7, mapped afterwards 7, mapped what was appended 7
#   in the upper layer, opened before: size 8192, read 7, transferTo 7, mapped afterwards 7, mapped what was appended 7
# 0: it is so; 1: it has changed; 2: it cannot be tried (not root, no JDK, no overlay or tmpfs).
set -u
command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2
trap 'cd /; umount "$W/m/merged" 2>/dev/null; umount "$W/m" 2>/dev/null; rm -rf "$W"' EXIT
cd "$W" && mkdir m && mount -t tmpfs none m 2>/dev/null && mkdir m/{lower,upper,work,merged} || exit 2
head -c 4096 /dev/zero >m/lower/file
mount -t overlay overlay -o lowerdir=m/lower,upperdir=m/upper,workdir=m/work m/merged 2>/dev/null || exit 2
head -c 4096 /dev/zero >m/merged/upper
cat > Contents.java <<'J'
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;

public class Contents {
  static String mapped(FileChannel channel, long at) throws Exception {
    try {
      String first = "" + channel.map(FileChannel.MapMode.READ_ONLY, at, 4096).get(0);
      Thread.sleep(1); // JDK 17 throws at some later call
      return first;
    } catch (InternalError e) {
      return "InternalError";
    }
  }

  static void tell(String what, FileChannel channel) throws Exception {
    ByteBuffer read = ByteBuffer.allocate(1);
    channel.read(read, 0);
    Path sent = Path.of("sent");
    try (FileChannel to = FileChannel.open(sent, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
        StandardOpenOption.TRUNCATE_EXISTING)) {
      channel.transferTo(0, channel.size(), to);
    }
    System.out.println(what + ": size " + channel.size() + ", read " + read.get(0) + ", transferTo " + Files.readAllBytes(sent)[0]
        + ", mapped afterwards " + mapped(channel, 0) + ", mapped what was appended " + mapped(channel, 4096));
  }

  static void write(String file) throws Exception {
    String command = "head -c 8192 /dev/zero | tr '\\0' '\\7' | dd of=" + file + " conv=notrunc status=none";
    if (new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor() != 0) System.exit(2);
  }

  public static void main(String[] a) throws Exception {
    try (FileChannel before = FileChannel.open(Path.of("m/merged/file"));
        FileChannel upper = FileChannel.open(Path.of("m/merged/upper"))) {
      write("m/merged/file");
      write("m/merged/upper");
      tell("opened before", before);
      try (FileChannel after = FileChannel.open(Path.of("m/merged/file"))) {
        tell("opened after", after);
      }
      tell("in the upper layer, opened before", upper);
    }
  }
}
J
javac Contents.java && java -Xint Contents >out || exit 2
cat out
rest='size 8192, read 7, transferTo 7, mapped afterwards 7, mapped what was appended 7'
grep -qx "opened after: $rest" out && grep -qx "in the upper layer, opened before: $rest" out || exit 2
grep -qx 'opened before: size 8192, read 7, transferTo 7, mapped afterwards 0, mapped what was appended InternalError' out && exit 0
exit 1
