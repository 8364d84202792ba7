package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.InMemory;
import io.warmstart.io.JournalledFileOps;
import io.warmstart.io.Trees;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.VerifyReport;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Crash images of a root with a journal, before each operation on files and after each step of a
 * caller: a death leaves what was stored, a power cut what was synced and any pages of what was
 * not. A fresh store finds in each of them, of each run, one whole version that was begun: after a
 * death none older than the last that has returned, after a power cut none older than the last
 * power-safe one that has.
 *
 * <p>A store that only reads and one that adopts come to the images in turns; {@code
 * -Dwarmstart.all=true} has both come to all.
 */
@Tag("slow")
@Tag("once")
class JournalCrashTest {
  private static final boolean ALL = Boolean.getBoolean("warmstart.all");

  /** Of more than these every second is found, or every third. */
  private static final int MOST_IMAGES = 100;

  private static final String JOURNAL = ".warmstart/journal";
  private static final int SMALL = 1000;

  /** Is written, not stored through the mapping, to many pages. */
  private static final int LARGE = 100_000;

  @TempDir(factory = InMemory.class)
  Path work;

  private final SavedVersions a = new SavedVersions(Payloads.key("a"), "r");
  private final SavedVersions b = new SavedVersions(Payloads.key("b"), "s");
  private final List<SavedVersions> runs = List.of(a, b);

  /** The process that is to die, and its machine. */
  private final class Life implements AutoCloseable {
    private final JournalImages images;
    private final Map<Durability, WarmStartStore> stores = new LinkedHashMap<>();

    Life(Path root) throws IOException {
      images = new JournalImages(new JournalledFileOps(root), runs);
      for (Durability each : List.of(Durability.POWER_SAFE, Durability.PROCESS_SAFE)) {
        stores.put(each, WarmStartStore.open(root, options(each)));
      }
      for (SavedVersions run : runs) {
        saveOnceReady(run, SMALL);
      }
      flush();
    }

    private StoreOptions options(Durability durability) {
      return StoreOptions.defaults()
          .withSizeBudgetBytes(64 << 20)
          .withPolicy(PolicyUse.CHANGE)
          .withDurability(durability)
          .withForeignCheckInterval(Duration.ZERO)
          .withFileOps(images);
    }

    private WarmStartStore store(Durability durability) {
      return Objects.requireNonNull(stores.get(durability));
    }

    private long journalled() {
      return Journalled.count(store(Durability.POWER_SAFE));
    }

    private void save(SavedVersions run, Durability durability, int length) throws IOException {
      byte[] payload = Versions.payload(run.begin(), length);
      store(durability).saveOverwrite(run.key, run.runId, payload, EntryAttributes.checkpoint());
      returned(run, durability);
    }

    private void returned(SavedVersions run, Durability durability) throws IOException {
      run.returned(durability);
      take("once " + run.latest() + " has returned, " + durability);
    }

    /** Saves into the journal: of what goes into files there are other tests. */
    void journal(SavedVersions run, Durability durability, int length) throws IOException {
      long before = journalled();
      save(run, durability, length);
      assertEquals(before + 1, journalled(), "journalled");
    }

    /** Saves until the journal takes it. */
    void saveOnceReady(SavedVersions run, int length) {
      Await.until(
          "a save is journalled",
          () -> {
            long before = journalled();
            save(run, Durability.PROCESS_SAFE, length);
            return journalled() > before;
          });
    }

    Reservation reserve(SavedVersions run, Durability durability) {
      return store(durability)
          .reserveOverwrite(run.key, run.runId, SMALL, EntryAttributes.checkpoint());
    }

    void commit(SavedVersions run, Reservation reserved, Durability durability) throws IOException {
      byte[] payload = Versions.payload(run.begin(), SMALL);
      reserved.buffer().putBytes(0, payload, 0, SMALL / 2);
      take("with half a payload");
      reserved.buffer().putBytes(0, payload);
      take("with a payload that is not committed");
      reserved.commit();
      returned(run, durability);
    }

    void flush() throws IOException {
      store(Durability.POWER_SAFE).flush();
      runs.forEach(SavedVersions::flushed);
      take("once all is in pairs");
    }

    private void take(String where) throws IOException {
      if (images.isArmed()) {
        images.take(where);
      }
    }

    /** In order. */
    void end() {
      stores.values().forEach(WarmStartStore::close);
    }

    @Override
    public void close() {
      end();
    }
  }

  private Path makeRoot() throws IOException {
    return Files.createDirectory(work.resolve("root")).toRealPath();
  }

