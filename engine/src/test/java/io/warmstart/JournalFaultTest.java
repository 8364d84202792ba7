package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a store does with its journal meets a fault at any of its operations on files: at that one
 * alone, or from it on; at the journal's own files, or at any. Each round goes on in the root of
 * the one before it, and begins with looking for all that was saved there.
 *
 * <p>The error changes with the index, and what lasts begins at every fourth; {@code
 * -Dwarmstart.all=true} tries it at each.
 *
 * <p>What has returned is found, whole, or a later version of its run, while the disk is ill, once
 * it is well, and by the next store. Where only the journal's files are ill no save fails.
 */
@Tag("slow")
class JournalFaultTest {
  private static final String DIRECTORY = ".warmstart/journal";
  private static final boolean ALL = Boolean.getBoolean("warmstart.all");
  private static final int SMALL = 1000;

  /** Is written, not stored through the mapping. */
  private static final int LARGE = 100_000;

  @TempDir(factory = InMemory.class)
  Path work;

  private Path root = Path.of("");
  private final SavedVersions a = new SavedVersions(Payloads.key("a"), "r");
  private final SavedVersions b = new SavedVersions(Payloads.key("b"), "s");
  private final List<SavedVersions> runs = List.of(a, b);

  /** The only entries of their keys, by run id; of the round, and of the one before it. */
  private final Map<String, Fingerprint> fresh = new LinkedHashMap<>();

  private int freshKeys;

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

  /** What is done in a round, while faults come. */
  private interface Flow {
    void act(Round round) throws IOException;
  }

  /** One fault, and what is done meanwhile. */
  private final class Round implements AutoCloseable {
    private final FaultyFileOps ops;
    private final boolean journalOnly;
    private final WarmStartStore powerSafe;
    private final WarmStartStore processSafe;
    private final WarmStartStore reader;
    private boolean closed;
    private @Nullable StoreException thrown;

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

