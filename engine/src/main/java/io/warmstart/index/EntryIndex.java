package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import java.io.IOException;

/**
 * Which entries a key has. The flows ask here and nowhere else, and tell here what they change.
 *
 * <p>What it answers is a hint in the end: the files are the truth, and whoever acts on an answer
 * finds that out by reading them. Safe for all threads.
 */
public interface EntryIndex {
  /** The entries of a key, and what else lies in its directory as far as a lookup needs it. */
  KeyScan look(KeyDirectory directory) throws IOException;

  /**
   * The same again, for somebody whom the last look does not satisfy.
   *
   * @param before what it found
   * @param settledBefore unix nanoseconds: a manifest that is older and that looks as it did then
   *     is taken for read
   */
  KeyScan lookAgain(KeyDirectory directory, KeyScan before, long settledBefore) throws IOException;

  /** The files of a key are about to change: told before the first change. */
  void changing(KeyDirectory directory);

  /** The files of a key have changed, or may have: told after the last change, on errors too. */
  void changed(KeyDirectory directory);
}
