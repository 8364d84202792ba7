package io.warmstart.io;

import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** What is done to directories in the same way everywhere. */
public final class Directories {
  private Directories() {}

  /**
   * Makes a directory, if it is not there.
   *
   * @throws FileSystemException if something else is there, be it a link to one: what is put in it
   *     would leave the root
   */
  public static void make(FileOps ops, Path directory) throws IOException {
    try {
      ops.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      // The usual case.
      if (!ops.stat(directory).directory()) {
        throw new FileSystemException(directory.toString(), null, "not a directory");
      }
    }
  }

  /** Makes the names in a directory durable, whether or not the thread is interrupted. */
  public static void sync(FileOps ops, Path directory) throws IOException {
    Uninterrupted.call(
        () -> {
          try (FileOps.DirectoryHandle handle = ops.openDirectory(directory)) {
            handle.sync();
          }
          return 0;
        });
  }
}
