package io.warmstart.jmh;

import io.warmstart.Entry;
import io.warmstart.EntryAttributes;
import io.warmstart.Fingerprint;
import io.warmstart.Ranking;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import java.nio.file.Path;

/** This engine, with power-safe saves and leases that are used again. */
final class WarmStartContender implements Contender {
  private final WarmStartStore store;
  private final Entry reused = new Entry();

  WarmStartContender(Path root) {
    store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withSizeBudgetBytes(StoreKind.SIZE_BUDGET_BYTES));
  }

  @Override
  public String save(Fingerprint key, byte[] payload, double objective, long iteration) {
    return store.save(key, payload, checkpoint(objective, iteration));
  }

  @Override
  public void saveOverwrite(
      Fingerprint key, String runId, byte[] payload, double objective, long iteration) {
    store.saveOverwrite(key, runId, payload, checkpoint(objective, iteration));
  }

  private static EntryAttributes checkpoint(double objective, long iteration) {
    return EntryAttributes.checkpoint().withObjective(objective).withIteration(iteration);
  }

  @Override
  public int lookupLastByte(Fingerprint key) {
    if (!store.lookup(key, Ranking.LOWEST_OBJECTIVE, reused)) {
      return -1;
    }
    int last = reused.payload().getByte((int) reused.payloadLength() - 1) & 0xff;
    reused.close();
    return last;
  }

  @Override
  public byte[] latest(Fingerprint key) {
    if (!store.lookup(key, Ranking.LATEST, reused)) {
      return new byte[0];
    }
    byte[] payload = new byte[Math.toIntExact(reused.payloadLength())];
    reused.payload().getBytes(0, payload);
    reused.close();
    return payload;
  }

  @Override
  public void close() {
    reused.close();
    store.close();
  }
}
