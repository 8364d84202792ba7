package io.warmstart.io;

import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one {@code lstat} told: symbolic links are reported as such, never followed.
 *
 * @param regular whether it is a regular file
 * @param directory whether it is a directory
 * @param size bytes
 * @param mtimeNanos last modification, nanoseconds since the epoch
 * @param identity device and inode; equal for two names of one file, reused after it is gone
 */
public record FileFacts(
    boolean regular, boolean directory, long size, long mtimeNanos, @Nullable Object identity) {

  static FileFacts of(BasicFileAttributes attributes) {
    return new FileFacts(
        attributes.isRegularFile(),
        attributes.isDirectory(),
        attributes.size(),
        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
        attributes.fileKey());
  }

  /** Whether both describe the same file; false where the file system gives no identity. */
  public boolean sameFileAs(FileFacts other) {
    return identity != null && identity.equals(other.identity);
  }

  /**
   * Whether both describe the same file with nothing written to it in between. An inode alone does
   * not tell: a file system gives that of a file which is gone to the next one.
   */
  public boolean sameContentAs(FileFacts other) {
    return sameFileAs(other) && size == other.size && mtimeNanos == other.mtimeNanos;
  }
}
