package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * On GlusterFS and NFS a file that another machine replaces is stale to those who have just opened
 * it. A lookup threw then ("manifest cannot be read: Stale file handle"), though nothing was wrong
 * with the entry: with one mount and four processes that overwrite and read, within 11 s.
 */
class ReplacedUnderReaderTest {
  private static final Fingerprint KEY = Payloads.key("replaced");
  private static final byte[] LARGE = new byte[300 * 1024];

  @TempDir Path parent;
  private final StaleOps ops = new StaleOps();
  private Path root;
  private StoreOptions options;

  @BeforeEach
  void saveOne() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    Path machine = Files.createDirectory(parent.resolve("machine"));
    options = OtherMachine.options(machine).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.saveOverwrite(KEY, "r", LARGE, EntryAttributes.checkpoint());
    }
  }

  /** Says once that a file of the key, or its directory, is stale; for each kind of operation. */
  private static final class StaleOps extends ObservedFileOps {
    private @Nullable Kind armed;
    private final Set<Kind> seen = EnumSet.noneOf(Kind.class);

    StaleOps() {
      super(new NioFileOps());
    }

    synchronized void arm(Kind kind) {
      armed = kind;
    }

    synchronized boolean hit() {
      return armed == null;
    }

    synchronized Set<Kind> seen() {
      return EnumSet.copyOf(seen);
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      synchronized (this) {
        if (!op.path().toString().contains(KEY.toHex())) {
          return whole.run();
        }
        seen.add(op.kind());
        if (op.kind() == armed) {
          armed = null;
          part.run();
          throw op.kind().onName()
              ? new FileSystemException(op.path().toString(), null, "Stale file handle")
              : new IOException("Stale file handle");
        }
      }
      return whole.run();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"STAT", "LIST", "OPEN_FOR_READING", "READ", "FACTS", "CLOSE"})
  void everyKindOfReaderLooksAgain(Kind kind) {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      ops.arm(kind);
      try (Entry entry = store.lookup(KEY).orElseThrow()) {
        assertEquals(LARGE.length, entry.payloadLength());
      }
      assertTrue(ops.hit());
      ops.arm(kind);
      assertTrue(store.explain(KEY, Ranking.LATEST).winner().isPresent());
      assertTrue(ops.hit());
      ops.arm(kind);
      assertTrue(store.verify().clean());
      // A verification asks for no facts of an open file.
      assertTrue(ops.hit() || kind == Kind.FACTS);
      ops.arm(kind);
      assertEquals(1, store.contents(KEY).entries().size());
      ops.arm(kind);
      assertEquals(0, store.evictOverflow().failures());
      assertEquals(0, store.stats().count(StoreCounter.LOOKUP_FAILURES));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"SYNC_DIRECTORY", "CREATE", "RENAME", "OPEN_DIRECTORY", "STAT"})
  void aSaveGoesOnWhereADirectoryHasGoneStale(Kind kind) {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      ops.arm(kind);
      store.saveOverwrite(KEY, "r", new byte[] {2}, EntryAttributes.checkpoint());
      assertTrue(ops.hit());
      try (Entry entry = store.lookup(KEY).orElseThrow()) {
        assertEquals(1, entry.payloadLength());
      }
      assertTrue(store.verify().clean());
    }
  }

  /** The pages of a mapping go with the file that another machine has replaced. */
  @Test
  void besideOtherMachinesALargePayloadIsCopied() {
    try (WarmStartStore store = WarmStartStore.open(root, options);
        Entry entry = store.lookup(KEY).orElseThrow()) {
      assertEquals(LARGE.length, entry.payloadLength());
      assertTrue(ops.seen().contains(Kind.READ));
      assertFalse(ops.seen().contains(Kind.MAP));
    }
  }
}
