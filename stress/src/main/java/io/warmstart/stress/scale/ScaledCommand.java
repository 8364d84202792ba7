package io.warmstart.stress.scale;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.model.Ranking;
import io.warmstart.model.RootInspection;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The process that is measured: opens a root of some size, uses it, and says what that took. */
@Command(name = ScaledCommand.NAME, hidden = true, description = "Uses a root of some size.")
public final class ScaledCommand implements Callable<Integer> {
  static final String NAME = "scaled";
  static final int RUNS_OF_A_KEY = 10;

  // What one of many says, and then waits for all others to say.
  static final String OPEN = "open";
  static final String DONE = "done";

  /** Of larger roots no more is compared than what is looked up: a verification reads all. */
  private static final long MOST_VERIFIED = 100_000;

  private static final int SAMPLES = 300;
  private static final int FEW_SAMPLES = 30;

  @Parameters(index = "0")
  private Aspect aspect = Aspect.ENTRIES;

  @Parameters(index = "1")
  private Path root = Path.of("");

  @Parameters(index = "2")
  private long size;

  @Parameters(index = "3")
  private long member;

  @Spec private CommandSpec commandSpec;
  private final SplittableRandom random = new SplittableRandom(1);

  private interface Question {
    Optional<Entry> ask();
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    switch (aspect) {
      case ENTRIES -> entries();
      case RUNS -> runs();
      case PROCESSES -> oneOfMany();
      case PAYLOAD -> payload();
    }
    return 0;
  }

  private WarmStartStore open() {
    return WarmStartStore.open(
        root, StoreOptions.defaults().withSizeBudgetBytes(1L << 50).withTtl(Duration.ZERO));
  }

  private static void save(WarmStartStore store, long key, long run) {
    store.saveOverwrite(
        ScaledRoot.key(key),
        ScaledRoot.run(run),
        ScaledRoot.payload(key, run),
        EntryAttributes.checkpoint().withObjective(ScaledRoot.objective(run)).withIteration(run));
  }

  private void entries() throws IOException {
    long keys = size / RUNS_OF_A_KEY;
    try (WarmStartStore store = timed(OPEN, this::open)) {
      once("first save, root not counted", () -> save(store, keys, 0));
      while (store.recorded().isEmpty()) {
        Thread.onSpinWait();
      }
      each("save", SAMPLES, i -> save(store, keys, i + 1));
      store.flush();
      long[] asked = random.longs(SAMPLES, 0, keys).toArray();
      int best = RUNS_OF_A_KEY - 1;
      each("first lookup of a key", SAMPLES, i -> find(store, asked[i], best));
      each("hit", SAMPLES, i -> find(store, asked[i], best));
      each("miss", SAMPLES, i -> requireMiss(store.lookup(ScaledRoot.key(-1L - i))));
      each(
          "lookup of a run",
          SAMPLES,
          i -> found(() -> store.lookup(ScaledRoot.key(asked[i]), ScaledRoot.run(3)), asked[i], 3));
      once("stats", store::stats);
      once("sweep, nothing to remove", store::evictOverflow);
      agree(store, size + SAMPLES + 1);
      say("index", indexBytes() / 0x1p20, "MiB");
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      say("heap in use", (runtime.totalMemory() - runtime.freeMemory()) / 0x1p20, "MiB");
    }
    try (WarmStartStore store = timed("open, root counted", this::open)) {
      once("first save, root counted", () -> save(store, keys, 0));
    }
  }

  private void runs() {
    try (WarmStartStore store = open()) {
      long last = size - 1;
      once("first lookup, by the files", () -> find(store, 0, last));
      while (store.recorded().isEmpty()) {
        Thread.onSpinWait();
      }
      each("save", SAMPLES, i -> save(store, 0, size + i));
      long latest = size + SAMPLES;
      each(
          "lookup of a run",
          FEW_SAMPLES,
          i -> found(() -> store.lookup(ScaledRoot.key(0), ScaledRoot.run(i)), 0, i));
      each(
          "lookup of a run that is not there",
          FEW_SAMPLES,
          i -> requireMiss(store.lookup(ScaledRoot.key(0), "none-" + i)));
      each(
          "save, then lookup of the best",
          FEW_SAMPLES,
          i -> {
            save(store, 0, latest + i);
            find(store, 0, latest + i);
          });
      each("hit", SAMPLES, i -> find(store, 0, latest + FEW_SAMPLES - 1));
      store.flush();
      each(
          "remove of a run",
          FEW_SAMPLES,
          i -> require(store.remove(ScaledRoot.key(0), ScaledRoot.run(latest + i)), "not removed"));
      find(store, 0, latest - 1);
      once(
          "contents",
          () -> require(store.contents(ScaledRoot.key(0)).entries().size() == latest, "contents"));
      once("explain", () -> store.explain(ScaledRoot.key(0), Ranking.LOWEST_OBJECTIVE));
      agree(store, latest);
    }
  }

