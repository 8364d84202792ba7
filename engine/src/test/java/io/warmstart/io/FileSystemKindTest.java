package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which file systems are trusted to be written by this kernel alone. */
class FileSystemKindTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "f2fs"})
  void knownLocalOnesAreLocal(String type) {
    assertEquals(FileSystemKind.LOCAL, FileSystemKind.ofType(type));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nfs",
        "nfs4",
        "NFS",
        "cifs",
        "smb3",
        "9p",
        "fuse",
        "fuse.sshfs",
        "fuse.glusterfs",
        "lustre",
        "ceph",
        "gpfs",
        "beegfs",
        "afs",
        "virtiofs",
        "ocfs2",
        "gfs2"
      })
  void thoseThatMachinesShareAreNetwork(String type) {
    assertEquals(FileSystemKind.NETWORK, FileSystemKind.ofType(type));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ext5", "fuseblk", "ecryptfs", "of tomorrow"})
  void theOthersAreNotTrusted(String type) {
    assertEquals(FileSystemKind.UNKNOWN, FileSystemKind.ofType(type));
  }

  @Test
  void whatCannotBeToldIsUnknown() throws IOException {
    assertEquals(FileSystemKind.UNKNOWN, FileSystemKind.of(Path.of("/nonexistent/warmstart")));
    // A kernel's own, which nobody could put a root on.
    assertEquals(FileSystemKind.UNKNOWN, FileSystemKind.of(Path.of("/proc")));
  }
}
