package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.ClaimState;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Claims within one process: of its threads, its stores, and the files that it loses. */
@Timeout(120)
class ClaimTest {
  static final Duration LONG = Duration.ofMinutes(2);

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("claimed");

  private static FutureTask<ClaimState> waitingFor(Claim claim) {
    FutureTask<ClaimState> waiting = new FutureTask<>(() -> claim.await(LONG));
    Thread thread = new Thread(waiting, "waits for a claim");
    thread.setDaemon(true);
    thread.start();
    Await.until("it waits", () -> thread.getState() == Thread.State.TIMED_WAITING);
    return waiting;
  }

  @Test
  @SuppressWarnings("try")
  void oneOfAllWhoAskHasIt() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        WarmStartStore other = WarmStartStore.open(root);
        Claim first = store.claim(key);
        Claim again = store.claim(key);
        Claim ofOtherStore = other.claim(key);
        Claim ofOtherKey = other.claim(Payloads.key("another"))) {
      assertEquals(key, first.key());
      assertEquals(ClaimState.MINE, first.state());
      assertEquals(ClaimState.OTHERS, again.state());
      assertEquals(ClaimState.OTHERS, ofOtherStore.await(Duration.ZERO));
      assertEquals(ClaimState.MINE, ofOtherKey.state());
      assertEquals(OptionalLong.of(ProcessHandle.current().pid()), again.holder());

      FutureTask<ClaimState> waiting = waitingFor(again);
      first.close();
      first.close();

      assertEquals(ClaimState.MINE, waiting.get());
      assertEquals(ClaimState.OTHERS, first.state());
      assertFalse(first.lost(), "it was given back");
      assertThrows(IllegalStateException.class, () -> first.await(LONG));
    }
    try (WarmStartStore store = WarmStartStore.open(root);
        Claim claim = store.claim(key)) {
      assertEquals(ClaimState.MINE, claim.state(), "close had all given back");
      claim.close();
      assertEquals(OptionalLong.empty(), claim.holder());
    }
  }

  @Test
  @SuppressWarnings("try")
  void aFinalEndsTheWaitThoughTheKeyIsHeldStill() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        Claim held = store.claim(key);
        Claim waits = store.claim(key)) {
      store.save(key, new byte[10], EntryAttributes.checkpoint().withObjective(1));
      FutureTask<ClaimState> waiting = waitingFor(waits);
      assertEquals(ClaimState.OTHERS, waits.state(), "a checkpoint finishes nothing");

      store.save(key, new byte[10], EntryAttributes.finalResult().withObjective(2));

      assertEquals(ClaimState.FINISHED, waiting.get());
      assertEquals(ClaimState.MINE, held.state());
      held.close();
      try (Claim late = store.claim(key)) {
        assertEquals(ClaimState.FINISHED, late.state());
        assertEquals(ClaimState.FINISHED, late.await(LONG));
        assertEquals(OptionalLong.empty(), late.holder(), "what is finished nobody holds");
      }
      store.remove(key);
      try (Claim fresh = store.claim(key)) {
        assertEquals(ClaimState.MINE, fresh.state());
      }
    }
  }

  /** It never looked again: who went on to wait computed nothing, and had no final either. */
  @Test
  void aFinalThatIsRemovedFinishesNothingForWhoAsksAgain() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key, new byte[10], EntryAttributes.finalResult().withObjective(2));
      try (Claim claim = store.claim(key)) {
        assertEquals(ClaimState.FINISHED, claim.state());

        store.remove(key);

        assertEquals(ClaimState.MINE, claim.await(Duration.ZERO));
        assertEquals(OptionalLong.of(ProcessHandle.current().pid()), claim.holder());
      }
    }
  }

  @Test
  void theEndOfAStoreEndsItsClaimsAndTheirWaits() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        Claim held = store.claim(key)) {
      WarmStartStore closing = WarmStartStore.open(root);
      Claim others = closing.claim(Payloads.key("another"));
      FutureTask<ClaimState> waiting = waitingFor(closing.claim(key));

      closing.close();

      ExecutionException ended = assertThrows(ExecutionException.class, waiting::get);
      assertTrue(ended.getCause() instanceof IllegalStateException, ended::toString);
      assertEquals(ClaimState.OTHERS, others.state());
      assertThrows(IllegalStateException.class, () -> closing.claim(key));
      try (Claim next = store.claim(Payloads.key("another"))) {
        assertEquals(ClaimState.MINE, next.state());
        assertEquals(ClaimState.MINE, held.state());
      }
    }
  }

  @Test
  @SuppressWarnings("try")
  void anInterruptEndsTheWaitAndNothingElse() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        Claim held = store.claim(key);
        Claim waits = store.claim(key)) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> waits.await(LONG));
      assertFalse(Thread.interrupted(), "as of all that throw it");

      Thread waiter = Thread.currentThread();
      Thread interrupter =
          new Thread(
              () -> {
                Await.until("it waits", () -> waiter.getState() == Thread.State.TIMED_WAITING);
                waiter.interrupt();
              });
      interrupter.start();
      assertThrows(InterruptedException.class, () -> waits.await(LONG));
      interrupter.join();

      held.close();
      assertEquals(ClaimState.MINE, waits.await(LONG));
      Thread.currentThread().interrupt();
      try (Claim another = store.claim(Payloads.key("another"))) {
        assertTrue(Thread.interrupted(), "handed on");
        assertEquals(ClaimState.MINE, another.state());
      }
    }
  }

  @Test
  void aStoreForLookupsHasNoClaims() {
    WarmStartStore.open(root).close();
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertThrows(ReadOnlyStoreException.class, () -> store.claim(key));
    }
  }

  @Test
  void whatWentWithTheLocksIsTakenBack() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        Claim claim = store.claim(key)) {
      FileChannel.open(locks()).close();
      Await.until("the kernel has it again", () -> isMine(claim) && isShownAsMine(claim));

      Object before = Files.readAttributes(locks(), BasicFileAttributes.class).fileKey();
      removeLockFile();
      // The kernel shows that of the new file from then on.
      Await.until(
          "there is another lock file",
          () ->
              Files.exists(locks())
                  && !before.equals(
                      Files.readAttributes(locks(), BasicFileAttributes.class).fileKey()));
      Await.until("it is attached", () -> store.stats().liveProcesses() == 1);
      Await.until("the kernel has it again", () -> isMine(claim) && isShownAsMine(claim));
      try (WarmStartStore other = WarmStartStore.open(root);
          Claim again = other.claim(key)) {
        assertEquals(ClaimState.OTHERS, again.state());
      }
    }
  }

  private Path locks() {
    return root.resolve(".warmstart/locks");
  }

  private static boolean isMine(Claim claim) {
    return claim.state() == ClaimState.MINE && !claim.lost();
  }

  private static boolean isShownAsMine(Claim claim) {
    return claim.holder().equals(OptionalLong.of(ProcessHandle.current().pid()));
  }

  private void removeLockFile() throws Exception {
    Files.move(locks(), root.resolve("lock-file-of-before"));
  }

  /** To grant it in such a case would be to grant it to everybody. */
  @Test
  void withoutLocksNothingIsGranted() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        Claim claim = store.claim(key)) {
      removeLockFile();
      Files.createDirectory(locks());

      assertThrows(
          ClaimUnavailableException.class, () -> store.claim(Payloads.key("another")).close());
      Await.until("it was noticed", claim::lost);
      assertEquals(ClaimState.OTHERS, claim.state());
      assertThrows(ClaimUnavailableException.class, () -> claim.await(LONG));

      Files.delete(locks());
      assertEquals(ClaimState.MINE, claim.await(LONG));
      assertFalse(claim.lost());
    }
  }

  @Test
  void oneMachineDoesNotBindAnother() throws Exception {
    Path shared = Files.createDirectory(root.resolve("shared"));
    try (WarmStartStore here = open(shared, "here");
        WarmStartStore there = open(shared, "there");
        WarmStartStore alone = WarmStartStore.open(root.resolve("alone"));
        Claim one = here.claim(key);
        Claim same = here.claim(key);
        Claim other = there.claim(key);
        Claim local = alone.claim(key)) {
      assertEquals(ClaimState.MINE, one.state());
      assertEquals(ClaimState.OTHERS, same.state());
      assertEquals(ClaimState.MINE, other.state());
      assertTrue(one.onThisMachineOnly());
      assertFalse(local.onThisMachineOnly());
    }
  }

  private WarmStartStore open(Path shared, String machine) throws IOException {
    Path itsOwn = Files.createDirectory(root.resolve(machine));
    return WarmStartStore.open(shared, StoreOptions.defaults().withLocalDirectory(itsOwn));
  }
}