  /** Says that it is open, and goes on when all are; ends when all have done their part. */
  private void oneOfMany() throws IOException {
    try (WarmStartStore store = timed(OPEN, this::open)) {
      save(store, member, 0);
      await(OPEN);
      each("overwrite", SAMPLES, i -> save(store, member, 0));
      long neighbour = (member + 1) % size;
      each("lookup", SAMPLES, i -> find(store, neighbour, 0));
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        String[] words = line.split("\\s+", -1);
        switch (words[0]) {
          case "RssAnon:" -> say("memory of its own", Long.parseLong(words[1]) / 1024.0, "MiB");
          case "RssFile:" -> say("mapped, files", Long.parseLong(words[1]) / 1024.0, "MiB");
          case "Threads:" -> say("threads", Integer.parseInt(words[1]), "");
          default -> {}
        }
      }
      try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
        say("descriptors", (double) descriptors.count(), "");
      }
      await(DONE);
      require(store.stats().liveProcesses() <= size, "more processes than there are");
    }
  }

  private void await(String what) throws IOException {
    out().println(what);
    out().flush();
    require(System.in.read() >= 0, "the parent has ended");
  }

  private void payload() {
    long bytes = size << 20;
    Bytes<?> content = BytesStore.lazyNativeBytesStoreWithFixedCapacity(bytes).bytesForRead();
    content.readPositionRemaining(0, bytes);
    content.bytesStore().writeLong(0, bytes);
    content.bytesStore().writeByte(bytes - 1, (byte) 1);
    try (WarmStartStore store = open()) {
      once(
          "save",
          () -> store.save(ScaledRoot.key(0), Payload.of(content), EntryAttributes.checkpoint()));
      once("first lookup", () -> findLarge(store, bytes));
      once("lookup again", () -> findLarge(store, bytes));
      agree(store, 1);
    } finally {
      content.releaseLast();
    }
  }

  private static void findLarge(WarmStartStore store, long bytes) {
    try (Entry entry = store.lookup(ScaledRoot.key(0)).orElseThrow()) {
      require(
          entry.payloadLength() == bytes
              && entry.bytes().readLong(0) == bytes
              && entry.bytes().readByte(bytes - 1) == 1,
          "wrong payload");
    }
  }

  private static void find(WarmStartStore store, long key, long run) {
    found(() -> store.lookup(ScaledRoot.key(key)), key, run);
  }

  private static void found(Question question, long key, long run) {
    try (Entry entry = question.ask().orElseThrow()) {
      ScaledRoot.check(entry, key, run);
    }
  }

  private static void requireMiss(Optional<Entry> answer) {
    require(answer.isEmpty(), "found what was never saved");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  /** Index and files know the same entries, each of them whole. */
  private void agree(WarmStartStore store, long entries) {
    store.flush();
    RootInspection recorded = store.recorded().orElseThrow();
    require(
        recorded.entries() == entries,
        "recorded: expected=" + entries + " actual=" + recorded.entries());
    if (aspect == Aspect.PAYLOAD || size <= MOST_VERIFIED) {
      VerifyReport report = store.verify();
      require(
          report.clean() && report.entries() == entries,
          "verified: expected=" + entries + " actual=" + report);
    }
  }

  private long indexBytes() throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(root.resolve(".warmstart"))) {
      for (Path file :
          files.filter(each -> each.getFileName().toString().startsWith("index")).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  private PrintWriter out() {
    return commandSpec.commandLine().getOut();
  }

  private void say(String what, double value, String unit) {
    out().println(new Figure(aspect, size, what, value, unit).line());
    out().flush();
  }

  private WarmStartStore timed(String what, Supplier<WarmStartStore> operation) {
    long began = System.nanoTime();
    WarmStartStore store = operation.get();
    say(what, (System.nanoTime() - began) / 1e3, Figure.MICROSECONDS);
    return store;
  }

  private void once(String what, Runnable operation) {
    each(what, 1, i -> operation.run());
  }

  /** Says the median. */
  private void each(String what, int times, IntConsumer operation) {
    long[] nanos = new long[times];
    for (int i = 0; i < times; i++) {
      long began = System.nanoTime();
      operation.accept(i);
      nanos[i] = System.nanoTime() - began;
    }
    Arrays.sort(nanos);
    say(what, nanos[times / 2] / 1e3, Figure.MICROSECONDS);
  }
}
