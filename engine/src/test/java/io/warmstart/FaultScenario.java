package io.warmstart;

import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.process.BootId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;

/** A root, one operation on it, and what may be in the root after that has met a fault. */
abstract class FaultScenario {
  static final Fingerprint KEY = Payloads.key("fault");
  static final Fingerprint OTHER = Payloads.key("bystander");

  /** Nothing, as a version's name. */
  static final String ABSENT = "";

  /** An hour ahead: every file on disk is older than any writer in flight needs. */
  static final EpochNanoClock AHEAD =
      () -> SystemEpochNanoClock.INSTANCE.nanoTime() + TimeUnit.HOURS.toNanos(1);

  /** How the operation's store is opened. */
  StoreOptions options() {
    return StoreOptions.defaults()
        .withClock(AHEAD)
        .withDurability(Durability.IN_FILES)
        .withForeignCheckInterval(Duration.ZERO);
  }

  /** Fills the root. */
  abstract void prepare(Path root) throws IOException;

  /** Whether the files of {@code .warmstart} may be those of the run before. */
  boolean keepsEngineFiles() {
    return true;
  }

  /** Runs before faults begin, in the store that will meet them. */
  void settle(WarmStartStore store) {}

  /** The operation. */
  abstract void act(WarmStartStore store, FaultOutcome outcome);

  /** Looks at the root while the store is still open and its disk well again. */
  void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {}

  /** Which versions each entry may have now, {@link #ABSENT} among them. */
  abstract Map<String, Set<String>> allowed(FaultOutcome outcome);

  /** Whether the operation's errors tell a full disk and a missing permission apart. */
  boolean writes() {
    return true;
  }

  /** Whether the operation goes wrong at this index with a fault that siblings may cause. */
  boolean mustSucceed(FaultOutcome outcome) {
    return outcome.caused();
  }

  // The vocabulary of the scenarios.

  static String entry(Fingerprint key, String runId) {
    return key.toHex() + "/" + runId;
  }

  /** Expectations, by entry and allowed versions. */
  static Map<String, Set<String>> expect(Object... entriesAndVersions) {
    Map<String, Set<String>> expected = new TreeMap<>();
    for (int i = 0; i < entriesAndVersions.length; i += 2) {
      List<?> versions = (List<?>) entriesAndVersions[i + 1];
      Set<String> names = new TreeSet<>();
      versions.forEach(version -> names.add((String) version));
      expected.put((String) entriesAndVersions[i], names);
    }
    return expected;
  }

  static KeyDirectory directory(Path root, Fingerprint key) {
    return new KeyDirectory(root, key.digest());
  }

  static WarmStartStore openHealthy(Path root) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withClock(AHEAD)
            .withForeignCheckInterval(Duration.ZERO)
            .withFileOps(new UnsyncedFileOps()));
  }

  static void save(
      WarmStartStore store, Fingerprint key, String runId, String version, double objective) {
    store.saveOverwrite(
        key,
        runId,
        Versions.payload(version, 1000),
        EntryAttributes.checkpoint().withObjective(objective));
  }

  /** A process that was there and is not any more. */
  static StagedName stagedByDead(String runId, StagedName.Role role) throws IOException {
    return new StagedName(runId, role, new Owner(5, BootId.read(), 1), 1);
  }

  /**
   * Overwrites an entry and leaves it as a death between the two renames does: the new payload in
   * place, the old manifest, the new manifest staged.
   */
  static void cutOffOverwrite(
      Path root, Fingerprint key, String runId, String version, double objective)
      throws IOException {
    KeyDirectory directory = directory(root, key);
    Path oldManifest = root.resolve("old-manifest");
    Files.copy(directory.manifest(runId), oldManifest);
    try (WarmStartStore store = openHealthy(root)) {
      save(store, key, runId, version, objective);
    }
    Files.move(
        directory.manifest(runId), directory.staged(stagedByDead(runId, StagedName.Role.MANIFEST)));
    Files.move(oldManifest, directory.manifest(runId), StandardCopyOption.REPLACE_EXISTING);
  }
}
