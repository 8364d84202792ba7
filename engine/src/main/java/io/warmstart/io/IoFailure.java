package io.warmstart.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;

/** Why an operation failed, as far as a caller would act differently. */
public enum IoFailure {
  /** No bytes, no inodes or no quota left. */
  FULL,
  /** The file system is mounted read-only. */
  READ_ONLY,
  /** The permissions do not allow it. */
  PERMISSION,
  /** The process or the system has no descriptors left. */
  DESCRIPTORS,
  /** Anything else: a device that fails, first of all. */
  OTHER;

  /**
   * What the kernel says, in English, of failures that are not another machine's doing. The texts
   * of other errors stand above, or have exceptions of their own in the JDK.
   */
  private static final List<String> OTHER_TEXTS =
      List.of(
          "no space left",
          "quota exceeded",
          "read-only file system",
          "too many open files",
          "operation not permitted",
          "permission denied",
          "input/output error",
          "remote i/o error",
          "file name too long",
          "is a directory",
          "not a directory",
          "invalid argument",
          "invalid cross-device link",
          "cannot allocate memory",
          "no such device",
          "too many levels of symbolic links",
          "too many links",
          "file too large",
          "value too large",
          "resource busy",
          "text file busy",
          "bad address",
          "operation not supported",
          "function not implemented",
          "temporarily unavailable",
          "timed out",
          "no route to host",
          "host is down",
          "connection refused",
          "connection reset",
          "endpoint is not connected",
          "software caused connection abort",
          "key has expired",
          "structure needs cleaning",
          "no locks available",
          "resource deadlock avoided");

  /**
   * Judges an exception. The JDK hands the kernel's error on only as text, in the C library's
   * language: where the text is not known, the file system itself is asked.
   *
   * @param where a path on the file system that failed
   */
  public static IoFailure of(IOException failure, Path where) {
    if (failure instanceof AccessDeniedException) {
      return PERMISSION;
    }
    String text = reason(failure);
    if (text.contains("no space left") || text.contains("quota exceeded")) {
      return FULL;
    }
    if (text.contains("read-only file system")) {
      return READ_ONLY;
    }
    if (text.contains("operation not permitted") || text.contains("permission denied")) {
      return PERMISSION;
    }
    if (text.contains("input/output error")) {
      return OTHER;
    }
    return isWantOfDescriptors(failure) ? DESCRIPTORS : ask(where);
  }

  /**
   * Whether an open has failed because the process or the system has no descriptors left. Where the
   * text is not known, another open is tried that can fail for no other reason: if it fails with
   * the same words, they say that.
   */
  static boolean isWantOfDescriptors(IOException failure) {
    String text = reason(failure);
    if (text.contains("too many open files")) {
      return true;
    }
    if (failure.getClass() != FileSystemException.class) {
      // No such file, file exists, access denied: those have classes of their own.
      return false;
    }
    try {
      requireDescriptor();
      return false;
    } catch (IOException e) {
      return reason(e).equals(text);
    }
  }

  /**
   * Throws what an open throws if there is no descriptor left: for where the JDK swallows that.
   *
   * @throws IOException which this class takes for {@link #DESCRIPTORS}
   */
  public static void requireDescriptor() throws IOException {
    FileChannel.open(Path.of("/"), StandardOpenOption.READ).close();
  }

  private static String reason(IOException failure) {
    String reason =
        failure instanceof FileSystemException e && e.getReason() != null
            ? e.getReason()
            : String.valueOf(failure.getMessage());
    return reason.toLowerCase(Locale.ROOT);
  }

  /**
   * Whether a failure may say that another machine has replaced the file or directory that was
   * being read: ESTALE, ENOENT of an open file, or EBADF of a descriptor that nobody here has
   * closed. To be asked only where other machines may write.
   *
   * <p>The JDK hands the errno on as the C library's text alone, in the language of the process. So
   * a kernel's error with an unknown text may be one too. A thread that runs the step again for it,
   * for a bounded time, loses nothing by a mistake but that time.
   */
  public static boolean mayBeReplaced(IOException failure) {
    boolean ofKernel =
        failure.getCause() == null
            && (failure.getClass() == IOException.class
                || failure.getClass() == FileSystemException.class);
    if (!ofKernel) {
      return false;
    }
    String text = reason(failure);
    return text.contains("stale") || OTHER_TEXTS.stream().noneMatch(text::contains);
  }

  /**
   * Whether a file system's server has surely told that what is open was replaced or removed
   * (ESTALE), as far as its text is English.
   */
  public static boolean isStale(IOException failure) {
    return reason(failure).contains("stale");
  }

  private static IoFailure ask(Path where) {
    for (Path path = where; path != null; path = path.getParent()) {
      if (Files.isDirectory(path)) {
        try {
          var fileStore = Files.getFileStore(path);
          if (fileStore.isReadOnly()) {
            return READ_ONLY;
          }
          return fileStore.getUsableSpace() == 0 ? FULL : OTHER;
        } catch (IOException e) {
          return OTHER;
        }
      }
    }
    return OTHER;
  }
}
