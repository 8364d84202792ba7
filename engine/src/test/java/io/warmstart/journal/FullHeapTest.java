package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FileOps;
import io.warmstart.io.NearlyFullHeap;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.notice.Notices;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import io.warmstart.segment.SegmentSyncs;
import io.warmstart.segment.Version;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was saved stays known where there is no memory for what comes. */
@Tag("slow")
@Tag("once")
@Timeout(120)
class FullHeapTest {
  /** A little before an ArrayDeque of either kind has to grow, to some 90,000 bytes. */
  private static final int[] MANY = {14_300, 15_070};

  private static final int LEFT_BYTES = 24 * 1024;

  @TempDir Path directory;

  private ForkedJvm start(String runs) throws IOException {
    return ForkedJvm.command(Appending.class, directory.toString(), runs)
        .flag("-Xmx48m")
        .flag("-XX:-UseGCOverheadLimit")
        .start();
  }

  @Test
  void aSegmentKnowsWhatWasAppended() throws Exception {
    try (ForkedJvm child = start("none")) {
      assertEquals("0", child.awaitLine("forgotten"));
    }
  }

  @Test
  void aRunKnowsItsVersions() throws Exception {
    try (ForkedJvm child = start("one")) {
      assertEquals("0", child.awaitLine("forgotten"));
    }
  }

  /**
   * The first of them may come where there is no memory: a map without its table forgets others.
   */
  @Test
  void allRunsAreKnownWhateverTheFirstFinds() throws Exception {
    try (ForkedJvm child = startSmall(Beginning.class)) {
      assertEquals("0", child.awaitLine("forgotten"));
    }
  }

  /**
   * To note the failure took memory, and without it nobody who waited for the sync was told: they
   * waited for ever.
   */
  @Test
  void whoWaitsForASyncHearsThatItHasFailed() throws Exception {
    try (ForkedJvm child = startSmall(Syncing.class)) {
      assertEquals("false", child.awaitLine("durable"));
    }
  }

  private ForkedJvm startSmall(Class<?> main) throws IOException {
    return ForkedJvm.command(main, directory.toString())
        .flag("-Xmx12m")
        .flag("-XX:+UseSerialGC")
        .flag("-XX:-UseGCOverheadLimit")
        .start();
  }

  /** Adds the first run with so many bytes left, a few more each time, and then others. */
  static final class Beginning {
    private static final int MOST_LEFT_BYTES = 192;
    private static final int STEP_BYTES = 32;
    private static final int OTHERS = 100;

    public static void main(String[] args) throws Exception {
      Appending appending = new Appending(Path.of(args[0]), false);
      int forgotten = 0;
      int refused = 0;
      // What is to run later is loaded while there is memory.
      new UnpairedRuns().add(appending.record("loaded"));
      for (int left = 0; left <= MOST_LEFT_BYTES; left += STEP_BYTES) {
        UnpairedRuns runs = new UnpairedRuns();
        Pending first = appending.record("first");
        List<Pending> others = new ArrayList<>();
        for (int i = 0; i < OTHERS; i++) {
          others.add(appending.record("run-" + i));
        }
        NearlyFullHeap.fill(left);
        try {
          runs.add(first);
        } catch (OutOfMemoryError e) {
          refused++;
        } finally {
          NearlyFullHeap.free();
        }
        others.forEach(runs::add);
        for (Pending each : others) {
          forgotten += each.equals(runs.latestOf(each)) ? 0 : 1;
        }
      }
      if (refused == 0) {
        throw new AssertionError("there was memory each time");
      }
      System.out.println("forgotten " + forgotten);
      ForkedJvm.untilKilled();
    }
  }

  /** A sync fails in the moment in which there is no memory, while another thread waits for it. */
  static final class Syncing implements FileOps.SyncHandle {
    private static final IOException FAILURE = new IOException("Input/output error");

    private final SegmentSyncs syncs;
    private final Thread other = new Thread(this::await);
    private boolean durable = true;
    private boolean fails;

    private Syncing(Path directory) throws IOException {
      SegmentFiles files = new SegmentFiles(new NioFileOps(), directory, new Notices());
      this.syncs =
          new SegmentSyncs(this, files, Objects.requireNonNull(files.make(0, 1 << 20, 1, 5)));
    }

    public static void main(String[] args) throws Exception {
      Syncing syncing = new Syncing(Path.of(args[0]));
      // What is to run later is loaded while there is memory.
      syncing.await();
      syncing.fails = true;
      try {
        syncing.await();
      } catch (OutOfMemoryError e) {
        // It is told of the failure where there is memory for it.
      } finally {
        NearlyFullHeap.free();
      }
      syncing.other.join();
      System.out.println("durable " + syncing.durable);
      ForkedJvm.untilKilled();
    }

    private void await() {
      durable = syncs.await(syncs.stored(0));
    }

    @Override
    public void sync() throws IOException {
      if (fails) {
        other.start();
        while (other.getState() != Thread.State.WAITING) {
          Thread.onSpinWait();
        }
        NearlyFullHeap.fill(0);
        throw FAILURE;
      }
    }

    @Override
    public void sync(MappedByteBuffer mapping, int length) {}

    @Override
    public void close() {}
  }

  /** Appends where there is hardly any memory. */
  static final class Appending {
    private static final Digest256 KEY = Digest256.ofWords(1, 2, 3, 4);
    private static final int LENGTH = 8 << 20;
    private static final Payload PAYLOAD = Payload.of(new byte[0]);

    private final OwnedSegment owner;
    private final UnpairedRuns runs = new UnpairedRuns();
    private final boolean countsRuns;
    private long stamp;

    private Appending(Path directory, boolean countsRuns) throws IOException {
      SegmentFiles files = new SegmentFiles(new NioFileOps(), directory, new Notices());
      FileChannel lockFile =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = lockFile.lock();
      Segment segment = Objects.requireNonNull(files.make(0, LENGTH, 1, 5));
      this.owner = new OwnedSegment(segment, files, files.openForSync(0), lock);
      this.countsRuns = countsRuns;
    }

    public static void main(String[] args) throws Exception {
      Appending appending = new Appending(Path.of(args[0]), args[1].equals("one"));
      int appended = 0;
      for (int many : MANY) {
        for (; appended < many; appended++) {
          appending.append();
        }
        NearlyFullHeap.fill(LEFT_BYTES);
        try {
          for (int more = 0; more < 20; more++) {
            appending.append();
            appended++;
          }
        } catch (OutOfMemoryError e) {
          // Caught by the application, which goes on.
        } finally {
          NearlyFullHeap.free();
        }
      }
      int forgotten = Math.max(0, appended - appending.known());
      System.out.println("forgotten " + forgotten);
      ForkedJvm.untilKilled();
    }

    private void append() throws IOException {
      Pending record = record("r");
      if (countsRuns) {
        runs.add(record);
      }
    }

    Pending record(String runId) throws IOException {
      Version version = new Version(KEY, runId, EntryAttributes.checkpoint(), ++stamp, false);
      Pending record = owner.append(version, PAYLOAD);
      record.acknowledge();
      return record;
    }

    private int known() {
      if (!countsRuns) {
        return owner.pending().size();
      }
      int[] count = {0};
      for (Pending latest : List.copyOf(runs.due(UnpairedRuns.ALL, 0))) {
        runs.untilEach(latest, each -> count[0]++);
      }
      return count[0];
    }
  }
}
