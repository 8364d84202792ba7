package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.OtherBuild;
import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.ClaimState;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that was away and came back as it was at some moment, without a reboot: after an error, or
 * as a volume that was attached again. What was acknowledged is on it, but neither the word in the
 * journal that said so, nor what the index had learned. It was hidden until its segment was
 * adopted, and computed once more; from stores for lookups only, for as long as nobody adopted it.
 */
@Tag("slow")
@Tag("once")
@Timeout(120)
class ReturnedDiskTest {
  private static final Fingerprint KEY = Payloads.key("k");

  @TempDir Path root;

  /** Makes no pair of the key. */
  private static void refusePairs(FileOp op) throws IOException {
    if (op.kind() == Kind.CREATE && op.path().toString().contains(KEY.toHex())) {
      throw new IOException("Input/output error");
    }
  }

  private static FileOps refusingPairs() {
    return new WatchedFileOps(ReturnedDiskTest::refusePairs);
  }

  private static boolean syncsSegment(FileOp op) {
    return op.kind() == Kind.SYNC && op.path().toString().contains("/journal/");
  }

  private static StoreOptions options(FileOps ops) {
    return StoreOptions.defaults().withDurability(Durability.POWER_SAFE).withFileOps(ops);
  }

  private static void save(
      WarmStartStore store, String run, String payload, EntryAttributes attributes) {
    store.saveOverwrite(KEY, run, payload.getBytes(StandardCharsets.UTF_8), attributes);
  }

  private static String found(WarmStartStore store, Ranking ranking) {
    try (Entry entry = store.lookup(KEY, ranking).orElseThrow()) {
      return new String(Payloads.bytes(entry), StandardCharsets.UTF_8);
    }
  }

