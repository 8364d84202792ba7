package io.warmstart.stress.mount;

import java.io.IOException;
import java.nio.file.Path;

/** A mounted disk that can lose its power. */
public interface CutDisk extends AutoCloseable {
  /** Where it is mounted. */
  Path path();

  /** Mounts it, as it is after a cut or after it was unmounted. */
  void mount() throws IOException, InterruptedException;

  /**
   * Cuts the power: from now on nothing reaches the disk. Later calls do nothing until it is
   * mounted again.
   *
   * @param seed of what becomes of all that was not synced, where the disk leaves that to chance
   */
  void cut(long seed) throws IOException, InterruptedException;

  /** Which changes of names that were not synced the last cut has kept and lost, if it is known. */
  default String lastCut() {
    return "";
  }

  /** Unmounts it; what this process has mapped there is let go first. */
  void unmount() throws IOException, InterruptedException;

  /** Unmounts and removes it. */
  @Override
  void close() throws IOException;
}
