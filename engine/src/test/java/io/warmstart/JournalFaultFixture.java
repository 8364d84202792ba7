package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;

/**
 * A root that several stores save to and read while faults come, and what of it must be found: what
 * has returned, whole, or a later version of its run, while the disk is ill, once it is well, and
 * by the next store. Where only the journal's files are ill no save fails.
 */
abstract class JournalFaultFixture {
  static final String DIRECTORY = ".warmstart/journal";
  static final boolean ALL = Boolean.getBoolean("warmstart.all");
  static final int SMALL = 1000;

  /** Is written, not stored through the mapping. */
  static final int LARGE = 100_000;

  @TempDir(factory = InMemory.class)
  Path work;

  Path root = Path.of("");
  final SavedVersions a = new SavedVersions(Payloads.key("a"), "r");
  final SavedVersions b = new SavedVersions(Payloads.key("b"), "s");
  final List<SavedVersions> runs = List.of(a, b);

  /** The only entries of their keys, by run id; of the round, and of the one before it. */
  final Map<String, Fingerprint> fresh = new LinkedHashMap<>();

  int freshKeys;

  @BeforeEach
  void makeRoot() throws IOException {
    root = work.toRealPath().resolve("root");
  }

  /** Once or from there on; and the journal's files or all, or before a reboot or after. */
  static Stream<Arguments> faults() {
    return Stream.of(false, true)
        .flatMap(
            persistent ->
                Stream.of(false, true).map(everywhere -> Arguments.of(persistent, everywhere)));
  }

  /** One fault, and what is done meanwhile. */
  final class Round implements AutoCloseable {
    final FaultyFileOps ops;
    private final boolean journalOnly;
    final WarmStartStore powerSafe;
    final WarmStartStore processSafe;
    final WarmStartStore reader;
    boolean closed;
    @Nullable StoreException thrown;

    Round(FaultyFileOps ops, boolean journalOnly) {
      this.ops = ops;
      this.journalOnly = journalOnly;
      this.powerSafe = WarmStartStore.open(root, options(ops, Durability.POWER_SAFE));
      this.processSafe = WarmStartStore.open(root, options(ops, Durability.PROCESS_SAFE));
      this.reader =
          WarmStartStore.open(
              root,
              StoreOptions.defaults()
                  .withReadOnly(true)
                  .withForeignCheckInterval(Duration.ZERO)
                  .withFileOps(new UnsyncedFileOps()));
    }

    WarmStartStore store(Durability durability) {
      return durability == Durability.POWER_SAFE ? powerSafe : processSafe;
    }

    long journalled() {
      return Journalled.count(powerSafe);
    }

    /** Saves the next version of a run, and looks it up. */
    void save(SavedVersions run, Durability durability, int length) {
      byte[] payload = Versions.payload(run.begin(), length);
      try {
        store(durability).saveOverwrite(run.key, run.runId, payload, EntryAttributes.checkpoint());
        run.returned(durability);
      } catch (StoreException e) {
        run.threw(e);
        failed(e);
      }
      look(run);
    }

    /** Removes a run, which needs the journal: it may fail because of that alone. */
    void remove(SavedVersions run) {
      run.beginRemoval();
      try {
        powerSafe.remove(run.key, run.runId);
        run.returned(Durability.POWER_SAFE);
      } catch (StoreException e) {
        // The manifest may be gone, and the payload may not.
        run.mayHaveCome();
        thrown = e;
      }
      look(run);
    }

    void saveFresh(Durability durability) {
      Fingerprint key = Payloads.key("fresh" + freshKeys++);
      byte[] payload = Versions.payload("fresh", SMALL);
      try {
        fresh.put(store(durability).save(key, payload, EntryAttributes.checkpoint()), key);
      } catch (StoreException e) {
        failed(e);
      }
    }

    /** Writes the next version of a run into what was reserved for it, and saves it. */
    void commit(SavedVersions run, Reservation reserved, Durability durability) {
      int length = reserved.buffer().capacity();
      reserved.buffer().putBytes(0, Versions.payload(run.begin(), length));
      try {
        reserved.commit();
        run.returned(durability);
      } catch (StoreException e) {
        run.threw(e);
        if (!String.valueOf(e.getMessage())
            .contains("a reserved save is lost, and nothing was changed")) {
          failed(e);
        }
      }
      look(run);
    }

