package io.warmstart.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Whether everybody who can write to a file system runs under this kernel. */
public enum FileSystemKind {
  LOCAL,
  /** Other machines may write to it: they see neither our locks nor our mapped memory. */
  NETWORK,
  /** One that is not known to be local is treated as if it were not. */
  UNKNOWN;

  private static final Set<String> LOCAL_TYPES =
      Set.of(
          "aufs",
          "bcachefs",
          "btrfs",
          "exfat",
          "ext2",
          "ext3",
          "ext4",
          "f2fs",
          "jfs",
          "nilfs2",
          "overlay",
          "overlayfs",
          "ramfs",
          "reiserfs",
          "rootfs",
          "tmpfs",
          "vfat",
          "xfs",
          "zfs");

  /** Those that overwrite blocks where they are, seen to keep what is synced through a mapping. */
  private static final Set<String> IN_PLACE_TYPES = Set.of("ext2", "ext3", "ext4", "tmpfs", "xfs");

  /** Those that number a directory again once nobody has used it for a while, or has changed it. */
  private static final Set<String> RENUMBERING_TYPES =
      Set.of("aufs", "exfat", "overlay", "overlayfs", "vfat");

  private static final Set<String> NETWORK_TYPES =
      Set.of(
          "9p",
          "acfs",
          "afs",
          "beegfs",
          "ceph",
          "cifs",
          "coda",
          "davfs",
          "fuse",
          "gfs2",
          "glusterfs",
          "gpfs",
          "lustre",
          "ncpfs",
          "nfs",
          "nfs4",
          "ocfs2",
          "orangefs",
          "panfs",
          "prl_fs",
          "pvfs2",
          "smb3",
          "smbfs",
          "vboxsf",
          "virtiofs",
          "vmhgfs",
          "weka",
          "wekafs");

  /** What the kernel's name of a file system's type means. */
  static FileSystemKind ofType(String type) {
    String name = type.toLowerCase(Locale.ROOT);
    if (LOCAL_TYPES.contains(name)) {
      return LOCAL;
    }
    return NETWORK_TYPES.contains(name) || name.startsWith("fuse.") ? NETWORK : UNKNOWN;
  }

  /**
   * Whether a directory there keeps its number for as long as it exists. Nothing promises it where
   * a server or a program of a user gives the numbers.
   */
  public static boolean keepsNumbers(Path path) {
    try {
      String type = MountTable.read().typeAt(path.toRealPath()).orElse("").toLowerCase(Locale.ROOT);
      return LOCAL_TYPES.contains(type) && !RENUMBERING_TYPES.contains(type);
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /**
   * Whether a file that was written once is written again in the same blocks there, so that a sync
   * of a few of them costs one write to the device. Where each write is a copy, it does not.
   */
  public static boolean overwritesInPlace(Path path) {
    try {
      String type = MountTable.read().typeAt(path.toRealPath()).orElse("").toLowerCase(Locale.ROOT);
      return IN_PLACE_TYPES.contains(type);
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /**
   * The kind of the file system that a path lies on; where a link leads is what counts.
   *
   * @throws IOException if there is no descriptor left to read the table of mounts with: a root
   *     that passed for another machine's would have its locks where no sibling looks for them
   */
  public static FileSystemKind of(Path path) throws IOException {
    try {
      // First the path: it may be what has a file system mounted that is mounted on demand.
      Path real = path.toRealPath();
      return MountTable.read().typeAt(real).map(FileSystemKind::ofType).orElse(UNKNOWN);
    } catch (IOException e) {
      if (IoFailure.of(e, path) == IoFailure.DESCRIPTORS) {
        throw e;
      }
      // No such path, no /proc, or a table that nobody can read.
      return UNKNOWN;
    } catch (RuntimeException e) {
      return UNKNOWN;
    }
  }
}
