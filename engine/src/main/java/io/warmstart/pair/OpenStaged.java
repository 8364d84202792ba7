package io.warmstart.pair;

import io.warmstart.io.FileOps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The files of a staged pair while they are open. For one thread at a time. */
final class OpenStaged implements AutoCloseable {
  private final List<FileOps.FileHandle> files = new ArrayList<>(2);

  FileOps.FileHandle add(FileOps.FileHandle file) {
    files.add(file);
    return file;
  }

  /** Closes them; nothing is written that was not synced, so there is nothing to lose. */
  @Override
  public void close() {
    for (FileOps.FileHandle file : files) {
      try {
        file.close();
      } catch (IOException e) {
        // Of a save that has failed, or after the sync.
      }
    }
    files.clear();
  }
}
