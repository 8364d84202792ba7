package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.io.FileOps;
import java.io.IOException;

/** The index that keeps nothing: every answer is read from the key's directory. */
public final class DirectoryIndex implements EntryIndex {
  private final FileOps ops;

  public DirectoryIndex(FileOps ops) {
    this.ops = ops;
  }

  @Override
  public KeyScan look(KeyDirectory directory) throws IOException {
    return KeyScan.forLookup(ops, directory);
  }

  @Override
  public KeyScan lookAgain(KeyDirectory directory, KeyScan before, long settledBefore)
      throws IOException {
    return KeyScan.again(ops, directory, before, settledBefore);
  }

  @Override
  public void changing(KeyDirectory directory) {}

  @Override
  public void changed(KeyDirectory directory) {}
}
