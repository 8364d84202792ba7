package io.warmstart.pair;

import io.warmstart.format.StagedName;
import java.io.IOException;

/** Tells whose staged files may be used by others. */
public interface StagedOwners {
  /**
   * For the holder of the key's lock: no matter who has staged it, nobody is between two renames.
   */
  StagedOwners ANYBODY = (directory, staged) -> true;

  /**
   * Whether the owner of a staged file is gone, so that nobody will come back for it. Where that is
   * not known it is not.
   *
   * @throws java.nio.file.NoSuchFileException if the file is gone
   */
  boolean areGone(KeyDirectory directory, StagedName staged) throws IOException;
}
