package io.warmstart.pair;

import io.warmstart.io.IoFailure;
import io.warmstart.io.RootGoneException;
import io.warmstart.io.RootWatch;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** Turns what the file system says into what a caller can act on. */
public final class StoreFailures {
  private StoreFailures() {}

  /** A failure to change something. */
  public static StoreException ofWriting(String what, Path where, IOException failure) {
    String message = what + ": " + describe(failure) + where(where, failure);
    if (failure instanceof RootGoneException) {
      // What the file system of some directory above it is like is beside the point.
      return new StoreException(message, failure);
    }
    return switch (IoFailure.of(failure, where)) {
      case FULL -> new StorageFullException(message, failure);
      case READ_ONLY, PERMISSION -> new ReadOnlyStoreException(message, failure);
      case DESCRIPTORS, OTHER -> new StoreException(message, failure);
    };
  }

  /** A failure to read something. */
  public static StoreException ofReading(String what, Path where, IOException failure) {
    return new StoreException(what + ": " + describe(failure) + where(where, failure), failure);
  }

  /**
   * For what is no hot path: refuses to go on where the root is gone.
   *
   * @throws StoreException if it is
   */
  public static void requireRoot(RootWatch watch, String what) {
    try {
      watch.require();
    } catch (RootGoneException e) {
      throw ofReading(what, watch.root(), e);
    }
  }

  private static String where(Path where, IOException failure) {
    if (failure instanceof RootGoneException) {
      return "";
    }
    return failure instanceof FileSystemException e && e.getFile() != null
        ? " file=" + e.getFile()
        : " file=" + where;
  }

  /** What went wrong, without the file's name. */
  public static String describe(IOException failure) {
    if (failure instanceof FileSystemException e) {
      String reason = e.getReason();
      return reason != null ? reason : nameOf(failure);
    }
    String message = failure.getMessage();
    return message != null ? message : nameOf(failure);
  }

  /** The same of whatever failed, with the file's name where it is known. */
  public static String describeWithFile(Throwable failure) {
    if (failure instanceof FileSystemException e && e.getFile() != null) {
      return describe(e) + " file=" + e.getFile();
    }
    if (failure instanceof IOException e) {
      return describe(e);
    }
    return failure.getClass().getSimpleName() + ": " + failure.getMessage();
  }

  private static String nameOf(IOException failure) {
    return switch (failure.getClass().getSimpleName()) {
      case "NoSuchFileException" -> "no such file or directory";
      case "FileAlreadyExistsException" -> "file exists";
      case "AccessDeniedException" -> "permission denied";
      case "NotDirectoryException" -> "not a directory";
      case "DirectoryNotEmptyException" -> "directory not empty";
      default -> failure.getClass().getSimpleName();
    };
  }
}
