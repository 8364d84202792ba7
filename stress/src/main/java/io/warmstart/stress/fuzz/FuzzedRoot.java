package io.warmstart.stress.fuzz;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.Names;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A real root with some entries whose versions are known, and a store that is open on it. Whatever
 * happens to the engine's own files, its lookups must find those that were saved last.
 */
final class FuzzedRoot implements AutoCloseable {
  static final int KEYS = 6;
  static final int RUNS = 2;
  static final int PAYLOAD_BYTES = 700;

  private final Path root;
  private final StoreOptions options;
  private final long[][] versions = new long[KEYS][RUNS];
  private final int[] latest = new int[KEYS];
  private @Nullable WarmStartStore store;
  private long count;

  /**
   * Makes the root and what is in it.
   *
   * @param root where nothing is yet
   * @param durability what its saves are to be, but for the first of each run, which are in files
   */
  FuzzedRoot(Path root, Durability durability) {
    this.root = root;
    this.options =
        StoreOptions.defaults()
            .withSizeBudgetBytes(1L << 40)
            .withTtl(Duration.ofDays(30))
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withDurability(durability);
    for (int key = 0; key < KEYS; key++) {
      for (int run = 0; run < RUNS; run++) {
        save(key, run);
      }
    }
  }

  Path root() {
    return root;
  }

  /** A file of the engine's own. */
  Path own(String name) {
    return root.resolve(".warmstart").resolve(name);
  }

  /** The store, opened if it is not. */
  WarmStartStore open() {
    if (store == null) {
      store = WarmStartStore.open(root, options);
    }
    return store;
  }

  /** Overwrites a run by its next version. */
  void save(int key, int run) {
    long version = Version.of(0, ++count);
    open()
        .saveOverwrite(
            Names.key(key),
            Names.sharedRun(run),
            Version.payload(version, run, key, PAYLOAD_BYTES),
            EntryAttributes.checkpoint().withObjective(Version.objective(version)));
    versions[key][run] = version;
    latest[key] = run;
  }

  /** Whether both rankings and the run ids lead to the versions that were saved last. */
  String judgeKey(int key) {
    Fingerprint fingerprint = Names.key(key);
    int best =
        IntStream.range(0, RUNS)
            .boxed()
            .min(Comparator.comparingDouble(run -> Version.objective(versions[key][run])))
            .orElseThrow();
    String complaint = complaint("best", key, best, open().lookup(fingerprint));
    if (complaint.isEmpty()) {
      complaint = complaint("latest", key, latest[key], open().lookupLatest(fingerprint));
    }
    if (complaint.isEmpty()) {
      int run = 1 - best;
      complaint = complaint("run", key, run, open().lookup(fingerprint, Names.sharedRun(run)));
    }
    return complaint;
  }

  /** The same for all keys. */
  String judgeAll() {
    for (int key = 0; key < KEYS; key++) {
      String complaint = judgeKey(key);
      if (!complaint.isEmpty()) {
        return complaint;
      }
    }
    return "";
  }

  private String complaint(String how, int key, int run, Optional<Entry> found) {
    if (found.isEmpty()) {
      return "lookup of the "
          + how
          + " of key "
          + key
          + ": expected="
          + Names.sharedRun(run)
          + " actual=none";
    }
    try (Entry entry = found.get()) {
      String expected = Names.sharedRun(run);
      if (!entry.runId().equals(expected)) {
        return "lookup of the "
            + how
            + " of key "
            + key
            + ": expected="
            + expected
            + " actual="
            + entry.runId();
      }
      byte[] payload = Version.payload(versions[key][run], run, key, PAYLOAD_BYTES);
      return Arrays.equals(payload, entry.bytes().toByteArray())
          ? ""
          : "lookup of the "
              + how
              + " of key "
              + key
              + ": other bytes than version "
              + Version.text(versions[key][run]);
    }
  }

  /** Closes the store; the next use opens it again. */
  @Override
  public void close() {
    WarmStartStore open = store;
    store = null;
    if (open != null) {
      open.close();
    }
  }
}
