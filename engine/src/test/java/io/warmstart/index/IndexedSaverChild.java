package io.warmstart.index;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A process that saves and looks up, and compares each answer with what it and its siblings have
 * acknowledged: an entry that was written before such a save began is a wrong answer.
 *
 * <p>What is acknowledged stands in a file beside the root: for each thread and key when the last
 * save began that has returned, and when the last one began that had returned an interval of the
 * foreign check ago. While the index is being vandalised, only the latter is asked for.
 */
final class IndexedSaverChild {
  static final int PROCESSES = 2;
  static final int KEYS = 6;
  static final Duration INTERVAL = Duration.ofMillis(200);
  static final long BUDGET_BYTES = 64 << 10;
  static final int RECORD_LENGTH = 4096;
  private static final int THREADS = 2;
  private static final int CHECKS_PER_LINE = 300;

  private record Acknowledged(long begin, long end) {}

  private final WarmStartStore store;
  private final UnsafeBuffer record;
  private final int process;
  private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong checks = new AtomicLong();
  private volatile boolean stopped;

  private IndexedSaverChild(WarmStartStore store, UnsafeBuffer record, int process) {
    this.store = store;
    this.record = record;
    this.process = process;
  }

  static UnsafeBuffer map(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, RECORD_LENGTH);
      return new UnsafeBuffer(mapped);
    }
  }

  static Fingerprint key(int n) {
    return new Fingerprinter().absorbLong("key", n).finish();
  }

  static StoreOptions options() {
    return StoreOptions.defaults()
        .withForeignCheckInterval(INTERVAL)
        .withSizeBudgetBytes(BUDGET_BYTES);
  }

  public static void main(String[] args) throws Exception {
    UnsafeBuffer record = map(Path.of(args[1]));
    try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]), options())) {
      IndexedSaverChild child = new IndexedSaverChild(store, record, Integer.parseInt(args[2]));
      List<Thread> threads = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        threads.add(new Thread(() -> child.run(number)));
      }
      threads.forEach(Thread::start);
      ForkedJvm.awaitParent();
      child.stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
      System.out.println("done failures=" + child.failures);
      System.out.println("evicted " + store.stats().count(StoreCounter.EVICTED));
      ForkedJvm.untilKilled();
    }
  }

  private void run(int thread) {
    int writer = process * THREADS + thread;
    String runId = "p" + process + "-" + thread;
    List<Deque<Acknowledged>> acknowledged = new ArrayList<>();
    for (int n = 0; n < KEYS; n++) {
      acknowledged.add(new ArrayDeque<>());
    }
    for (long version = 0; !stopped; version++) {
      int n = (int) (version % KEYS);
      try {
        if (version < KEYS || version / KEYS % 8 == thread) {
          save(key(n), runId, version, offset(writer, n), acknowledged.get(n));
        }
        for (int each = 0; each < KEYS; each++) {
          check(each);
        }
      } catch (Throwable e) {
        failures.add(SaverChild.onOneLine(e));
        System.out.println("checked, and failed: " + e);
      }
      // Others want the processor too.
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
    }
  }

  private void save(
      Fingerprint key, String runId, long version, int offset, Deque<Acknowledged> before) {
    byte[] payload = (runId + ":" + version).getBytes(StandardCharsets.UTF_8);
    long begin = SystemEpochNanoClock.INSTANCE.nanoTime();
    store.saveOverwrite(key, runId, payload, EntryAttributes.checkpoint().withIteration(version));
    long end = SystemEpochNanoClock.INSTANCE.nanoTime();
    before.addLast(new Acknowledged(begin, end));
    while (before.size() > 1 && before.getFirst().end() <= end - INTERVAL.toNanos()) {
      record.putLongVolatile(offset + 8, before.removeFirst().begin());
    }
    record.putLongVolatile(offset, begin);
  }

  private void check(int n) {
    boolean vandalised = SystemEpochNanoClock.INSTANCE.nanoTime() < record.getLongVolatile(0);
    long required = 0;
    for (int writer = 0; writer < PROCESSES * THREADS; writer++) {
      required =
          Math.max(required, record.getLongVolatile(offset(writer, n) + (vandalised ? 8 : 0)));
    }
    Entry entry = store.lookup(key(n), Ranking.LATEST).orElse(null);
    if (entry == null) {
      if (required > 0) {
        throw new AssertionError("a miss, vandalised=" + vandalised);
      }
      return;
    }
    try (entry) {
      String text = entry.payload().getStringWithoutLengthUtf8(0, (int) entry.payloadLength());
      long written = TimeUnit.SECONDS.toNanos(entry.writtenUnixSecs()) + entry.writtenNanos();
      if (!text.startsWith(entry.runId() + ":") || written < required) {
        throw new AssertionError(
            text + " is older by " + (required - written) + " ns, vandalised=" + vandalised);
      }
    }
    if (!vandalised && checks.incrementAndGet() % CHECKS_PER_LINE == 0) {
      System.out.println("checked");
    }
  }

  private static int offset(int writer, int n) {
    return 64 + 16 * (writer * KEYS + n);
  }
}
