package io.warmstart.remote;

import io.warmstart.io.EngineLog;
import io.warmstart.model.Digest256;
import io.warmstart.model.RemoteSweepReport;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Removes from a remote what counts for nobody. Of a key's claims the last one stays. What a push
 * has not ended yet is left alone: a payload is taken for abandoned a day after it was put, by this
 * machine's clock and the time that the remote tells. Whether it still lacks its manifest is asked
 * right before it goes: a push may have found it, and have put the manifest that its sender died
 * before. For one thread.
 */
public final class RemoteSweepFlow {
  private static final Duration ABANDONED_AFTER = Duration.ofDays(1);

  private RemoteSweepFlow() {}

  /**
   * Sweeps.
   *
   * @param dryRun whether only to tell what would go
   * @throws IOException if it cannot be listed, or something cannot be removed
   */
  public static RemoteSweepReport run(ObjectStore store, boolean dryRun) throws IOException {
    List<String> superseded = new ArrayList<>();
    List<String> abandoned = new ArrayList<>();
    List<String> claims = new ArrayList<>();
    Instant before = Instant.now().minus(ABANDONED_AFTER);
    long objects = 0;
    Map<Digest256, RemoteKey> keys = RemoteKey.listAll(store);
    for (Digest256 key :
        keys.keySet().stream().sorted(Comparator.comparing(Digest256::toHex)).toList()) {
      RemoteKey there = keys.getOrDefault(key, RemoteKey.NOTHING);
      String prefix = RemoteKey.prefix(key);
      objects += there.size();
      for (String each : there.superseded()) {
        superseded.add(prefix + each);
      }
      for (String each : there.payloadsAlone()) {
        try {
          Optional<Instant> putAt = store.putAt(prefix + each);
          if (putAt.isPresent()
              && putAt.get().isBefore(before)
              && (dryRun || RemoteKey.list(store, key).payloadsAlone().contains(each))) {
            if (!dryRun) {
              store.delete(prefix + each);
            }
            abandoned.add(prefix + each);
          }
        } catch (DeniedKeyException e) {
          passedOver(e);
        }
      }
    }
    for (Map.Entry<Digest256, RemoteKey> key : keys.entrySet()) {
      SortedSet<Long> numbers = key.getValue().claims();
      // The last one stays, however old: the next must be higher than any that a store remembers.
      for (long number : numbers.isEmpty() ? numbers : numbers.headSet(numbers.last())) {
        claims.add(RemoteKey.prefix(key.getKey()) + ClaimName.of(number));
      }
    }
    if (!dryRun) {
      deleteAll(store, claims);
      deleteAll(store, superseded);
      store.removeLeftovers();
    }
    return new RemoteSweepReport(
        dryRun, List.copyOf(superseded), List.copyOf(abandoned), List.copyOf(claims), objects);
  }

  /** What may not be removed stays, and is taken off the list. */
  private static void deleteAll(ObjectStore store, List<String> names) throws IOException {
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
