package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * NFS that was mounted over a local directory passed for local, and two machines took each their
 * own locks for everybody's: the JDK names the mount below.
 */
class MountTableTest {
  /** As a kernel writes it, of a host with mounts over mounts. */
  private static final String HOST =
      """
      24 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      25 24 0:6 / /dev rw,nosuid - devtmpfs devtmpfs rw,size=1m
      26 25 0:23 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw
      27 24 0:24 / /proc rw shared:12 - proc proc rw
      40 24 0:40 / /home rw,relatime shared:30 - autofs systemd-1 rw,fd=51,direct
      41 40 0:41 /export/home /home rw,relatime shared:31 master:2 - nfs4 server:/home rw,vers=4.2
      50 24 0:50 / /data rw - tmpfs tmpfs rw
      51 50 0:51 / /data rw - fuse.glusterfs server:vol rw,user_id=0
      52 24 0:52 / /scratch rw - nfs server:/scratch rw
      53 52 8:1 / /scratch rw - xfs /dev/sda1 rw
      60 24 0:60 / /a/b rw - tmpfs tmpfs rw
      61 24 0:61 / /a rw - nfs4 server:/a rw
      70 24 0:70 / /with\\040space\\011and\\134back rw - cifs //server/share rw
      71 24 0:71 / /gr\u00c3\u00bcn rw - ceph server:/ rw
      80 24 0:41 /export/home/ada /bound rw shared:31 - nfs4 server:/home rw,vers=4.2
      90 24 8:2 / /optional rw shared:1 master:2 propagate_from:3 unbindable - btrfs /dev/sdb rw
      """;

  private static Optional<String> typeAt(String table, String path) throws IOException {
    return MountTable.parse(table.getBytes(StandardCharsets.ISO_8859_1)).typeAt(path);
  }

  @ParameterizedTest
  @CsvSource({
    "/, ext4",
    "/var/tmp/fits, ext4",
    "/dev/shm/fits, tmpfs",
    "/dev/shmem, devtmpfs",
    "/home, nfs4",
    "/home/ada/fits, nfs4",
    "/homes, ext4",
    "/data, fuse.glusterfs",
    "/data/fits, fuse.glusterfs",
    "/scratch/fits, xfs",
    "/with space\tand\\back/fits, cifs",
    "/gr\u00c3\u00bcn/fits, ceph",
    "/bound/fits, nfs4",
    "/optional, btrfs"
  })
  void theUppermostMountCounts(String path, String type) throws IOException {
    assertEquals(Optional.of(type), typeAt(HOST, path));
  }

  /** Its entry is the longest that matches, and a mount over its parent hides it. */
  @Test
  void aMountThatAnotherHidesDoesNotCount() throws IOException {
    assertEquals(Optional.of("nfs4"), typeAt(HOST, "/a/b/fits"));
  }

  /** The order of lines is the kernel's business. */
  @Test
  void theOrderOfTheLinesDoesNotCount() throws IOException {
    String[] lines = HOST.split("\n", -1);
    StringBuilder reversed = new StringBuilder();
    for (int i = lines.length - 1; i >= 0; i--) {
      reversed.append(lines[i]).append('\n');
    }
    for (String path : new String[] {"/a/b/fits", "/data/fits", "/scratch/fits", "/home"}) {
      assertEquals(typeAt(HOST, path), typeAt(reversed.toString(), path), path);
    }
  }

  /**
   * In a container the root lies on what it cannot see; in a chroot there may be no root at all.
   */
  @Test
  void whatLiesOnAnUnseenMountIsFoundAndTheRestIsNot() throws IOException {
    String container =
        """
        500 400 0:90 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u
        501 500 0:91 / /work rw - nfs4 server:/work rw
        """;
    assertEquals(Optional.of("overlay"), typeAt(container, "/tmp"));
    assertEquals(Optional.of("nfs4"), typeAt(container, "/work/fits"));
    String chroot = "501 500 0:91 / /work rw - nfs4 server:/work rw\n";
    assertEquals(Optional.of("nfs4"), typeAt(chroot, "/work/fits"));
    assertEquals(Optional.empty(), typeAt(chroot, "/tmp"));
    assertEquals(Optional.empty(), typeAt("", "/tmp"));
  }

  @Test
  void aTableThatGoesInCirclesEnds() throws IOException {
    String circle =
        "1 1 0:1 / / rw - ext4 a rw\n2 1 0:2 / / rw - xfs b rw\n1 2 0:3 / / rw - nfs c rw\n";
    assertEquals(true, typeAt(circle, "/fits").isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"24 1 254:0 / / rw,relatime", "x 1 254:0 / / rw - ext4 a rw", "garbage"})
  void aTableThatCannotBeReadIsRefused(String line) {
    assertThrows(IOException.class, () -> typeAt(line, "/"));
  }

  @Test
  void thisProcessHasOneWithItsRoot() throws IOException {
    assertEquals(true, MountTable.read().typeAt(Path.of("/")).isPresent());
    assertEquals(Optional.of("proc"), MountTable.read().typeAt(Path.of("/proc")));
  }
}
