package io.warmstart.jmh.benchmark;

import io.warmstart.StoreOptions;
import io.warmstart.jmh.observation.Observations;
import io.warmstart.jmh.peer.Peer;
import io.warmstart.jmh.peer.Reader;
import io.warmstart.jmh.peer.WarmStartPeer;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import io.warmstart.model.Durability;
import io.warmstart.model.RemoteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a caller pay for a remote that its store names, in a hit, in a miss, in a save?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar RemoteInTurnsBenchmark
 * }</pre>
 *
 * <p>The remote is a directory, and nothing is sent there or asked while it is measured, but for
 * the first miss: its intervals are an hour. So this is the caller's own path, not what the
 * background takes from it. As in {@link SaveInTurnsBenchmark} each invocation gives every store
 * its turn, in random order, and the answer is in the secondary results. A second store without a
 * remote shows how far two equal ones come apart.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class RemoteInTurnsBenchmark {
  /** The start of the labels of times, each of one operation. */
  public static final String TIME = "turn.";

  /** The start of the labels of ratios to the time of the store without a remote. */
  public static final String RATIO = "ratioToWithout.";

  private static final Duration NEVER_MEANWHILE = Duration.ofHours(1);
  private static final int PAYLOAD_BYTES = 4096;
  private static final Key PRESENT = Key.of(0);
  private static final Key ABSENT = Key.of(-2);

  /** Whether there is a remote. */
  public enum Remote {
    /** None. */
    WITHOUT,
    /** None either, in a second store. */
    WITHOUT_TOO,
    /** A directory beside the root. */
    WITH
  }

  /** What is done in a turn, so often that the clock can tell. */
  public enum Operation {
    /** A lookup that finds an entry. */
    HIT(Durability.PROCESS_SAFE, 1000),
    /** A lookup of a key that is known to be nowhere. */
    MISS(Durability.PROCESS_SAFE, 1000),
    /** An overwrite that is not synced. */
    PROCESS_SAFE_SAVE(Durability.PROCESS_SAFE, 1),
    /** An overwrite that is synced once. */
    POWER_SAFE_SAVE(Durability.POWER_SAFE, 1);

    private final Durability durability;
    private final int times;

    Operation(Durability durability, int times) {
      this.durability = durability;
      this.times = times;
    }

    private int once(Contender contender, Payload payload) throws IOException {
      return switch (this) {
        case HIT -> contender.reader.lastByte(PRESENT);
        case MISS -> contender.reader.lastByte(ABSENT);
        case PROCESS_SAFE_SAVE, POWER_SAFE_SAVE -> {
          contender.store.overwrite(PRESENT, payload.number(), payload.bytes());
          yield 0;
        }
      };
    }
  }

  /** One of the stores, with one entry. */
  private static final class Contender {
    final Remote remote;
    final BenchmarkRoot directory;
    final Peer store;
    final Reader reader;
    final List<Double> ratios = new ArrayList<>();
    long nanos;

    Contender(Remote remote, Durability durability, Payload first) throws IOException {
      this.remote = remote;
      directory = BenchmarkRoot.create();
      StoreOptions options = StoreOptions.defaults().withDurability(durability);
      if (remote == Remote.WITH) {
        Path place = Files.createDirectory(directory.path().resolve("remote"));
        options =
            options.withRemote(
                RemoteOptions.of(place.toUri())
                    .withPushInterval(NEVER_MEANWHILE)
                    .withCheckInterval(NEVER_MEANWHILE));
      }
      store = new WarmStartPeer(directory.path().resolve("root"), options);
      store.overwrite(PRESENT, first.number(), first.bytes());
      reader = store.reader();
    }

    int turn(Operation operation, Payload payload) throws IOException {
      int last = 0;
      long start = System.nanoTime();
      for (int i = 0; i < operation.times; i++) {
        last = operation.once(this, payload);
      }
      nanos = System.nanoTime() - start;
      return last;
    }

    void noteMedian() {
      if (!ratios.isEmpty()) {
        Collections.sort(ratios);
        Observations.current().scalar(RATIO + remote, ratios.get(ratios.size() / 2), "ratio");
      }
    }

    void close(Payload payload) throws IOException {
      byte[] actual = new byte[PAYLOAD_BYTES];
      try (reader) {
        reader.copy(PRESENT, actual);
        payload.requireLatest(actual);
        if (reader.lastByte(ABSENT) != -1) {
          throw new IllegalStateException("found what was never saved");
        }
      } finally {
        directory.closeAfter(store::close);
      }
    }
  }

  /** The stores. */
  @State(Scope.Thread)
  public static class AllStores {
    @Param public Operation operation;

    private final Random order = new Random(1);
    private final List<Contender> contenders = new ArrayList<>();
    private final Payload payload = new Payload(PAYLOAD_BYTES);

    /** Opens all. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      payload.next();
      for (Remote remote : Remote.values()) {
        contenders.add(new Contender(remote, operation.durability, payload));
      }
    }

    /** Forgets the ratios of the iteration before. */
    @Setup(Level.Iteration)
    public void forget() {
      contenders.forEach(contender -> contender.ratios.clear());
    }

    private int turn() throws IOException {
      if (operation.times == 1) {
        payload.next();
      }
      Collections.shuffle(contenders, order);
      int sum = 0;
      long withoutNanos = 0;
      for (Contender contender : contenders) {
        sum += contender.turn(operation, payload);
        if (contender.remote == Remote.WITHOUT) {
          withoutNanos = contender.nanos;
        }
      }
      for (Contender contender : contenders) {
        Observations.current().time(TIME + contender.remote, contender.nanos / operation.times);
        contender.ratios.add((double) contender.nanos / withoutNanos);
      }
      return sum;
    }

    /** Notes the medians. */
    @TearDown(Level.Iteration)
    public void note() {
      contenders.forEach(Contender::noteMedian);
    }

    /** Proves that all hold the last version, and nothing else. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      for (Contender contender : contenders) {
        contender.close(payload);
      }
    }
  }

  /** A turn of each store. */
  @Benchmark
  public int turn(AllStores stores) throws IOException {
    return stores.turn();
  }
}
