package io.warmstart;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.PolicyUse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The main class of processes that save, sweep and get killed. */
final class SavingProcess {
  private SavingProcess() {}

  /** The arguments are what to do, the root, and the child's name; then what that needs. */
  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments[1]);
    String name = arguments[2];
    switch (arguments[0]) {
      case "save" -> save(root, name, Integer.parseInt(arguments[3]));
      case "sweep" -> sweep(root);
      case "until-killed" -> saveUntilKilled(root, name, Path.of(arguments[3]));
      case "stop-at" -> stopAt(root, name, Integer.parseInt(arguments[3]), false);
      case "stop-at-once-told" -> stopAt(root, name, Integer.parseInt(arguments[3]), true);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  /** Saves to one of two keys, and ends. */
  private static void save(Path root, String name, int count) throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      System.out.println("ready");
      ForkedJvm.awaitParent();
      for (int i = 0; i < count; i++) {
        store.save(
            Payloads.key("shared " + i % 2),
            Versions.payload(name + " " + i, 500),
            EntryAttributes.checkpoint().withObjective(i));
      }
    }
    System.out.println("saved " + count);
  }

  /** Sweeps at budget 0 without pause until the parent speaks. */
  private static void sweep(Path root) throws IOException {
    StoreOptions options =
        StoreOptions.defaults().withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY);
    long evicted = 0;
    long failures = 0;
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      System.out.println("ready");
      while (System.in.available() == 0) {
        EvictionReport report = store.evictOverflow();
        evicted += report.evicted();
        failures += report.failures();
      }
    }
    System.out.println("failures " + failures);
    System.out.println("evicted " + evicted);
  }

  /**
   * Overwrites its own entry, and now and then saves another to a key that all share; writes down
   * what was acknowledged, each time after it was.
   */
  private static void saveUntilKilled(Path root, String name, Path acknowledged)
      throws IOException {
    Random random = new Random(name.hashCode());
    try (WarmStartStore store = WarmStartStore.open(root);
        FileChannel acks =
            FileChannel.open(
                acknowledged, StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND)) {
      for (int version = 0; ; version++) {
        byte[] payload = Versions.payload(name + " " + version, 100 + random.nextInt(30_000));
        store.saveOverwrite(
            Payloads.key(name), name, payload, EntryAttributes.checkpoint().withObjective(1));
        write(acks, "own " + version + "\n");
        if (version % 3 == 0) {
          String runId = store.save(Payloads.key("shared"), payload, EntryAttributes.checkpoint());
          write(acks, "shared " + runId + " " + version + "\n");
        }
        if (version == 2) {
          System.out.println("ready");
        }
      }
    }
  }

  private static void write(FileChannel acks, String line) throws IOException {
    // One call: the line is in the kernel's hands whole, or not at all.
    acks.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
  }

  /** Stops for good before the n-th operation that an overwrite does under the key's lock. */
  private static void stopAt(Path root, String name, int operation, boolean onceTold)
      throws IOException {
    StoppingFileOps ops = new StoppingFileOps(operation);
    StoreOptions options = StoreOptions.defaults().withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      if (onceTold) {
        System.out.println("ready");
        ForkedJvm.awaitParent();
      }
      ops.armed = true;
      store.saveOverwrite(
          Payloads.key(name),
          name,
          Versions.payload("new", 1000),
          EntryAttributes.checkpoint().withObjective(1));
      System.out.println("returned");
    }
  }

  private static final class StoppingFileOps extends ObservedFileOps {
    private final int stopAt;
    private volatile boolean armed;
    private int index = -1;

    StoppingFileOps(int stopAt) {
      super(new NioFileOps());
      this.stopAt = stopAt;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (armed && Thread.currentThread().getName().equals("main")) {
        if (index >= 0 || op.kind() == Kind.RENAME) {
          index++;
        }
        if (index == stopAt) {
          System.out.println("stopped before " + op);
          ForkedJvm.untilKilled();
        }
      }
      return whole.run();
    }
  }
}
