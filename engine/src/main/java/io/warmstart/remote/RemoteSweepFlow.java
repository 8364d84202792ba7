package io.warmstart.remote;

import io.warmstart.model.Digest256;
import io.warmstart.model.RemoteSweepReport;
import io.warmstart.remote.copy.ClaimName;
import io.warmstart.remote.copy.RemoteKey;
import io.warmstart.remote.store.DeniedKeyException;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.runtime.EngineLog;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * Removes from a remote what counts for nobody. Of a key's claims the last one stays. What a push
 * has not ended yet is left alone: a payload is taken for abandoned a day after it was put, by this
 * machine's clock and the time that the remote tells. Whether it still lacks its manifest is asked
 * right before it goes: a push may have found it, and have put the manifest that its sender died
 * before. For one thread.
 */
public final class RemoteSweepFlow {
  private static final Duration ABANDONED_AFTER = Duration.ofDays(1);

  private final ObjectStore store;
  private final boolean dryRun;
  private final Instant abandonedBefore = Instant.now().minus(ABANDONED_AFTER);
  private final List<String> superseded = new ArrayList<>();
  private final List<String> abandoned = new ArrayList<>();
  private final List<String> claims = new ArrayList<>();

  private RemoteSweepFlow(ObjectStore store, boolean dryRun) {
    this.store = store;
    this.dryRun = dryRun;
  }

  /**
   * Sweeps.
   *
   * @param dryRun whether only to tell what would go
   * @throws IOException if it cannot be listed, or something cannot be removed
   */
  public static RemoteSweepReport run(ObjectStore store, boolean dryRun) throws IOException {
    return new RemoteSweepFlow(store, dryRun).run();
  }

  private RemoteSweepReport run() throws IOException {
    long objects = 0;
    for (Map.Entry<Digest256, RemoteKey> each :
        new TreeMap<>(RemoteKey.listAll(store)).entrySet()) {
      look(each.getKey(), each.getValue());
      objects += each.getValue().size();
    }
    if (!dryRun) {
      deleteAll(claims);
      deleteAll(superseded);
      store.removeLeftovers();
    }
    return new RemoteSweepReport(
        dryRun, List.copyOf(superseded), List.copyOf(abandoned), List.copyOf(claims), objects);
  }

  private void look(Digest256 key, RemoteKey there) throws IOException {
    String prefix = RemoteKey.prefix(key);
    for (String each : there.superseded()) {
      superseded.add(prefix + each);
    }
    for (String each : there.payloadsAlone()) {
      removeIfAbandoned(key, each);
    }
    SortedSet<Long> numbers = there.claims();
    // The last one stays, however old: the next must be higher than any that a store remembers.
    for (long number : numbers.isEmpty() ? numbers : numbers.headSet(numbers.last())) {
      claims.add(prefix + ClaimName.of(number));
    }
  }

  private void removeIfAbandoned(Digest256 key, String payload) throws IOException {
    String name = RemoteKey.prefix(key) + payload;
    try {
      Optional<Instant> putAt = store.putAt(name);
      if (putAt.isEmpty() || !putAt.get().isBefore(abandonedBefore)) {
        return;
      }
      if (!dryRun) {
        if (!RemoteKey.list(store, key).payloadsAlone().contains(payload)) {
          return;
        }
        store.delete(name);
      }
      abandoned.add(name);
    } catch (DeniedKeyException e) {
      passedOver(e);
    }
  }

  /** What may not be removed stays, and is taken off the list. */
  private void deleteAll(List<String> names) throws IOException {
    for (Iterator<String> each = names.iterator(); each.hasNext(); ) {
      try {
        store.delete(each.next());
      } catch (DeniedKeyException e) {
        each.remove();
        passedOver(e);
      }
    }
  }

  private static void passedOver(DeniedKeyException denied) {
    EngineLog.warning(
        "a key in the remote is another user's, and passed over: " + denied.getMessage());
  }
}
