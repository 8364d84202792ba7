package io.warmstart;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.model.Durability;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** A root whose stores may save into the journal. */
abstract class JournalFixture {
  static final String RUN = "r";

  @TempDir Path root;
  final FaultyFileOps ops = new FaultyFileOps();

  static StoreOptions options(Durability durability) {
    return StoreOptions.defaults().withDurability(durability);
  }

  WarmStartStore open(Durability durability) {
    return WarmStartStore.open(root, options(durability));
  }

  WarmStartStore openFaulty() {
    return WarmStartStore.open(root, options(Durability.POWER_SAFE).withFileOps(ops));
  }
}
