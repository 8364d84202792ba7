package io.warmstart.jmh.peer;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.jmh.workload.Key;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** This engine, with leases that are used again. */
public final class WarmStartPeer implements Peer {
  private static final String RUN_ID = "run";

  private final WarmStartStore store;
  private final @Nullable JournalCheck check;

  /** The keys that were overwritten: the first time that goes into files, whatever is asked. */
  private final Set<Fingerprint> overwritten = ConcurrentHashMap.newKeySet();

  WarmStartPeer(Path root, Sizing sizing, Durability durability) {
    this(
        root,
        StoreOptions.defaults()
            .withSizeBudgetBytes(sizing.budgetBytes())
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withDurability(durability));
  }

  /** How many more runs are saved without this one's knowledge: the first of each. */
  private int otherRuns;

  /** A store with options of one's own. If it saves into the journal, it does so from now on. */
  public WarmStartPeer(Path root, StoreOptions options) {
    store = WarmStartStore.open(root, options);
    check =
        options.durability() == Durability.IN_FILES
            ? null
            : JournalCheck.begin(store, options.durability());
  }

  /** The store, for what only this one can do. */
  public WarmStartStore store() {
    return store;
  }

  /** Runs that are saved to the store itself: the first time each goes into files. */
  public void expectOtherRuns(int runs) {
    otherRuns = runs;
  }

  @Override
  public void save(Key key, long number, byte[] payload) {
    store.save(key.fingerprint(), payload, attributes(number));
  }

  @Override
  public void overwrite(Key key, long number, byte[] payload) {
    if (check != null) {
      overwritten.add(key.fingerprint());
    }
    store.saveOverwrite(key.fingerprint(), RUN_ID, payload, attributes(number));
  }

  /** A checkpoint whose objective falls from save to save, as a fit's does. */
  private static EntryAttributes attributes(long number) {
    return EntryAttributes.checkpoint().withObjective(1.0 / (number + 1)).withIteration(number);
  }

  @Override
  public Reader reader() {
    return new LeasingReader(store);
  }

  /** Fails if it was to save into the journal and has not. */
  @Override
  public void close() {
    try (store) {
      if (check != null) {
        check.requireJournalled(overwritten.size() + otherRuns);
      }
    }
  }

  private static final class LeasingReader implements Reader {
    private final WarmStartStore store;
    private final Entry reused = new Entry();

    LeasingReader(WarmStartStore store) {
      this.store = store;
    }

    @Override
    public int lastByte(Key key) {
      if (!store.lookup(key.fingerprint(), Ranking.LOWEST_OBJECTIVE, reused)) {
        return -1;
      }
      int last = reused.payload().getByte((int) reused.payloadLength() - 1) & 0xff;
      reused.close();
      return last;
    }

    @Override
    public int copy(Key key, byte[] target) {
      if (!store.lookup(key.fingerprint(), Ranking.LOWEST_OBJECTIVE, reused)) {
        return -1;
      }
      int length = (int) reused.payloadLength();
      reused.payload().getBytes(0, target, 0, length);
      reused.close();
      return length;
    }

    @Override
    public void close() {
      reused.close();
    }
  }
}
