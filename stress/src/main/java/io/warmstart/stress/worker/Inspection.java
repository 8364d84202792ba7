package io.warmstart.stress.worker;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.history.Version;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/** A look at a root after all its workers have ended: what is there, and whether it is whole. */
public final class Inspection {
  private static final String ORPHAN = "orphan payload";

  /** What it is called while it is younger than a minute. */
  private static final String INCOMPLETE = "incomplete";

  /** Older than anything must be that is judged: nobody writes any more. */
  private static final EpochNanoClock AHEAD =
      () -> SystemEpochNanoClock.INSTANCE.nanoTime() + TimeUnit.MINUTES.toNanos(2);

  private final Map<Integer, Set<Long>> versions = new HashMap<>();
  private final long lookedNanos;
  private final Map<StoreCounter, Long> counters;

  private Inspection(long lookedNanos, Map<StoreCounter, Long> counters) {
    this.lookedNanos = lookedNanos;
    this.counters = counters;
  }

  /** The versions under each key's number. */
  public Map<Integer, Set<Long>> versions() {
    return versions;
  }

  /** When the looking was done. */
  public long lookedNanos() {
    return lookedNanos;
  }

  /** The engine's own counters of the root. */
  public Map<StoreCounter, Long> counters() {
    return counters;
  }

  /**
   * Looks. Sweeps first, so that what the dead have left is dealt with; then everything must be
   * whole and nothing left over.
   *
   * @param mostPayloadBytes the longest payload that workers wrote
   */
  public static Inspection of(Run run, Path root, int keys, int mostPayloadBytes)
      throws IOException {
    return of(
        run,
        root,
        keys,
        mostPayloadBytes,
        StoreOptions.defaults()
            .withSizeBudgetBytes(1L << 40)
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withTtl(Duration.ZERO));
  }

  /** The same with options of one's own. */
  public static Inspection of(
      Run run, Path root, int keys, int mostPayloadBytes, StoreOptions options) throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      EvictionReport sweep = store.evictOverflow();
      run.count("saves of the dead completed", sweep.rolledForward());
      run.count("leftovers of the dead removed", sweep.leftoversRemoved());
      if (sweep.quarantined() > 0 || sweep.failures() > 0) {
        run.problem("the sweep at the end found something bad: " + sweep);
      }
      VerifyReport verification = store.verify();
      for (VerifyReport.Problem each : verification.problems()) {
        if (each.kind().equals(ORPHAN)
            || (each.kind().equals(INCOMPLETE) && each.detail().startsWith(ORPHAN))) {
          // Who dies between the two removals of an eviction leaves it, for a sweep a minute later.
          run.count("payloads that a death in an eviction has left", 1);
        } else {
          run.problem("verify: " + each);
        }
      }
      verification.leftovers().forEach(each -> run.problem("verify, left over: " + each));
      run.count("entries verified", verification.entries());
      Inspection inspection =
          new Inspection(System.nanoTime(), Map.copyOf(store.stats().counters()));
      for (int key = 0; key < keys; key++) {
        inspection.versions.put(key, inspection.versionsOf(run, store, key, mostPayloadBytes));
      }
      return inspection;
    }
  }

  /**
   * Looks at a root on which a store works that destroys what it meets: what is not whole is
   * repaired and counted, and no problem of ours.
   */
  public static Inspection besideForeign(Run run, Path root, int keys, int mostPayloadBytes)
      throws IOException {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withClock(AHEAD))) {
      EvictionReport sweep = store.evictOverflow();
      VerifyReport verification = store.repair();
      run.count("pairs found broken and set aside", sweep.quarantined());
      run.count("things repaired at the end", verification.problems().size());
      Inspection inspection =
          new Inspection(System.nanoTime(), Map.copyOf(store.stats().counters()));
      for (int key = 0; key < keys; key++) {
        inspection.versions.put(key, inspection.versionsOf(run, store, key, mostPayloadBytes));
      }
      return inspection;
    }
  }

  private Set<Long> versionsOf(Run run, WarmStartStore store, int key, int mostPayloadBytes)
      throws IOException {
    Fingerprint fingerprint = Names.key(key);
    Set<Long> found = new HashSet<>();
    Path directory = store.root().resolve(fingerprint.toHex());
    for (Explanation.Verdict each :
        store.explain(fingerprint, Ranking.LOWEST_OBJECTIVE).candidates()) {
      if (!each.usable()) {
        if (each.reason().startsWith("expired") || each.kind().isEmpty()) {
          continue;
        }
        run.problem("key %d: %s cannot be used: %s".formatted(key, each.runId(), each.reason()));
        continue;
      }
      byte[] payload = Files.readAllBytes(directory.resolve(each.runId() + ".bin"));
      UnsafeBuffer buffer = new UnsafeBuffer(payload);
      String complaint =
          Version.complaint(buffer, Names.sharedRun(each.runId()), key, mostPayloadBytes);
      if (!complaint.isEmpty()) {
        run.problem("key %d run %s: %s".formatted(key, each.runId(), complaint));
        continue;
      }
      found.add(buffer.getLong(0, ByteOrder.LITTLE_ENDIAN));
    }
    return found;
  }
}
