package io.warmstart.jmh;

import java.io.IOException;
import java.nio.file.Path;

/** Which store a benchmark runs on. */
public enum StoreKind {
  /** This engine. */
  WARMSTART {
    @Override
    Contender open(Path root) {
      return new WarmStartContender(root);
    }
  },
  /** The port of the store that it descends from. */
  ORIGINAL {
    @Override
    Contender open(Path root) throws IOException {
      return new OriginalContender(root);
    }
  };

  /** So large that no benchmark measures evictions. */
  static final long SIZE_BUDGET_BYTES = 1L << 44;

  /** Opens a store with a budget that nothing here reaches. */
  abstract Contender open(Path root) throws IOException;
}
