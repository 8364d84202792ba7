package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.Journalled;
import io.warmstart.Payloads;
import io.warmstart.Reservation;
import io.warmstart.StoreOptions;
import io.warmstart.Versions;
import io.warmstart.WarmStartStore;
import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.notice.Notices;
import io.warmstart.save.RunIdGenerator;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.RecordScan;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A segment of before a reboot, some of whose pages were never written. */
@Tag("once")
class AfterPowerCutTest {
  private static final Fingerprint KEY = Payloads.key("k");
  private static final int VERSIONS = 5;
  private static final int RUN_ID_LENGTH = new RunIdGenerator(System::nanoTime).next().length();

  @TempDir Path root;
  private final FaultyFileOps ops = new FaultyFileOps();
  private final List<JournalEntry> records = new ArrayList<>();

  /** Leaves a segment with versions 0 to 4 of one run, whose pair is "warm". */
  @BeforeEach
  void leaveSegment() throws IOException {
    StoreOptions options =
        StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options);
        WarmStartStore powerSafe =
            WarmStartStore.open(root, options.withDurability(Durability.POWER_SAFE))) {
      Journalled.until(store, () -> save(store, "warm"));
      store.flush();
      ops.onlyAt(op -> op.kind() == Kind.CREATE);
      // One that ends may adopt what the journal has let go a moment before.
      ops.countAllThreads();
      ops.arm(Fault.ENOSPC, true, 0, root);
      // The third version lies before all others, and behind a record that never came.
      Reservation never = store.reserve(Payloads.key("never"), 5000, EntryAttributes.checkpoint());
      Reservation third = store.reserveOverwrite(KEY, "r", 10_000, EntryAttributes.checkpoint());
      for (int version = 0; version < VERSIONS; version++) {
        if (version == 2) {
          third.buffer().putBytes(0, Versions.payload("v2", 10_000));
          third.commit();
        } else {
          save(store, "v" + version);
        }
      }
      never.abort();
      // Its sync makes all of them durable; each is needed, since none says so of itself.
      powerSafe.save(Payloads.key("other"), new byte[10], EntryAttributes.checkpoint());
    }
    ops.disarm();
    // The counters of what was in its way begin again.
    Files.delete(root.resolve(".warmstart/coordination"));
    change(
        segment -> {
          long salt = segment.salt();
          new RecordScan(segment, salt).follow(records::add);
          long done = segment.done();
          long durable = segment.durable();
          // The life goes on under another boot.
          segment.begin(segment.boot() + 1, salt);
          segment.durable(durable);
          segment.done(done);
        });
    records.removeIf(record -> !record.key().equals(KEY.digest()));
    records.sort(Comparator.comparing(JournalEntry::writtenNanos));
    records.subList(0, records.size() - VERSIONS).clear();
    assertEquals(VERSIONS, records.size());
  }

  private void change(Consumer<Segment> change) throws IOException {
    SegmentFiles files =
        new SegmentFiles(new NioFileOps(), root.resolve(".warmstart"), new Notices());
    List<Integer> numbers = files.list().numbers();
    assertEquals(1, numbers.size());
    Segment segment = files.map(numbers.get(0), true);
    change.accept(java.util.Objects.requireNonNull(segment));
  }

  private static void save(WarmStartStore store, String version) {
    store.saveOverwrite(KEY, "r", Versions.payload(version, 10_000), EntryAttributes.checkpoint());
  }

  private void tear(int version) throws IOException {
    JournalEntry record = records.get(version);
    change(
        segment -> {
          byte[] page = new byte[4096];
          segment.buffer().putBytes(record.payloadPosition() + 4096, page);
        });
  }

  private void check(String expected, long failures) throws IOException {
    try (WarmStartStore readOnly =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertEquals(expected, found(readOnly));
    }
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(expected, found(store));
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals(expected, found(store));
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
      assertEquals(failures, store.stats().count(StoreCounter.JOURNAL_FAILURES));
    }
    byte[] pair = Files.readAllBytes(root.resolve(KEY.toHex()).resolve("r.bin"));
    assertEquals(expected, Versions.nameOf(pair));
  }

  private static String found(WarmStartStore store) {
    try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
      return Versions.nameOf(entry);
    }
  }

  @Test
  void theLatestIsFound() throws IOException {
    check("v4", 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void whatStandsBehindATornRecordIsFound(int torn) throws IOException {
    tear(torn);

    check("v4", 1);
  }

  @Test
  void whereTheLatestIsTornTheOneBeforeIt() throws IOException {
    tear(4);

    check("v3", 1);
  }

  @Test
  void whereAllAreTornThePair() throws IOException {
    for (int version = 0; version < VERSIONS; version++) {
      tear(version);
    }
    check("warm", 1);
  }

  /** The header has said of nothing behind the first of them that it was durable. */
  @Test
  void whatWasOpenAtTheCutIsNotMissed() throws IOException {
    JournalEntry third = records.get(2);
    int never = third.place().position() - (int) JournalLayout.recordLength(RUN_ID_LENGTH, 5000);
    change(
        segment -> {
          long aborted = segment.commit(never);
          assertTrue(aborted < 0);
          segment.buffer().putLong(never, -(-aborted & ~JournalLayout.VOID));
          segment.buffer().putLong(third.place().position(), -third.place().length());
          segment.durable(never);
        });

    check("v4", 0);
  }

  @Test
  void whatWasOpenAtTheCutIsFoundByNobody() throws IOException {
    change(segment -> segment.durable(records.get(2).place().position()));
    for (int version : new int[] {0, 1, 3, 4}) {
      tear(version);
    }
    change(
        segment -> {
          int at = records.get(2).place().position();
          segment.buffer().putLong(at, -records.get(2).place().length());
        });

    check("warm", 0);
  }

  @Test
  void whereAnotherLifeWasBeginningThePair() throws IOException {
    change(segment -> segment.buffer().putLong(JournalLayout.CHECK_OFFSET, 0));

    check("warm", 0);
  }

  /** What can be read becomes pairs; the rest is there for anybody who wants to look. */
  @ParameterizedTest
  @ValueSource(
      ints = {JournalLayout.BOOT_OFFSET, JournalLayout.LENGTH_OFFSET, JournalLayout.CHECK_OFFSET})
  void whereTheHeaderIsDamagedTheSegmentIsSetAside(int offset) throws IOException {
    change(segment -> segment.buffer().putLong(offset, segment.buffer().getLong(offset) ^ 64));
    try (WarmStartStore store = WarmStartStore.open(root)) {
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals("v4", found(store));
      Await.answer(1L, () -> store.stats().count(StoreCounter.JOURNAL_FAILURES));
    }
    try (var files = Files.list(root.resolve(".warmstart/journal"))) {
      assertEquals(
          List.of("segment-00000000.bad"),
          files.map(file -> file.getFileName().toString().replaceAll("-[0-9]+$", "")).toList());
    }
  }

  @Test
  void whereTheFileWasCutOffWhatIsLeft() throws IOException {
    Path segment = root.resolve(".warmstart/journal/segment-00000000");
    try (var file =
        java.nio.channels.FileChannel.open(segment, java.nio.file.StandardOpenOption.WRITE)) {
      file.truncate(records.get(3).place().position() + 4096);
    }
    try (WarmStartStore store = WarmStartStore.open(root)) {
      Await.until("the segment is adopted", () -> found(store).equals("v2"));
    }
  }

  @Test
  void whatCannotBeAdoptedNowStays() throws IOException {
    AtomicInteger refused = new AtomicInteger();
    // No file is made in the key's directory, whichever thread asks.
    WatchedFileOps refusing =
        new WatchedFileOps(
            op -> {
              if (op.kind() == Kind.CREATE && op.path().startsWith(root.resolve(KEY.toHex()))) {
                refused.incrementAndGet();
                throw new IOException("refused");
              }
            });
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withFileOps(refusing))) {
      Await.until("it was tried twice", () -> refused.get() > 1);
      assertEquals("v4", found(store));
      refusing.rest();
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals("v4", found(store));
    }
  }

  private List<Integer> segments() throws IOException {
    return new SegmentFiles(new NioFileOps(), root.resolve(".warmstart"), new Notices())
        .list()
        .numbers();
  }
}
