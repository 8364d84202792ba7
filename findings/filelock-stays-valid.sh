#!/bin/bash
# Java (OpenJDK 17 and 25, Linux 6.18): a FileLock is lost when any other descriptor of the file is closed, and
# isValid() stays true.
#
# POSIX record locks belong to the process and the file: closing any descriptor of the file drops them all. So
# Files.copy of a file that this process holds locked takes its lock away. The JDK's table of locks does not notice:
# FileLock.isValid() goes on to say true, and the JVM refuses a second lock of the range as overlapping, while another
# process gets it.
#
# Seen here:  before: valid=true other process: refused
#             after:  valid=true other process: granted
# 0: it is so; 1: it has changed; 2: it cannot be tried.
set -u
command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > Lost.java <<'J'
import java.nio.channels.*;
import java.nio.file.*;
public class Lost {
  static String other() throws Exception {
    return new String(new ProcessBuilder("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", ".", "Lost", "other")
        .start().getInputStream().readAllBytes()).strip();
  }
  public static void main(String[] a) throws Exception {
    try (FileChannel file = FileChannel.open(Path.of("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      FileLock lock = file.tryLock(0, 1, false);
      if (a.length > 0) { System.out.println(lock == null ? "refused" : "granted"); return; }
      System.out.println("before: valid=" + lock.isValid() + " other process: " + other());
      Files.copy(Path.of("file"), Path.of("copy"));
      System.out.println("after:  valid=" + lock.isValid() + " other process: " + other());
    }
  }
}
J
javac Lost.java || exit 2
java -XX:TieredStopAtLevel=1 Lost | tee out
grep -q '^before: valid=true other process: refused$' out || exit 2
grep -q '^after:  valid=true other process: granted$' out && exit 0
exit 1
