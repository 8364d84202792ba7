package io.warmstart.lookup;

import io.warmstart.index.KeyCensus;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import io.warmstart.pair.RootDirectory;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * Renews the censuses of keys with many runs before they are too old, in the background: else the
 * next lookup would list the directory, which with ten thousand runs takes a tenth of a second.
 *
 * <p>Only of keys that were looked up since the last time: a process that only saves lists nothing.
 * Safe for all threads.
 */
public final class CensusRefresh {
  /** What has no room is listed by a lookup. */
  private static final int MOST = 64;

  private final RootDirectory root;
  private final KeyCensus census;
  private final KeySnapshots snapshots;
  private final Map<Digest256, Due> due = new ConcurrentHashMap<>();

  public CensusRefresh(RootDirectory root, KeyCensus census, KeySnapshots snapshots) {
    this.root = root;
    this.census = census;
    this.snapshots = snapshots;
  }

  private record Due(long asOf, long atUnixNanos) {}

  /**
   * Has the census of a key renewed, unless somebody does so before.
   *
   * @param asOf which census, {@link KeyCensus#asOf}
   * @param dueUnixNanos when
   */
  void ask(Digest256 key, long asOf, long dueUnixNanos) {
    Due known = due.get(key);
    if (known == null ? due.size() < MOST : known.asOf != asOf) {
      due.put(key, new Due(asOf, dueUnixNanos));
    }
  }

  /**
   * Renews what is due. For one thread at a time.
   *
   * @param stopped whether to end before the end
   */
  public void run(BooleanSupplier stopped) {
    due.forEach(
        (key, each) -> {
          if (census.asOf(key) != each.asOf) {
            // Somebody has.
            due.remove(key, each);
          } else if (RacyWindow.systemNanos() >= each.atUnixNanos && !stopped.getAsBoolean()) {
            // Once: where it cannot be taken now, a lookup will list.
            due.replace(key, each, new Due(each.asOf, Long.MAX_VALUE));
            renew(key);
          }
        });
  }

  private void renew(Digest256 key) {
    try {
      snapshots.renewCensus(root.directory(key));
    } catch (IOException e) {
      // Going, or not to be read: the next lookup that lists tells.
      return;
    }
  }
}
