package io.warmstart.process;

import io.warmstart.io.RacyWindow;
import io.warmstart.mapped.Checksums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Where the processes that share memory on a root share it: in the root, or, where others work on
 * the root that share none, in a directory of their own machine.
 *
 * @param directory holds lock file, coordination file and index
 * @param nodeLocal whether that is a directory of this machine alone, outside the root
 * @param shared whether processes elsewhere may work on the root too; so it is if node-local
 * @param user whose a node-local directory must be
 * @param scope tells node-local directories from each other; 0 in the root
 */
public record Placement(Path directory, boolean nodeLocal, boolean shared, int user, long scope) {
  /** In the root itself: the kernel's locks reach everybody. */
  public static Placement inRoot(Path directory) {
    return new Placement(directory, false, false, 0, 0);
  }

  /** In a root on which processes elsewhere work, for one who only reads, and takes no locks. */
  public static Placement inSharedRoot(Path directory) {
    return new Placement(directory, false, true, 0, 0);
  }

  /**
   * In a directory of this machine, which exists.
   *
   * <p>Path, device and inode make the scope: two containers may each have a {@code /dev/shm} under
   * one kernel, and to take a row of one for a row of the other would be to take the living for
   * dead.
   */
  public static Placement nodeLocal(Path directory, int user) throws IOException {
    Object identity =
        Files.readAttributes(directory, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
            .fileKey();
    long scope = Checksums.mix(directory.toString().hashCode());
    for (char each : String.valueOf(identity).toCharArray()) {
      scope = Checksums.mix(scope + each);
    }
    return new Placement(directory, true, true, user, scope == 0 ? 1 : scope);
  }

  /** How young the stamp of a file of the root must be to prove nothing. */
  public RacyWindow racyWindow() {
    return shared ? RacyWindow.OTHER_CLOCK : RacyWindow.SAME_CLOCK;
  }

  /** What stands for the boot in the names of staged files: only who shares the locks has it. */
  long ownerBoot(long boot) {
    return nodeLocal ? Checksums.mix(boot ^ scope) : boot;
  }
}
