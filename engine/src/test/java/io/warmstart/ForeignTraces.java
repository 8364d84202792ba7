package io.warmstart;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a program that takes no lock of ours leaves where it works. */
final class ForeignTraces {
  private ForeignTraces() {}

  /** Lets a store notice a save of the original's that is under way, of a run of its own. */
  static void show(Path root, Fingerprint key, WarmStartStore store) throws IOException {
    Path staged = KeyFiles.of(root, key).file("others.json.tmp.1.0.0");
    Files.createFile(staged);
    store.evictOverflow();
    Files.delete(staged);
  }

  static long seen(WarmStartStore store) {
    return store.stats().count(StoreCounter.FOREIGN_SEEN);
  }
}
