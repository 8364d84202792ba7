package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;

/** The index that keeps nothing: every answer is read from the key's directory. */
public final class DirectoryIndex implements EntryIndex {
  @Override
  public void changing(KeyDirectory directory) {}

  @Override
  public void changed(KeyDirectory directory) {}
}