  private void findAll(JournalImages images, int leastOperations, int leastCuts)
      throws IOException {
    List<JournalImages.Taken> taken = images.taken();
    int step = ALL ? 1 : 1 + taken.size() / MOST_IMAGES;
    int cuts = 0;
    for (int number = 0; number * step < taken.size(); number++) {
      JournalImages.Taken each = taken.get(number * step);
      cuts += each.powerCut ? 1 : 0;
      try {
        find(each, number);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            (each.powerCut ? "power cut " : "death ") + each.where + each.image, e);
      }
    }
    assertTrue(images.operations() >= leastOperations, "operations: " + images.operations());
    assertTrue(cuts >= leastCuts, "power cuts: " + cuts);
  }

  private void find(JournalImages.Taken each, int number) throws IOException {
    Path root = work.resolve("image");
    each.image.writeTo(root);
    Path journal = root.resolve(JOURNAL);
    if (each.powerCut && Files.exists(journal)) {
      for (Path segment : RootFiles.list(journal)) {
        JournalledBefore.reboot(segment);
      }
    }
    StoreOptions options =
        StoreOptions.defaults()
            .withForeignCheckInterval(Duration.ZERO)
            .withFileOps(new UnsyncedFileOps());
    if (ALL || number % 2 == 0) {
      try (WarmStartStore reader = WarmStartStore.open(root, options.withReadOnly(true))) {
        check(each, reader);
      }
    }
    if (ALL || number % 2 == 1) {
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        List<String> found = check(each, store);
        // Adopts what is left.
        store.contents(a.key);
        List<String> adopted = check(each, store);
        if (each.powerCut) {
          // A pair that was half in place is completed as soon as its maker is known to be gone.
          SavedVersions.checkNoOlder(adopted, found);
        }
        checkSettled(root, store, adopted);
      }
    }
    Trees.delete(root);
  }

  /** Returns what is found of each run. */
  private List<String> check(JournalImages.Taken image, WarmStartStore in) {
    List<String> found = new ArrayList<>();
    for (SavedVersions run : runs) {
      String version = run.in(in);
      SavedVersions.check(image.allowed(run), version);
      found.add(version);
    }
    return found;
  }

  /** All that was found is in pairs, and nothing was damaged. */
  private void checkSettled(Path root, WarmStartStore store, List<String> versions)
      throws IOException {
    VerifyReport report = store.verify();
    assertTrue(report.clean(), () -> "problems: " + report.problems());
    assertEquals(0, store.stats().count(StoreCounter.JOURNAL_FAILURES));
    Path journal = root.resolve(JOURNAL);
    if (Files.exists(journal)) {
      assertEquals(List.of(), RootFiles.list(journal));
    }
    RootFiles files = RootFiles.read(root);
    for (SavedVersions run : runs) {
      String pair = files.whole.get(FaultScenario.entry(run.key, run.runId));
      assertEquals(versions.get(runs.indexOf(run)), pair, files::toString);
    }
  }

  @Test
  void saves() throws IOException {
    try (Life life = new Life(makeRoot())) {
      life.images.arm();
      life.journal(a, Durability.PROCESS_SAFE, SMALL);
      life.journal(b, Durability.PROCESS_SAFE, LARGE);
      life.journal(a, Durability.POWER_SAFE, SMALL);
      life.journal(b, Durability.PROCESS_SAFE, SMALL);
      life.journal(b, Durability.POWER_SAFE, LARGE);
      life.journal(a, Durability.PROCESS_SAFE, LARGE);
      life.images.disarm();
      findAll(life.images, 5, 20);
    }
  }

  @Test
  void reservedSaves() throws IOException {
    try (Life life = new Life(makeRoot())) {
      life.images.arm();
      Reservation first = life.reserve(a, Durability.PROCESS_SAFE);
      Reservation second = life.reserve(a, Durability.POWER_SAFE);
      Reservation never = life.reserve(b, Durability.PROCESS_SAFE);
      life.journal(b, Durability.PROCESS_SAFE, SMALL);
      life.commit(a, second, Durability.POWER_SAFE);
      life.journal(b, Durability.POWER_SAFE, SMALL);
      life.commit(a, first, Durability.PROCESS_SAFE);
      never.buffer().putBytes(0, Versions.payload("never", SMALL));
      never.abort();
      life.take("once one was aborted");
      life.journal(b, Durability.PROCESS_SAFE, SMALL);
      life.images.disarm();
      findAll(life.images, 1, 20);
    }
  }

  @Test
  void pairsAndAnotherLife() throws IOException {
    try (Life life = new Life(makeRoot())) {
      life.images.arm();
      for (int i = 0; i < 3; i++) {
        life.journal(a, Durability.PROCESS_SAFE, 2 * LARGE);
      }
      life.journal(b, Durability.POWER_SAFE, SMALL);
      life.flush();
      life.saveOnceReady(a, SMALL);
      life.saveOnceReady(b, SMALL);
      life.journal(a, Durability.POWER_SAFE, SMALL);
      life.end();
      life.images.take("closed");
      life.images.disarm();
      findAll(life.images, 20, 40);
    }
  }

  /** The later one is in another segment, and not durable when the first one could be emptied. */
  @Test
  void aVersionWhoseSuccessorIsOnlyProcessSafe() throws IOException {
    try (Life life = new Life(makeRoot())) {
      // More than one segment holds: there are two from then on.
      for (int i = 0; i < 12; i++) {
        life.save(a, Durability.PROCESS_SAFE, 2 * LARGE);
      }
      life.flush();
      life.saveOnceReady(b, SMALL);
      life.save(b, Durability.POWER_SAFE, SMALL);
      for (int i = 0; i < 5; i++) {
        life.save(a, Durability.PROCESS_SAFE, 2 * LARGE);
      }
      life.saveOnceReady(a, 2 * LARGE);
      life.save(b, Durability.PROCESS_SAFE, SMALL);
      life.images.arm();
      life.flush();
      life.images.disarm();
      findAll(life.images, 10, 20);
    }
  }
}
