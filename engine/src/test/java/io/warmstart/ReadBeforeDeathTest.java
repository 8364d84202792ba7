package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A lookup reads a version; a saver that had told the index of its change, and had renamed nothing
 * yet, publishes the next one and dies. What the lookup had read was stored as the winner all the
 * same, over what others had found since: they went back.
 */
@Tag("slow")
class ReadBeforeDeathTest {
  private static final Fingerprint KEY = Payloads.key("read before");

  @TempDir Path root;

  private static void save(WarmStartStore store, int version) {
    store.saveOverwrite(
        KEY, "r", Versions.payload("v" + version, 300), EntryAttributes.checkpoint());
  }

  private static String version(WarmStartStore store) {
    try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
      return Versions.nameOf(entry);
    }
  }

  private static WarmStartStore open(Path root, ObservedFileOps ops) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withForeignCheckInterval(Duration.ofDays(1))
            .withFileOps(ops));
  }

  /** Stops before its first rename until it is told, and dies after the second. */
  static final class Saver {
    private Saver() {}

    public static void main(String[] arguments) {
      ObservedFileOps ops =
          new ObservedFileOps(new NioFileOps()) {
            @Override
            protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
                throws IOException {
              if (op.kind() != Kind.RENAME || op.target() == null) {
                return whole.run();
              }
              if (op.target().endsWith("r.bin")) {
                System.out.println("ready");
                ForkedJvm.awaitParent();
              }
              T renamed = whole.run();
              if (op.target().endsWith("r.json")) {
                Runtime.getRuntime().halt(9);
              }
              return renamed;
            }
          };
      save(open(Path.of(arguments[0]), ops), 2);
    }
  }

  /** Does something once, when the manifest's change time is asked for: after it was read. */
  private static final class AfterReading extends ObservedFileOps {
    private @Nullable Thread reading;
    private Runnable then = () -> {};

    AfterReading() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (op.kind() == Kind.CHANGED
          && op.path().endsWith("r.json")
          && Thread.currentThread() == reading) {
        reading = null;
        then.run();
      }
      return whole.run();
    }
  }

  @Test
  void whatWasReadBeforeADeathIsNotStoredAfterIt() throws Exception {
    AfterReading ops = new AfterReading();
    try (WarmStartStore store = open(root, ops)) {
      save(store, 1);
      try (ForkedJvm saver = ForkedJvm.start(Saver.class, root.toString())) {
        saver.awaitLine("ready");
        FutureTask<String> other = new FutureTask<>(() -> version(store));
        ops.then =
            () -> {
              try {
                saver.tell();
                saver.awaitEnd();
                new Thread(other).start();
                other.get();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            };
        ops.reading = Thread.currentThread();

        assertEquals("v1", version(store));

        assertEquals("v2", other.get());
        assertEquals("v2", version(store));
      }
    }
  }
}