  /** Dies when its last saves have returned, and are in no pair. */
  static final class Owner {
    public static void main(String[] arguments) throws IOException {
      WatchedFileOps ops = new WatchedFileOps();
      WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]), options(ops));
      EntryAttributes worse = EntryAttributes.checkpoint().withObjective(2);
      save(store, "done", "before", worse);
      Journalled.until(store, () -> save(store, "r", "before", worse));
      store.flush();
      // So that the index knows both.
      System.out.println(
          "found " + found(store, Ranking.LATEST) + " " + found(store, Ranking.FINAL_FIRST));
      ForkedJvm.awaitParent();
      ops.watch(ReturnedDiskTest::refusePairs);
      save(store, "r", "later", worse);
      save(store, "done", "done", EntryAttributes.finalResult());
      System.out.println("saved");
      ForkedJvm.untilKilled();
    }
  }

  @BeforeEach
  void takeTheDiskAwayAndBringItBack() throws Exception {
    Path index = root.resolve(".warmstart/index");
    byte[] indexOfBefore;
    try (ForkedJvm owner = ForkedJvm.start(Owner.class, root.toString())) {
      assertEquals("before before", owner.awaitLine("found"));
      indexOfBefore = Files.readAllBytes(index);
      owner.tell();
      owner.awaitLine("saved");
      owner.kill();
    }
    Files.write(index, indexOfBefore);
    List<Path> segments;
    try (Stream<Path> all = Files.list(root.resolve(".warmstart/journal"))) {
      segments = all.toList();
    }
    int unmarked = 0;
    for (Path each : segments) {
      unmarked += takeMarks(each);
    }
    assertTrue(unmarked >= 1, "power-safe records: " + unmarked);
  }

  /** What was stored after the last sync: it had not come to the disk. */
  private static int takeMarks(Path segment) throws IOException {
    int unmarked = 0;
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      for (long at = JournalLayout.HEADER_LENGTH; at + Long.BYTES <= file.length(); ) {
        file.seek(at);
        long commit = Long.reverseBytes(file.readLong());
        if (commit <= 0) {
          break;
        }
        if ((commit & JournalLayout.SETTLED) == 0) {
          file.seek(at);
          file.writeLong(Long.reverseBytes(commit & ~JournalLayout.MARKS));
          unmarked++;
        }
        at += commit & ~JournalLayout.MARKS;
      }
    }
    return unmarked;
  }

  @Test
  void whatWasAcknowledgedIsFoundByTheFirstLook() {
    try (WarmStartStore store = WarmStartStore.open(root, options(refusingPairs()))) {
      assertEquals("done", found(store, Ranking.FINAL_FIRST));
      assertEquals("later", found(store, Ranking.LOWEST_OBJECTIVE));
      try (Claim claim = store.claim(KEY)) {
        assertEquals(ClaimState.FINISHED, claim.state());
      }
    }
  }

  /** Of what it found before nothing is kept: nobody would tell that there is more. */
  @Test
  void andByAStoreForLookupsOnlyOnceItIsOldEnough() {
    AtomicLong ahead = new AtomicLong(-Duration.ofDays(1).toNanos());
    EpochNanoClock clock = () -> new SystemEpochNanoClock().nanoTime() + ahead.get();
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true).withClock(clock))) {
      assertEquals("before", found(store, Ranking.FINAL_FIRST));
      assertEquals("before", found(store, Ranking.FINAL_FIRST));
      ahead.set(Duration.ofSeconds(11).toNanos());
      assertEquals("done", found(store, Ranking.FINAL_FIRST));
      assertEquals("later", found(store, Ranking.LOWEST_OBJECTIVE));
    }
  }

  /** Opens the root, and takes its time for that. */
  static final class First {
    public static void main(String[] arguments) throws IOException {
      FileOps slow =
          new WatchedFileOps(
              op -> {
                if (syncsSegment(op)) {
                  System.out.println("syncs now");
                  ForkedJvm.awaitParent();
                }
              });
      WarmStartStore.open(Path.of(arguments[0]), StoreOptions.defaults().withFileOps(slow));
      ForkedJvm.untilKilled();
    }
  }

  /** It took the one that gave up the segment for the owner, and answered as if that lived. */
  @Test
  void whoComesSecondWaitsForTheFirst() throws Exception {
    awaitTheFirst();
  }

  /** Beside a build of another layout nobody has a row in the coordination file, but locks. */
  @Test
  void soDoesWhoHasNoRow() throws Exception {
    try (ForkedJvm other = ForkedJvm.start(OtherBuild.class, root.toString())) {
      assertEquals("true", other.awaitLine("holds"));
      awaitTheFirst();
    }
  }

  private void awaitTheFirst() throws Exception {
    try (ForkedJvm first = ForkedJvm.start(First.class, root.toString())) {
      first.awaitLine("syncs");
      FutureTask<String> second =
          new FutureTask<>(
              () -> {
                try (WarmStartStore store = WarmStartStore.open(root, options(refusingPairs()))) {
                  return found(store, Ranking.FINAL_FIRST);
                }
              });
      Thread thread = new Thread(second);
      thread.start();
      // So that it would have answered; it does not matter if it has not come so far.
      thread.join(500);
      first.tell();
      assertEquals("done", second.get());
    }
  }

  @Test
  void aSegmentThatCannotBeSyncedIsReadAllTheSameAndTold() {
    List<StoreTrouble> troubles = new CopyOnWriteArrayList<>();
    StoreOptions options =
        StoreOptions.defaults()
            .withFileOps(
                new WatchedFileOps(
                    op -> {
                      if (syncsSegment(op)) {
                        throw new IOException("Input/output error");
                      }
                    }))
            .withListener(
                new StoreListener() {
                  @Override
                  public void trouble(StoreTrouble trouble) {
                    troubles.add(trouble);
                  }
                });
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      assertEquals("done", found(store, Ranking.FINAL_FIRST));
      Await.until(
          "it is told why",
          () -> troubles.stream().anyMatch(each -> each.toString().contains("Input/output error")));
    }
  }
}
