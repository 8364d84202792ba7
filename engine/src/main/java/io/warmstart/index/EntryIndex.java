package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;

/** Who is told by the flows that they change a key's files. Safe for all threads. */
public interface EntryIndex {
  /** The files of a key are about to change: told before the first change. */
  void changing(KeyDirectory directory);

  /** The files of a key have changed, or may have: told after the last change, on errors too. */
  void changed(KeyDirectory directory);
}
