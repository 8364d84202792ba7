package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.CrashImage;
import io.warmstart.io.CrashImage.Unsynced;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.notice.Notices;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.RecordScan;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import io.warmstart.segment.Version;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A power cut after each store to a segment: it leaves what was synced, and any pages, or words of
 * them, of what was stored since. What is found there or in a durable pair of a run is one version
 * that was begun, and none older than the last power-safe one that had returned.
 */
@ExtendWith(Seeds.class)
class PowerCutTest {
  private static final int LENGTH = 1 << 16;
  private static final int STEPS = Rounds.times(300);
  private static final String[] RUNS = {"a", "b", "c"};

  @TempDir Path directory;
  private byte[] durable = {};
  private int cuts;
  private long stamp;
  private long salt = 1;

  private final Segment memory = SegmentInMemory.of(0, LENGTH);
  private final Segment watched = new Segment(0, new Watched(memory.buffer()), memory.identity());
  private final List<Run> runs = Arrays.stream(RUNS).map(Run::new).toList();

  /** The versions of a run, by their stamps; 0 is none. */
  private static final class Run {
    private final String id;
    private final List<Long> begun = new ArrayList<>(List.of(0L));
    private long powerSafe;
    private long durablePair;

    Run(String id) {
      this.id = id;
    }

    void check(long found) {
      assertTrue(begun.contains(found) && found >= powerSafe, () -> "found=" + found + " " + this);
    }

    @Override
    public String toString() {
      return id + ": begun=" + begun + " power-safe=" + powerSafe + " pair=" + durablePair;
    }
  }

  /** A record that is not in a durable pair, and whose it is. */
  private record Appended(Run run, Pending record, long stamp) {}

  private record Opened(Run run, Reserved reserved) {}

  /** Memory in which the power goes after each store, and in the middle of long ones. */
  private final class Watched extends UnsafeBuffer {
    Watched(AtomicBuffer memory) {
      super(memory);
    }

    @Override
    public void putLong(int index, long value) {
      super.putLong(index, value);
      cut();
    }

    @Override
    public void putLongVolatile(int index, long value) {
      super.putLongVolatile(index, value);
      cut();
    }

    @Override
    public void putBytes(int index, byte[] source, int offset, int length) {
      super.putBytes(index, source, offset, length / 2);
      cut();
      super.putBytes(index, source, offset, length);
      cut();
    }
  }

  private byte[] now() {
    byte[] now = new byte[LENGTH];
    memory.buffer().getBytes(0, now);
    return now;
  }

  private void cut() {
    byte[] now = now();
    for (Unsynced unsynced : Unsynced.values()) {
      find(CrashImage.leftOfPages(durable, now, unsynced));
      cuts++;
    }
  }

  /** As a reader and an adopter do after a reboot. */
  private void find(byte[] image) {
    Segment left = new Segment(0, new UnsafeBuffer(image), memory.identity());
    long[] latest = new long[runs.size()];
    if (!left.isBeginning()) {
      assertTrue(left.isWhole(), "the header");
      long done = left.done();
      RecordScan scan = new RecordScan(left, left.salt());
      long missing =
          scan.searchToEnd(
              done,
              left.durable(),
              entry -> {
                boolean settled =
                    entry.end() <= done || (left.marks(entry) & JournalLayout.SETTLED) != 0;
                int run = Arrays.asList(RUNS).indexOf(entry.runId());
                if (!settled) {
                  latest[run] = Math.max(latest[run], entry.writtenNanos());
                }
                checkPayload(left, entry);
              });
      assertEquals(0, missing, "bytes that the header calls durable");
    }
    for (int run = 0; run < latest.length; run++) {
      runs.get(run).check(Math.max(latest[run], runs.get(run).durablePair));
    }
  }

  private static void checkPayload(Segment in, JournalEntry entry) {
    byte[] payload = in.payload(entry);
    assertTrue(
        payload != null && Arrays.equals(payload, payload(entry.writtenNanos(), payload.length)),
        () -> "a mixture: " + entry);
  }

  private static byte[] payload(long stamp, int length) {
    byte[] payload = new byte[length];
    new Random(stamp).nextBytes(payload);
    return payload;
  }

  /** The owner of the segment: what the journal does with one, in any order. */
  private final class Life {
    private final Random random;
    private final OwnedSegment owner;
    private final List<Appended> appended = new ArrayList<>();
    private final List<Opened> open = new ArrayList<>();

    Life(Random random, OwnedSegment owner) {
      this.random = random;
      this.owner = owner;
    }

