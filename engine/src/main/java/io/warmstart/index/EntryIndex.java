package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.format.Manifest;
import java.io.IOException;

/**
 * Which entries a key has. The flows ask here and nowhere else, and tell here what they have
 * changed.
 *
 * <p>What it answers is a hint in the end: the files are the truth, and whoever acts on an answer
 * finds that out by reading them. Safe for all threads.
 */
public interface EntryIndex {
  /** The entries of a key, and what else lies in its directory as far as a lookup needs it. */
  KeyScan look(KeyDirectory directory) throws IOException;

  /** A pair has been renamed into place, under the key's lock. */
  void published(KeyDirectory directory, String runId, Manifest manifest);

  /** A pair has been removed or set aside, under the key's lock. */
  void removed(KeyDirectory directory, String runId);
}
