#!/usr/bin/env bash
# A rename over a name that exists changes a directory. On tmpfs, within one tick of the kernel's clock, it moves
# neither the directory's mtime nor its ctime, even directly after both were read. On ext4 since Linux 6.13 a stamp
# that somebody has read is followed by a finer one, and each such rename shows. So a program that watches a
# directory by its times misses changes on tmpfs that it sees on ext4. Making a name in the directory shows on both.
#
# Linux 6.18.44, OpenJDK 17.0.15 (only to make the calls); of 2,000 of each, directly after a look:
#   tmpfs: renames over a name unseen 1992, new names unseen 0
#   ext4:  renames over a name unseen 0, new names unseen 0
#
# Exit 0: tmpfs still hides them, 1: it no longer does, 2: not tried (no tmpfs at /dev/shm, or no JDK).
set -u
command -v java > /dev/null || { echo "no java"; exit 2; }
[ "$(stat -f -c %T /dev/shm 2> /dev/null)" = tmpfs ] || { echo "no tmpfs at /dev/shm"; exit 2; }
work=$(mktemp -d)
shm=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$work" "$shm"' EXIT
cat > "$work/Unseen.java" << 'JAVA'
import java.nio.file.*;
import java.nio.file.attribute.FileTime;

public class Unseen {
  static String times(Path directory) throws Exception {
    return Files.getAttribute(directory, "unix:ctime") + " " + Files.getLastModifiedTime(directory);
  }

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    Path name = Files.createFile(directory.resolve("name"));
    int renames = 0;
    int creations = 0;
    for (int i = 0; i < 2000; i++) {
      Path other = Files.createFile(directory.resolve("other"));
      String before = times(directory);
      Files.move(other, name, StandardCopyOption.ATOMIC_MOVE);
      renames += times(directory).equals(before) ? 1 : 0;
      before = times(directory);
      Path made = Files.createFile(directory.resolve("made " + i));
      creations += times(directory).equals(before) ? 1 : 0;
      Files.delete(made);
    }
    System.out.println("renames over a name unseen " + renames + ", new names unseen " + creations);
    System.exit(renames > 1000 && creations == 0 ? 0 : 1);
  }
}
JAVA
uname -r
java "$work/Unseen.java" "$shm"
holds=$?
echo "the same on $(stat -f -c %T "$work"):"
mkdir "$work/directory"
java "$work/Unseen.java" "$work/directory"
exit $holds