    long journalFailures() {
      return powerSafe.stats().count(StoreCounter.JOURNAL_FAILURES);
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

    private void failed(StoreException e) {
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

  private static StoreOptions options(FaultyFileOps ops, Durability durability) {
    // The smallest budget that has a journal, whose segments are the smallest.
    return StoreOptions.defaults()
        .withSizeBudgetBytes(64 << 20)
        .withPolicy(PolicyUse.CHANGE)
        .withDurability(durability)
        .withForeignCheckInterval(Duration.ZERO)
        .withFileOps(ops);
  }

  private static Fault at(long index, boolean persistent) {
    return (index & 1) == (persistent ? 1 : 0) ? Fault.EIO : Fault.ENOSPC;
  }

  /** Tries a flow with the fault one operation later each time, until a round meets none. */
  private void tryAll(boolean persistent, boolean everywhere, int least, Flow flow)
      throws IOException {
    Predicate<FileOp> where = everywhere ? op -> true : this::isOfJournal;
    tryAll(persistent, where, !everywhere, least, true, flow);
  }

  private void tryAll(
      boolean persistent,
      Predicate<FileOp> where,
      boolean journalOnly,
      int least,
      boolean warm,
      Flow flow)
      throws IOException {
    for (long index = 0; ; index += persistent && !journalOnly && !ALL ? 4 : 1) {
      FaultyFileOps ops = new FaultyFileOps();
      Fault fault = at(index, persistent);
      try {
        round(ops, where, journalOnly, warm, flow, fault, persistent, index);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            fault + (persistent ? " from " : " at ") + index + " = " + ops.failed(), e);
      }
      if (ops.failed() == null) {
        assertTrue(index >= least, "operations: expected>=" + least + " actual=" + index);
        break;
      }
    }
    try (Round round = new Round(new FaultyFileOps(), false)) {
      checkFound(round.reader);
      warmUp(round);
      // Has what the dead have left adopted, and what they had begun to make removed.
      round.powerSafe.contents(a.key);
    }
    assertEquals(List.of(), segments());
  }

  private void round(
      FaultyFileOps ops,
      Predicate<FileOp> where,
      boolean journalOnly,
      boolean warm,
      Flow flow,
      Fault fault,
      boolean persistent,
      long index)
      throws IOException {
    try (Round round = new Round(ops, journalOnly)) {
      checkFound(round.reader);
      if (!segments().isEmpty()) {
        // Has what the dead have left adopted.
        round.powerSafe.contents(a.key);
        checkFound(round.reader);
      }
      fresh.clear();
      if (warm) {
        warmUp(round);
      }
      ops.onlyAt(where);
      ops.arm(fault, persistent, index, root);
      try {
        flow.act(round);
      } finally {
        ops.disarm();
      }
      assertEquals(List.of(), ops.violations());
      if (ops.failed() == null) {
        assertNull(round.thrown, "failed without a fault");
      }
      if (!round.closed) {
        checkGoesOn(round);
      }
    }
  }

  private boolean isOfJournal(FileOp op) {
    return op.path().startsWith(root.resolve(DIRECTORY));
  }

  /** Until the journal takes saves of both runs. */
  private void warmUp(Round round) {
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

  private void checkFound(WarmStartStore in) {
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
  private void checkGoesOn(Round round) throws IOException {
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

  private List<Path> segments() throws IOException {
    Path directory = root.resolve(DIRECTORY);
    return Files.exists(directory) ? RootFiles.list(directory) : List.of();
  }

  /** A segment is made by the journal's thread; its zeros are many writes. */
  @ParameterizedTest
  @MethodSource("faults")
  void makingOfASegment(boolean persistent, boolean everywhere) throws IOException {
    AtomicInteger writes = new AtomicInteger();
    Predicate<FileOp> where =
        op ->
            isOfThread("warmstart-journal")
                && (everywhere || isOfJournal(op) || isOfDirectory(op))
                && (op.kind() != Kind.WRITE || writes.getAndIncrement() % 100 == 0);
    tryAll(
        persistent,
        where,
        true,
        10,
        false,
        round -> {
          Await.until(
              "a segment is made, or not",
              () -> {
                round.save(a, Durability.PROCESS_SAFE, SMALL);
                return round.journalled() > 0 || round.ops.failed() != null;
              });
          round.save(a, Durability.POWER_SAFE, SMALL);
          round.save(b, Durability.PROCESS_SAFE, SMALL);
        });
  }

  private boolean isOfDirectory(FileOp op) {
    return op.path().equals(root.resolve(".warmstart"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void saves(boolean persistent, boolean everywhere) throws IOException {
    tryAll(
        persistent,
        everywhere,
        5,
        round -> {
          for (Durability durability : List.of(Durability.PROCESS_SAFE, Durability.POWER_SAFE)) {
            round.save(a, durability, SMALL);
            round.saveFresh(durability);
            round.save(a, durability, LARGE);
          }
          round.save(b, Durability.PROCESS_SAFE, SMALL);
        });
  }

  @ParameterizedTest
  @MethodSource("faults")
  void reservedSaves(boolean persistent, boolean everywhere) throws IOException {
    tryAll(
        persistent,
        everywhere,
        1,
        round -> {
          try (Reservation small = round.reserve(a, Durability.PROCESS_SAFE, SMALL);
              Reservation large = round.reserve(a, Durability.POWER_SAFE, LARGE);
              Reservation aborted = round.reserve(b, Durability.POWER_SAFE, SMALL);
              Reservation left = round.reserve(b, Durability.PROCESS_SAFE, SMALL)) {
            round.save(b, Durability.PROCESS_SAFE, SMALL);
            round.commit(a, large, Durability.POWER_SAFE);
            aborted.buffer().putBytes(0, Versions.payload("aborted", SMALL));
            aborted.abort();
            left.buffer().putBytes(0, Versions.payload("left", SMALL));
            round.save(b, Durability.POWER_SAFE, SMALL);
            round.commit(a, small, Durability.PROCESS_SAFE);
          }
          round.look(b);
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pairsOfRecords(boolean persistent) throws IOException {
    tryAll(
        persistent,
        op -> true,
        false,
        20,
        true,
        round -> {
          round.save(a, Durability.PROCESS_SAFE, SMALL);
          round.save(b, Durability.PROCESS_SAFE, SMALL);
          round.save(b, Durability.POWER_SAFE, SMALL);
          round.flush();
          round.look(a);
          round.look(b);
        });
  }

  /** Its header is synced, and records are appended to it as before. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anotherLifeOfASegment(boolean persistent) throws IOException {
    AtomicInteger headers = new AtomicInteger();
    Predicate<FileOp> where =
        op -> {
          boolean header =
              op.kind() == Kind.SYNC && isSegment(op.path()) && isOfThread("warmstart-journal");
          if (header) {
            headers.incrementAndGet();
          }
          return header || (isOfJournal(op) && !isOfThread("warmstart-journal"));
        };
    tryAll(
        persistent,
        where,
        true,
        1,
        true,
        round -> {
          headers.set(0);
          for (int i = 0; i < 4; i++) {
            round.save(a, Durability.PROCESS_SAFE, 2 * LARGE);
          }
          round.flush();
          Await.until(
              "a segment's header is synced, or not",
              () -> headers.get() > 0 || round.ops.failed() != null);
          round.save(a, Durability.PROCESS_SAFE, SMALL);
          round.save(a, Durability.POWER_SAFE, SMALL);
        });
    assertTrue(headers.get() > 0, "headers: " + headers);
  }

  private static boolean isOfThread(String name) {
    return Thread.currentThread().getName().equals(name);
  }

  private static boolean isSegment(Path path) {
    return path.getFileName().toString().matches("segment-[0-9a-f]{8}");
  }

  @ParameterizedTest
  @MethodSource("faults")
  void close(boolean persistent, boolean everywhere) throws IOException {
    tryAll(
        persistent,
        everywhere,
        3,
        round -> {
          round.save(a, Durability.PROCESS_SAFE, SMALL);
          round.save(b, Durability.POWER_SAFE, SMALL);
          round.close();
        });
  }

  /** Saves, and leaves the records to others, as a death does. */
  private void leaveSegment(boolean rebooted) throws IOException {
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

  /** Where what a dead process has left may be looked at: its segment, and the keys' pairs. */
  private boolean isOfAdoption(FileOp op) {
    return isOfJournal(op)
        || runs.stream().anyMatch(run -> op.path().startsWith(root.resolve(run.key.toHex())));
  }

  /** Whoever opens the root next finds all that was saved, and makes pairs of it. */
  @ParameterizedTest
  @MethodSource("faults")
  void adoption(boolean persistent, boolean rebooted) throws IOException {
    // Each index in one of the two ways.
    for (long index = rebooted ? 1 : 0; ; index += persistent && !ALL ? 4 : ALL ? 1 : 2) {
      leaveSegment(rebooted);
      Fault fault = at(index, persistent);
      FaultyFileOps ops = new FaultyFileOps();
      ops.countAllThreads();
      ops.onlyAt(this::isOfAdoption);
      ops.arm(fault, persistent, index, root);
      try (Round round = new Round(ops, false)) {
        long failures = round.journalFailures();
        runs.forEach(round::look);
        try {
          round.powerSafe.contents(a.key);
        } catch (StoreException e) {
          round.thrown = e;
        }
        runs.forEach(round::look);
        ops.disarm();
        assertEquals(List.of(), ops.violations());
        checkFound(round.powerSafe);
        for (SavedVersions run : runs) {
          round.powerSafe.contents(run.key);
          RootFiles files = RootFiles.read(root);
          String pair = files.whole.get(FaultScenario.entry(run.key, run.runId));
          assertEquals(run.latest(), pair, files::toString);
        }
        assertEquals(List.of(), segments());
        assertEquals(failures, round.journalFailures());
        checkGoesOn(round);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            fault + (persistent ? " from " : " at ") + index + " = " + ops.failed(), e);
      }
      if (ops.failed() == null) {
        assertTrue(index > 10, "operations: " + index);
        return;
      }
    }
  }

  /** Who only reads finds what was saved, or says that the root cannot be read. */
  @ParameterizedTest
  @MethodSource("faults")
  void lookups(boolean persistent, boolean rebooted) throws IOException {
    leaveSegment(rebooted);
    for (long index = 0; ; index++) {
      FaultyFileOps ops = new FaultyFileOps();
      ops.onlyAt(this::isOfJournal);
      StoreOptions options =
          StoreOptions.defaults()
              .withReadOnly(true)
              .withForeignCheckInterval(Duration.ZERO)
              .withFileOps(ops);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        ops.arm(at(index, persistent), persistent, index, root);
        for (SavedVersions run : runs) {
          String found;
          try {
            found = run.in(store);
          } catch (StoreException e) {
            continue;
          }
          SavedVersions.check(run.allowed(), found);
        }
        ops.disarm();
        for (SavedVersions run : runs) {
          SavedVersions.check(run.allowed(), run.in(store));
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError((persistent ? "from " : "at ") + index + " = " + ops.failed(), e);
      }
      if (ops.failed() == null) {
        assertTrue(index > 3, "operations: " + index);
        return;
      }
    }
  }
}