    void step() throws IOException {
      Run run = runs.get(random.nextInt(runs.size()));
      int length = 100 + random.nextInt(6000);
      if (!owner.fits(length + 1000)) {
        pairAll();
        beginAnotherLife();
        return;
      }
      switch (random.nextInt(9)) {
        case 0, 1 -> append(run, length, false);
        case 2, 3 -> append(run, length, true);
        case 4 -> {
          ByteBuffer bytes = owner.memoryOfNext(run.id.length(), length);
          Pending record = owner.reserve(run.id.length(), bytes);
          open.add(new Opened(run, new Reserved(owner, record, bytes)));
        }
        case 5 -> commitOrAbort();
        case 6, 7 -> pair(run);
        default -> supersede();
      }
      owner.advance();
    }

    private Version begin(Run run, boolean powerSafe) {
      run.begun.add(++stamp);
      EntryAttributes attributes = EntryAttributes.checkpoint();
      return new Version(Digest256.ofWords(1, 2, 3, 4), run.id, attributes, stamp, powerSafe);
    }

    private void append(Run run, int length, boolean powerSafe) throws IOException {
      Version version = begin(run, powerSafe);
      returned(run, owner.append(version, Payload.of(payload(stamp, length))), powerSafe);
    }

    private void returned(Run run, Pending record, boolean powerSafe) {
      long saved = stamp;
      if (powerSafe) {
        assertTrue(record.awaitDurable());
        run.powerSafe = saved;
      }
      record.acknowledge();
      appended.add(new Appended(run, record, saved));
    }

    private void commitOrAbort() throws IOException {
      if (open.isEmpty()) {
        return;
      }
      Opened opened = open.remove(random.nextInt(open.size()));
      ByteBuffer bytes = opened.reserved.memory();
      if (random.nextInt(3) == 0) {
        bytes.put(0, payload(-1, bytes.capacity() / 2));
        owner.abort(opened.reserved.record());
        return;
      }
      boolean powerSafe = random.nextBoolean();
      Version version = begin(opened.run, powerSafe);
      bytes.put(0, payload(stamp, bytes.capacity()));
      opened.reserved.seal();
      Pending record = opened.reserved.record();
      owner.commit(record, version, bytes.capacity(), opened.reserved.check());
      returned(opened.run, record, powerSafe);
    }

    /** A pair is in place, and then durable, and says so in the records up to it. */
    private void pair(Run run) {
      List<Appended> of = appended.stream().filter(each -> each.run == run).toList();
      if (of.isEmpty()) {
        return;
      }
      of.forEach(each -> each.record.markPaired());
      run.durablePair = of.get(of.size() - 1).stamp;
      run.powerSafe = Math.max(run.powerSafe, run.durablePair);
      for (Appended each : of) {
        each.record.markSettled();
        each.record.finishInPair();
      }
      appended.removeAll(of);
    }

    /** What is older than a power-safe version of its run needs no pair. */
    private void supersede() {
      for (Appended each : List.copyOf(appended)) {
        if (each.stamp < each.run.powerSafe) {
          each.record.finish();
          appended.remove(each);
        }
      }
    }

    private void pairAll() {
      runs.forEach(this::pair);
      owner.abortOpen(any -> true);
      open.clear();
    }

    private void beginAnotherLife() {
      owner.advance();
      assertTrue(owner.pending().isEmpty());
      owner.recycle(1, ++salt);
      assertTrue(owner.isEmpty());
      owner.makeReady();
      assertTrue(owner.ready());
    }
  }

  @Test
  void aPowerCutAfterAnyStoreTakesBackNothingThatWasPowerSafe(Random random) throws IOException {
    memory.begin(1, salt);
    memory.state(JournalLayout.IN_USE);
    durable = now();
    FileOps.SyncHandle syncs =
        new FileOps.SyncHandle() {
          @Override
          public void sync() {
            durable = now();
          }

          @Override
          public void sync(MappedByteBuffer mapping, int length) {
            System.arraycopy(now(), 0, durable, 0, length);
          }

          @Override
          public void close() {}
        };
    SegmentFiles files = new SegmentFiles(new NioFileOps(), directory, new Notices());
    try (FileChannel lockFile =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      FileLock lock = lockFile.lock();
      Life life = new Life(random, new OwnedSegment(watched, files, syncs, lock));
      for (int step = 0; step < STEPS; step++) {
        life.step();
      }
    }
    assertTrue(salt > 3, "lives: " + salt);
    assertTrue(cuts > 1000, "cuts: " + cuts);
  }
}
