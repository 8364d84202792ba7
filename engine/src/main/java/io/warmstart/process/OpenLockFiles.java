package io.warmstart.process;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * Which lock files are open in this JVM, through whatever class loader and by whatever path.
 *
 * <p>A lock file is open once in a JVM: closing a second descriptor would drop the locks of the
 * first. Class loaders have no static state in common, so the claims stand where all of them see
 * the same: in the system properties, as strings, one by the identity of the file and one by that
 * of its directory, since the file can be replaced. They configure nothing. A process that claims,
 * opens and closes does so under {@link #MONITOR}, which is the same object for all.
 *
 * <p>An application may exchange the system properties for others. A claim that no open descriptor
 * bears out counts for nothing; one that is missing is found out by {@link LockFile}'s lock on a
 * byte of the JVM's.
 */
final class OpenLockFiles {
  /** Strings that are equal are one object in a JVM once they are interned. */
  static final Object MONITOR = "io.warmstart.process.OpenLockFiles".intern();

  private static final String FILE = "io.warmstart.lock-file.";
  private static final String DIRECTORY = "io.warmstart.lock-directory.";

  private OpenLockFiles() {}

  /** A lock file that is open, or about to be opened. */
  static final class Claim {
    private final List<String> keys;
    private final String value;

    private Claim(List<String> keys, String value) {
      this.keys = keys;
      this.value = value;
    }

    /** The file is closed. Under the monitor. */
    void release() {
      keys.forEach(key -> System.getProperties().remove(key, value));
    }
  }

  /**
   * Claims a file before it is opened. Under the monitor.
   *
   * @param file its identity
   * @param directory that of the directory it lies in
   * @throws FileSystemException if it is open in this JVM
   */
  static Claim claim(Path path, Object file, Object directory) throws FileSystemException {
    Properties properties = System.getProperties();
    List<String> keys = List.of(FILE + file, DIRECTORY + directory);
    for (String key : keys) {
      if (properties.get(key) instanceof String claimed && isOpen(claimed)) {
        throw isOpenAlready(path, claimed.substring(claimed.indexOf(' ') + 1));
      }
    }
    Claim claim = new Claim(keys, file + " " + path);
    keys.forEach(key -> properties.put(key, claim.value));
    return claim;
  }

  static FileSystemException isOpenAlready(Path path, String openAs) {
    return new FileSystemException(
        path.toString(),
        null,
        "the lock file is open in this JVM already, through another class loader or another name:"
            + " to share it is not possible, and closing one of two would drop the locks of both;"
            + " close the other store first, or open this one read-only: open as="
            + openAs);
  }

  private static boolean isOpen(String claimed) {
    try {
      return !OpenDescriptors.ofLockFile(claimed.substring(0, claimed.indexOf(' '))).isEmpty();
    } catch (IOException | RuntimeException e) {
      // The kernel does not say: the claim is to be believed.
      return true;
    }
  }
}
