#!/bin/bash
# Java (OpenJDK 17 and 25, Linux 6.18): where one mount lies over another, Files.getFileStore names the lower one.
#
# The JDK finds the mount point of a path, then takes the first line of the table of mounts with that name. The kernel
# lists mounts in the order in which they were made, so the first is the one that is hidden. A program that asks
# whether a directory lies on a local file system gets the answer for another one. usable space, asked by a system
# call, is that of the upper mount.
#
# Seen here:  type=tmpfs name=lower, while stat -f says ramfs
# 0: it is so; 1: it has changed; 2: it cannot be tried (not root, or no mounts).
set -u
command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2
trap 'cd /; umount "$W/m" 2>/dev/null; umount "$W/m" 2>/dev/null; rm -rf "$W"' EXIT
cd "$W" && mkdir m || exit 2
mount -t tmpfs -o size=1m lower m 2>/dev/null && mount -t ramfs upper m || exit 2
cat > Store.java <<'J'
import java.nio.file.*;
public class Store {
  public static void main(String[] a) throws Exception {
    FileStore store = Files.getFileStore(Path.of("m"));
    System.out.println("type=" + store.type() + " name=" + store.name());
  }
}
J
javac Store.java || exit 2
upper=$(stat -f -c %T m); said=$(java -XX:TieredStopAtLevel=1 Store)
echo "$said, while stat -f says $upper"
[ "$upper" = ramfs ] || exit 2
[ "$said" = "type=tmpfs name=lower" ] && exit 0
exit 1
