package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A later JDK will deny the memory accesses of {@code sun.misc.Unsafe}; since 24 a flag does. The
 * store needs none of them, but for Chronicle's bytes, which say so.
 */
@Tag("slow")
class UnsafeDeniedTest {
  private static final int SINCE = 24;

  @TempDir Path directory;

  private static void assumeFlag() {
    assumeTrue(
        Runtime.version().feature() >= SINCE,
        () -> "JDK " + Runtime.version().feature() + " has no flag that denies sun.misc.Unsafe");
  }

  @Test
  void allWorksButChroniclesBytesWhichAreRefusedClearly() throws Exception {
    assumeFlag();
    try (ForkedJvm denied =
        ForkedJvm.command(UseAll.class, directory.resolve("root").toString())
            .flag("--sun-misc-unsafe-memory-access=deny")
            .start()) {
      String message = denied.awaitLine("refused");
      assertTrue(message.contains("--sun-misc-unsafe-memory-access=allow"), message);
      assertEquals("all", denied.awaitLine("used"));
    }
  }

  /** The first line that comes is ours: a warning would stand before it. */
  @Test
  void nothingWarnsWhereChroniclesBytesAreNotAskedFor() throws Exception {
    assumeFlag();
    try (ForkedJvm warning =
        ForkedJvm.command(UseAll.class, directory.resolve("root").toString(), "no bytes")
            .flag("--sun-misc-unsafe-memory-access=warn")
            .start()) {
      assertEquals("used all", warning.awaitLine(""));
    }
  }

  /** Does what programs do with a store. */
  static final class UseAll {
    private UseAll() {}

    public static void main(String[] args) throws Exception {
      Fingerprint key = Payloads.key("unsafe denied");
      Path root = Path.of(args[0]);
      try (WarmStartStore store = WarmStartStore.open(root)) {
        for (Durability durability : Durability.values()) {
          try (WarmStartStore other =
              WarmStartStore.open(root, StoreOptions.defaults().withDurability(durability))) {
            for (int i = 0; i < 20; i++) {
              other.saveOverwrite(key, "run", new byte[99], EntryAttributes.checkpoint());
            }
          }
        }
        store.save(
            key, Payload.of(new UnsafeBuffer(new byte[9]), 0, 9), EntryAttributes.checkpoint());
        store
            .saveAsync(key, Payload.of(new byte[9]), EntryAttributes.checkpoint())
            .toCompletableFuture()
            .get();
        // Larger than what is kept in memory: it is mapped.
        store.saveOverwrite(key, "large", new byte[17 << 20], EntryAttributes.finalResult());
        try (Reservation reserved =
            store.reserveOverwrite(key, "run", 64, EntryAttributes.checkpoint())) {
          reserved.commit();
        }
        store.session(key).complete(new byte[4], 1, 1);
        store.pin(key, "run");
        store.label(key, "text", "a name");
        assertTrue(store.evictOverflow().evicted() == 0);
        assertTrue(store.verify().clean());
        assertEquals(store.inspect().entries(), store.contents(key).entries().size());
        for (String run : new String[] {"run", "large"}) {
          try (Entry entry = store.lookup(key, run).orElseThrow()) {
            assertEquals(entry.payload().capacity(), entry.stream().readAllBytes().length);
            assertEquals(entry.payloadLength(), entry.buffer().remaining());
            if (args.length == 1) {
              // Each time: a class that has failed to initialise fails otherwise the second time.
              StoreException refused = assertThrows(StoreException.class, entry::bytes);
              System.out.println("refused " + refused.getMessage());
            }
          }
        }
      }
      System.out.println("used all");
    }
  }
}
