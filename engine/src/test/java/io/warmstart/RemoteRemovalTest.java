package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.process.StripeLocks;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Removals beside those who send and fetch, and such as fail on the way. */
@Timeout(120)
class RemoteRemovalTest extends RemoteFixture {
  private static final int SAVERS = 12;

  private void saveInFiles(Fingerprint key, String run, int value) {
    try (WarmStartStore one =
        WarmStartStore.open(
            work.resolve("one"), StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      one.saveOverwrite(key, run, new byte[] {(byte) value}, objective(value));
    }
  }

  private static boolean isParked(String thread) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().equals(thread))
        .allMatch(
            each ->
                each.getState() == Thread.State.WAITING
                    || each.getState() == Thread.State.TIMED_WAITING);
  }

  private static long threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().equals(name))
        .count();
  }

  /**
   * A removal was done by the threads that send, and those stood where the remover let none in: it
   * failed after its whole wait, on a remote that answered in milliseconds, and so did the saves.
   */
  @Test
  void itComesBetweenManySavesThatWaitForTheRemote() throws Exception {
    saveInFiles(KEY, "victim", 1);
    for (int saver = 0; saver < SAVERS; saver++) {
      saveInFiles(Payloads.key("saver " + saver), "run", saver);
    }
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean armed = new AtomicBoolean();
    ObjectStore slow =
        HookedObjectStore.of(
            ObjectStores.open(place.url()),
            (call, name) -> {
              if (armed.compareAndSet(true, false)) {
                begun.countDown();
                goOn.await();
              }
            });
    with(
        slow,
        remote.withFlushWait(Duration.ofSeconds(10)),
        (one, sends) -> {
          assertTrue(sends.acknowledge(KEY.digest(), "victim"));
          armed.set(true);
          List<CompletableFuture<Boolean>> answers = new ArrayList<>();
          answers.add(sends.acknowledgeLater(Payloads.key("saver 0").digest(), "run"));
          begun.await();
          FutureTask<Integer> removal =
              new FutureTask<>(
                  () ->
                      sends.remove(
                          KEY.digest(), "victim", () -> one.remove(KEY, "victim") ? 1 : 0));
          Thread remover = new Thread(removal);
          remover.start();
          Await.until(
              "it waits for those who send",
              () -> remover.getState() == Thread.State.TIMED_WAITING);
          for (int saver = 1; saver < SAVERS; saver++) {
            answers.add(sends.acknowledgeLater(Payloads.key("saver " + saver).digest(), "run"));
          }
          Await.until(
              "all who send wait",
              () ->
                  threads("warmstart-remote-transfer") >= 4
                      && isParked("warmstart-remote-transfer"));
          goOn.countDown();

          assertEquals(1, removal.get());
          for (CompletableFuture<Boolean> each : answers) {
            assertTrue(each.get());
          }
          assertTrue(sends.state().reachable());
        });
    assertEquals(2 * SAVERS, objects().size(), objects().toString());
  }

  /** It went on without the lock, long after it had failed, and removed what it was to remove. */
  @Test
  void whatHasFailedForLackOfAnAnswerRemovesNothingMoreAndIsSentAgain() throws Exception {
    for (String hangs : List.of("list", "delete")) {
      saveInFiles(KEY, "run", 1);
      CountDownLatch answers = new CountDownLatch(1);
      AtomicBoolean armed = new AtomicBoolean();
      ObjectStore hanging =
          HookedObjectStore.of(
              ObjectStores.open(place.url()),
              (call, name) -> {
                if (armed.get() && call.equals(hangs)) {
                  answers.await();
                }
              });
      with(
          hanging,
          remote.withFlushWait(Duration.ofMillis(200)),
          (one, sends) -> {
            sends.saved(KEY.digest(), "run");
            assertTrue(sends.flush(LONG.toNanos()));
            List<String> before = objects();
            assertEquals(2, before.size());
            armed.set(true);
            assertThrows(
                StoreException.class,
                () -> sends.remove(KEY.digest(), "run", () -> one.remove(KEY, "run") ? 1 : 0));
            armed.set(false);
            // What is asked for by now may go yet: of the key nothing can be said.
            assertFalse(sends.flush(LONG.toNanos()));
            answers.countDown();
            Await.until("it has ended", () -> threads("warmstart-remote-removal") == 0);

            assertTrue(sends.flush(LONG.toNanos()));
            assertEquals(before, objects(), hangs);
            assertEquals(1, valueOf(one.lookup(KEY)));
          });
    }
  }

  /** A manifest could not be unlinked here: the remote had lost it, and nobody sent it again. */
  @Test
  void whatCannotBeRemovedHereIsInTheRemoteAgain() throws Exception {
    saveInFiles(KEY, "run", 1);
    with(
        ObjectStores.open(place.url()),
        remote,
        (one, sends) -> {
          assertTrue(sends.flush(LONG.toNanos()));
          List<String> before = objects();
          assertEquals(2, before.size());
          assertEquals(1, marks().size());
          assertThrows(
              StoreException.class,
              () ->
                  sends.remove(
                      KEY.digest(),
                      "run",
                      () -> {
                        throw new StoreException("it stays");
                      }));
          assertEquals(List.of(), objects());
          // The next process looks at it too, should this one send nothing any more.
          assertEquals(List.of(), marks());
          assertTrue(sends.flush(LONG.toNanos()));
          assertEquals(before, objects());
        });
  }

  private List<String> marks() throws IOException {
    try (Stream<Path> files = Files.list(work.resolve("one/.warmstart/remote"))) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(each -> each.startsWith("pushed-"))
          .toList();
    }
  }

  /** Each store knew only of its own removals. */
  @Test
  void aFetchBringsNothingBackThatAnotherStoreOfTheRootHasRemovedMeanwhile() throws Exception {
    try (WarmStartStore other = machine("other")) {
      other.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(other.flushRemote(LONG));
    }
    try (WarmStartStore sibling = machine("one")) {
      ObjectStore slow =
          HookedObjectStore.of(
              ObjectStores.open(place.url()),
              (call, name) -> {
                if (call.equals("get") && name.endsWith(".bin")) {
                  assertEquals(0, sibling.remove(KEY));
                }
              });
      with(
          slow,
          remote,
          (one, fetches) -> {
            assertFalse(fetches.askNow(KEY.digest(), null));
            assertEquals(List.of(), one.contents(KEY).entries());
          });
    }
    assertEquals(List.of(), objects());
  }

  /** What counts removals counts them for many keys. */
  @Test
  void aFetchGoesOnWhereSomethingElseWasRemovedMeanwhile() throws Exception {
    try (WarmStartStore other = machine("other")) {
      other.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(other.flushRemote(LONG));
    }
    saveInFiles(ofSameStripe(), "old", 9);
    ObjectStore slow =
        HookedObjectStore.of(
            ObjectStores.open(place.url()),
            (call, name) -> {
              if (call.equals("get") && name.endsWith(".bin")) {
                try (WarmStartStore sibling = WarmStartStore.open(work.resolve("one"))) {
                  assertTrue(sibling.remove(ofSameStripe(), "old"));
                }
              }
            });
    with(
        slow,
        remote,
        (one, fetches) -> {
          assertTrue(fetches.askNow(KEY.digest(), null));
          assertEquals(1, valueOf(one.lookup(KEY)));
        });
  }

  private static Fingerprint ofSameStripe() {
    Digest256 key = KEY.digest();
    Digest256 other = Digest256.ofWords(~key.word(0), key.word(1), key.word(2), key.word(3));
    assertEquals(StripeLocks.stripeOf(key), StripeLocks.stripeOf(other));
    return Fingerprint.ofDigest(other);
  }
}