    Reservation reserve(SavedVersions run, Durability durability, int length) {
      return store(durability)
          .reserveOverwrite(run.key, run.runId, length, EntryAttributes.checkpoint());
    }

    void flush() {
      try {
        powerSafe.flush();
        runs.forEach(SavedVersions::flushed);
      } catch (StoreException e) {
        failed(e);
      }
    }

    void failed(StoreException e) {
      thrown = e;
      if (journalOnly) {
        throw new AssertionError("failed because of the journal", e);
      }
    }

    /** As one who only reads, and to whom the disk is well: he leaves no access stamps either. */
    void look(SavedVersions run) {
      SavedVersions.check(run.allowed(), run.in(reader));
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        reader.close();
        processSafe.close();
        powerSafe.close();
      }
    }
  }

  static StoreOptions options(FaultyFileOps ops, Durability durability) {
    // The smallest budget that has a journal, whose segments are the smallest.
    return StoreOptions.defaults()
        .withSizeBudgetBytes(64 << 20)
        .withPolicy(PolicyUse.CHANGE)
        .withDurability(durability)
        .withForeignCheckInterval(Duration.ZERO)
        .withFileOps(ops);
  }

  static Fault at(long index, boolean persistent) {
    return (index & 1) == (persistent ? 1 : 0) ? Fault.EIO : Fault.ENOSPC;
  }

  boolean isOfJournal(FileOp op) {
    return op.path().startsWith(root.resolve(DIRECTORY));
  }

  /** Until the journal takes saves of both runs. */
  void warmUp(Round round) {
    for (SavedVersions run : runs) {
      Await.until(
          "a save is journalled",
          () -> {
            long before = round.journalled();
            round.save(run, Durability.PROCESS_SAFE, SMALL);
            return round.journalled() > before;
          });
    }
    round.flush();
  }

  void checkFound(WarmStartStore in) {
    for (SavedVersions run : runs) {
      SavedVersions.check(run.allowed(), run.in(in));
    }
    fresh.forEach(
        (runId, key) -> {
          try (Entry entry = in.lookup(key, runId).orElseThrow()) {
            assertEquals("fresh", Versions.nameOf(entry));
          }
        });
  }

  /** The disk is well again: everything is there, and everything works. */
  void checkGoesOn(Round round) throws IOException {
    checkFound(round.powerSafe);
    round.thrown = null;
    for (Durability durability : List.of(Durability.PROCESS_SAFE, Durability.POWER_SAFE)) {
      for (SavedVersions run : runs) {
        round.save(run, durability, SMALL);
        assertEquals(run.latest(), run.in(round.powerSafe));
      }
    }
    round.flush();
    if (round.thrown != null) {
      throw round.thrown;
    }
    RootFiles files = RootFiles.read(root);
    for (SavedVersions run : runs) {
      String entry = FaultScenario.entry(run.key, run.runId);
      assertEquals(run.latest(), files.whole.get(entry), files::toString);
    }
    checkFound(round.powerSafe);
  }

  List<Path> segments() throws IOException {
    Path directory = root.resolve(DIRECTORY);
    return Files.exists(directory) ? RootFiles.list(directory) : List.of();
  }

  /** Saves, and leaves the records to others, as a death does. */
  void leaveSegment(boolean rebooted) throws IOException {
    FaultyFileOps ops = new FaultyFileOps();
    try (Round round = new Round(ops, false)) {
      checkFound(round.reader);
      warmUp(round);
      round.save(a, Durability.PROCESS_SAFE, SMALL);
      round.save(b, Durability.POWER_SAFE, LARGE);
      round.save(a, Durability.PROCESS_SAFE, SMALL);
      ops.onlyAt(op -> op.kind() == Kind.CREATE);
      ops.arm(Fault.ENOSPC, true, 0, root);
    }
    assertEquals(1, segments().size());
    if (rebooted) {
      for (Path segment : segments()) {
        JournalledBefore.reboot(segment);
      }
    }
  }
}
