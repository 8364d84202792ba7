package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lookups whose store closes while they are under way. The one in the root was an operation, and
 * those in the seeds were others: they found their seeds closed, and named them.
 */
@Timeout(120)
class LookupBesideCloseTest {
  private static final Fingerprint KEY = Payloads.key("seeded");

  @TempDir Path work;
  private Path root;
  private Path empty;
  private Path seed;
  private final Closing ops = new Closing();

  /** Closes a store from within an operation: who ends that lets go of it, and then goes on. */
  private static final class Closing extends ObservedFileOps {
    private final AtomicReference<@Nullable WarmStartStore> closes = new AtomicReference<>();
    private volatile Path at = Path.of("nowhere");

    private Closing() {
      super(new UnsyncedFileOps());
    }

    void atFirstLookIn(Path root, WarmStartStore store) {
      at = root;
      closes.set(store);
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (op.path().startsWith(at.resolve(KEY.toHex()))) {
        WarmStartStore store = closes.getAndSet(null);
        if (store != null) {
          store.close();
        }
      }
      return whole.run();
    }
  }

  /** Ways to ask for what a seed has. */
  private enum Question {
    RANKED {
      @Override
      Optional<Entry> ask(WarmStartStore store) {
        return store.lookup(KEY, Ranking.LATEST);
      }
    },
    REUSED {
      @Override
      Optional<Entry> ask(WarmStartStore store) {
        Entry reused = new Entry();
        return store.lookup(KEY, Ranking.LATEST, reused) ? Optional.of(reused) : Optional.empty();
      }
    },
    NAMED {
      @Override
      Optional<Entry> ask(WarmStartStore store) {
        return store.lookup(KEY, "run");
      }
    },
    FINAL {
      @Override
      Optional<Entry> ask(WarmStartStore store) {
        return store.lookupFinal(KEY);
      }
    };

    abstract Optional<Entry> ask(WarmStartStore store);
  }

  @BeforeEach
  void makeRoots() throws IOException {
    root = Files.createDirectory(work.resolve("root")).toRealPath();
    empty = Files.createDirectory(work.resolve("empty")).toRealPath();
    seed = Files.createDirectory(work.resolve("seed")).toRealPath();
    WarmStartStore.open(empty).close();
    try (WarmStartStore store = WarmStartStore.open(seed)) {
      store.saveOverwrite(KEY, "run", new byte[] {7}, EntryAttributes.finalResult());
    }
  }

  private StoreOptions options() {
    return StoreOptions.defaults().withSeeds(List.of(empty, seed)).withFileOps(ops);
  }

  private static void assertSaysClosed(WarmStartStore store, IllegalStateException thrown) {
    assertEquals("the store is closed: root=" + store.root(), thrown.getMessage());
  }

  private void assertAnsweredWhenClosedAt(Path place, Question question) {
    WarmStartStore store = WarmStartStore.open(root, options());
    ops.atFirstLookIn(place, store);

    try (Entry found = question.ask(store).orElseThrow()) {
      assertEquals(7, found.payload().getByte(0));
      assertEquals(seed, found.root());
    }
    assertSaysClosed(store, assertThrows(IllegalStateException.class, () -> question.ask(store)));
  }

  @ParameterizedTest
  @EnumSource
  void aLookupThatIsInTheRootGoesOnToTheSeeds(Question question) {
    assertAnsweredWhenClosedAt(root, question);
  }

  @ParameterizedTest
  @EnumSource
  void aLookupThatIsInASeedGoesOnToTheNext(Question question) {
    assertAnsweredWhenClosedAt(empty, question);
  }

  @Test
  void aSeedsFinalResultIsFoundForAClaim() {
    WarmStartStore store = WarmStartStore.open(root, options());
    ops.atFirstLookIn(empty, store);

    try (Claim claim = store.claim(KEY)) {
      assertEquals(ClaimState.FINISHED, claim.state());
    }
  }

  /** No close waits for it: what comes after it is refused, by the name of the store. */
  @ParameterizedTest
  @EnumSource(names = {"RANKED", "REUSED", "NAMED"})
  void aLookupThatAsksTheRemoteIsToldWhatHasClosed(Question question) {
    RemoteOptions missing = RemoteOptions.of(work.resolve("remote").toUri());
    WarmStartStore store = WarmStartStore.open(root, options().withRemote(missing));
    ops.atFirstLookIn(root, store);

    assertSaysClosed(store, assertThrows(IllegalStateException.class, () -> question.ask(store)));
  }

  @Test
  void aClaimThatEndsWithItsStoreNamesIt() {
    WarmStartStore store = WarmStartStore.open(root);
    Claim claim = store.claim(KEY);
    store.close();

    IllegalStateException thrown =
        assertThrows(IllegalStateException.class, () -> claim.await(Duration.ZERO));

    assertTrue(thrown.toString().endsWith(" root=" + root), thrown.toString());
  }

  /** It was saved, and refused: whether a remote had it was asked of a store that had closed. */
  @Test
  void aSessionThatHasSavedItsFinalResultHasCompleted() {
    WarmStartStore store = WarmStartStore.open(root, options());
    Session session = store.session(KEY);
    ops.atFirstLookIn(root, store);

    session.complete(new byte[] {9}, 1, 1);

    assertThrows(IllegalStateException.class, () -> store.lookup(KEY, Ranking.LATEST));
    try (WarmStartStore again = WarmStartStore.open(root);
        Entry found = again.lookup(KEY, session.lastRunId()).orElseThrow()) {
      assertEquals(9, found.payload().getByte(0));
    }
  }
}
