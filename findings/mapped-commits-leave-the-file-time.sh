#!/bin/bash
# lmdbjava 0.9.3 with MDB_WRITEMAP: after the first commits, further ones move neither size nor mtime of data.mdb. On tmpfs
# that lasts for ever; on ext4 with MDB_NOSYNC until the kernel has written the pages back, and a sync of the environment does
# not make up for it. `rsync -a` takes such a file for unchanged, even where it compares nanoseconds (--modify-window=-1), and
# its copy keeps what was there before.
#
# mmap(2) says that st_mtime is updated after a write to a shared mapping and before the msync that follows. Linux
# updates it where a clean page becomes dirty, in the fault, and nowhere else: a page that is dirty already is stored to
# unseen, and the msync after it moves nothing. tmpfs never cleans a page. LMDB commits to a few pages again and
# again. Without MDB_WRITEMAP it writes by system calls, and each commit shows.
#
# Seen here (Linux 6.18.44, OpenJDK 17.0.15 and 25.0.3, rsync 3.5.0), commits after which the mtime was another, of the last
# 10 of 20; what rsync's copy, made after the 10th and again after the 20th and a sync, holds:
#   ext4 written: 10, copy holds 20
#   ext4 mapped: 10, copy holds 20
#   ext4 mapped, no sync: 0, copy holds 10
#   tmpfs written: 10, copy holds 20
#   tmpfs mapped: 0, copy holds 10
# 0: it is so; 1: it has changed; 2: it cannot be tried (no JDK, no Maven, no registry, no rsync, no tmpfs at /dev/shm).
set -u
command -v mvn >/dev/null && command -v javac >/dev/null || exit 2
[ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] || exit 2
W=$(mktemp -d) || exit 2
SHM=$(mktemp -d -p /dev/shm) || exit 2
trap 'rm -rf "$W" "$SHM"' EXIT
cd "$W" || exit 2
[ "$(stat -f -c %T .)" = ext2/ext3 ] || exit 2
if ! command -v rsync >/dev/null; then
  apt-get -qq download rsync libpopt0 libxxhash0 >/dev/null 2>&1 || exit 2
  for each in *.deb; do dpkg -x "$each" packages || exit 2; done
  PATH="$W/packages/usr/bin:$PATH"
  export LD_LIBRARY_PATH="$W/packages/usr/lib/$(uname -m)-linux-gnu"
fi
rsync --version >/dev/null || exit 2
cat > pom.xml <<'X'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>f</groupId><artifactId>f</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.lmdbjava</groupId><artifactId>lmdbjava</artifactId><version>0.9.3</version></dependency>
  </dependencies>
</project>
X
mvn -B -q dependency:copy-dependencies -DoutputDirectory=lib >/dev/null || exit 2
cat > Commits.java <<'J'
import java.nio.*;
import java.nio.file.*;
import org.lmdbjava.*;

public class Commits {
  static void rsync(Path from, Path to) throws Exception {
    if (new ProcessBuilder("rsync", "-a", "--modify-window=-1", from + "/", to + "/").inheritIO().start().waitFor() != 0) System.exit(2);
  }

  static ByteBuffer number(long value) {
    return ByteBuffer.allocateDirect(8).putLong(value).flip();
  }

  static long held(Path directory, EnvFlags... flags) {
    try (Env<ByteBuffer> env = Env.create().setMapSize(1 << 20).setMaxDbs(1).open(directory.toFile(), flags);
        Txn<ByteBuffer> read = env.txnRead()) {
      return env.openDbi(read, "numbers".getBytes(), null, false).get(read, number(0)).getLong();
    }
  }

  public static void main(String[] a) throws Exception {
    Path env = Files.createDirectory(Path.of(a[0], "env"));
    Path copy = Files.createDirectory(Path.of(a[0], "copy"));
    EnvFlags[] flags = new EnvFlags[a.length - 1];
    for (int i = 1; i < a.length; i++) flags[i - 1] = EnvFlags.valueOf(a[i]);
    try (Env<ByteBuffer> store = Env.create().setMapSize(1 << 20).setMaxDbs(1).open(env.toFile(), flags)) {
      Dbi<ByteBuffer> numbers = store.openDbi("numbers", DbiFlags.MDB_CREATE);
      int moved = 0;
      for (int i = 1; i <= 20; i++) {
        Object before = Files.getLastModifiedTime(env.resolve("data.mdb"));
        Thread.sleep(20);
        numbers.put(number(0), number(i));
        if (i > 10 && !Files.getLastModifiedTime(env.resolve("data.mdb")).equals(before)) moved++;
        if (i == 10) rsync(env, copy);
      }
      store.sync(true);
      rsync(env, copy);
      Files.deleteIfExists(copy.resolve("lock.mdb"));
      System.out.println(moved + ", copy holds " + held(copy));
    }
  }
}
J
javac -cp 'lib/*' Commits.java || exit 2
try() { # $1: a name, $2: a directory, the rest: flags
  name=$1; rm -rf "$2/"{env,copy}; shift
  echo "$name: $(java --add-opens=java.base/java.nio=ALL-UNNAMED --add-exports=java.base/sun.nio.ch=ALL-UNNAMED \
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED -cp 'lib/*:.' Commits "$@" 2>err)" | tee -a out
}
try "ext4 written" .
try "ext4 mapped" . MDB_WRITEMAP
try "ext4 mapped, no sync" . MDB_WRITEMAP MDB_NOSYNC
try "tmpfs written" "$SHM"
try "tmpfs mapped" "$SHM" MDB_WRITEMAP
cat err >&2
grep -qx 'ext4 written: 10, copy holds 20' out && grep -qx 'tmpfs written: 10, copy holds 20' out || exit 2
grep -qx 'ext4 mapped: 10, copy holds 20' out && grep -qx 'ext4 mapped, no sync: 0, copy holds 10' out && grep -qx 'tmpfs mapped: 0, copy holds 10' out && exit 0
exit 1
