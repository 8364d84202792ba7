package io.warmstart.io;

import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a file system can sync a directory. Some cannot (CIFS before Linux 4.17, some of FUSE)
 * and answer EINVAL or ENOTSUP: there a power cut may take the name of what was saved, and nothing
 * that this library could do would prevent it. All else works, and is not to fail for that. Any
 * other error, EIO first of all, is one.
 */
public final class DirectorySync {
  /**
   * A device that cannot be synced: its error is EINVAL, in the words of the C library's locale.
   */
  private static final Path UNSYNCABLE = Path.of("/dev/null");

  private DirectorySync() {}

  /** Whether a directory lies on a file system that can. Blocks for one sync. */
  public static boolean worksIn(Path directory) throws IOException {
    return Uninterrupted.call(
        () -> {
          try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            return sync(channel);
          }
        });
  }

  /**
   * Syncs an open directory.
   *
   * @return false if its file system cannot
   */
  static boolean sync(FileChannel directory) throws IOException {
    try {
      directory.force(true);
      return true;
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      if (isRefusal(e)) {
        return false;
      }
      throw e;
    }
  }

  static boolean isRefusal(IOException failure) {
    // The JDK hands the kernel's error on as text only.
    String text = String.valueOf(failure.getMessage());
    String lower = text.toLowerCase(Locale.ROOT);
    return lower.contains("invalid argument")
        || lower.contains("operation not supported")
        || text.equals(invalidArgument());
  }

  private static @Nullable String invalidArgument() {
    try (FileChannel channel = FileChannel.open(UNSYNCABLE, StandardOpenOption.WRITE)) {
      channel.force(true);
      return null;
    } catch (IOException e) {
      return e.getMessage();
    }
  }
}
