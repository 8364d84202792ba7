package io.warmstart.cli;

import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/**
 * An error as its user is to see it.
 *
 * @param exitCode the exit code
 * @param type one stable word for programs
 * @param message one line
 */
record Failure(int exitCode, String type, String message) {
  /** Judges whatever a command has thrown. */
  static Failure of(Throwable thrown) {
    if (thrown instanceof DurabilityUnknownException) {
      return error("durability_unknown", thrown.getMessage());
    }
    if (thrown instanceof StorageFullException) {
      return error("storage_full", thrown.getMessage());
    }
    if (thrown instanceof PayloadTooLargeException) {
      return error("payload_too_large", thrown.getMessage());
    }
    if (thrown instanceof ReadOnlyStoreException) {
      return error("read_only", thrown.getMessage());
    }
    if (thrown instanceof StoreException) {
      return error("store", thrown.getMessage());
    }
    if (thrown instanceof CommandFailedException) {
      return error("file", thrown.getMessage());
    }
    if (thrown instanceof OutOfMemoryError) {
      return error("out_of_memory", "not enough memory: " + thrown.getMessage());
    }
    String name = thrown.getClass().getSimpleName();
    String detail = thrown.getMessage() == null ? "" : ": " + thrown.getMessage();
    return error(
        "internal",
        "unexpected " + name + detail + " (set " + Main.TRACE_VARIABLE + "=1 for the stack trace)");
  }

  /** A command that was used wrongly. */
  static Failure wrongUse(String message) {
    return new Failure(ExitCodes.WRONG_USE, "usage", message);
  }

  private static Failure error(String type, @Nullable String message) {
    return new Failure(ExitCodes.ERROR, type, String.valueOf(message));
  }

  /** What the system says is wrong with a file, without the file's name. */
  static String reason(java.io.IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof NotDirectoryException) {
      return "not a directory";
    }
    if (failure instanceof CharacterCodingException) {
      return "not encodable";
    }
    String reason =
        failure instanceof FileSystemException system ? system.getReason() : failure.getMessage();
    return reason == null ? failure.getClass().getSimpleName() : reason;
  }
}
