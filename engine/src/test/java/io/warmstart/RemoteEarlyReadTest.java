package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteState;
import io.warmstart.policy.NamedLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * To fetch a winner took three requests, one after the other: the payload's name follows from the
 * listing, and so both halves are asked for at once.
 */
@Timeout(120)
class RemoteEarlyReadTest extends RemoteFixture {
  private static final String MANIFEST = "get manifest two";
  private static final String PAYLOAD = "get payload two";

  private DistantObjectStore distant;

  @BeforeEach
  void makeItDistant() {
    distant = new DistantObjectStore(place.objects(), true);
  }

  private void save(String runId, byte[] payload, double objective) {
    try (WarmStartStore two = machine("two")) {
      two.saveOverwrite(KEY, runId, payload, objective(objective));
      assertTrue(two.flushRemote(LONG));
    }
  }

  private void with(DistantObjectStore.Before before, Use use) throws Exception {
    with(
        distant.asObjectStore(),
        remote,
        (one, sends) -> {
          distant.before(before);
          use.of(one, sends);
        });
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IOException("nobody else has asked meanwhile");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Holds the manifest back until its payload was asked for. */
  private static DistantObjectStore.Before both(DistantObjectStore.Before then) {
    CountDownLatch asked = new CountDownLatch(1);
    return (request, nth) -> {
      if (request.equals(PAYLOAD)) {
        asked.countDown();
      } else if (request.equals(MANIFEST)) {
        await(asked);
      }
      then.request(request, nth);
    };
  }

  @Test
  void thePayloadIsReadWhileItsManifestIs() throws Exception {
    save("two", new byte[] {2}, 1);
    with(
        both((request, nth) -> {}),
        (one, sends) -> {
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(2, valueOf(one.lookup(KEY)));
          assertEquals("list", distant.requests().get(0));
          assertEquals(
              List.of(MANIFEST, PAYLOAD, "list"), distant.requests().stream().sorted().toList());
          assertEquals(0, sends.state().failures());
        });
  }

  @Test
  void soItIsForALookupOfARun() throws Exception {
    save("two", new byte[] {2}, 1);
    save("three", new byte[] {3}, 1);
    with(
        both((request, nth) -> {}),
        (one, sends) -> {
          assertTrue(sends.askNow(KEY.digest(), "two"));
          assertEquals(2, valueOf(one.lookup(KEY, "two")));
          assertEquals(3, distant.requests().size(), distant.requests().toString());
        });
  }

  /** A mounted directory answers at once, and has its own reads to do. */
  @Test
  void inADirectoryItIsReadOnceTheManifestHasWon() throws Exception {
    save("two", new byte[] {2}, 1);
    distant = new DistantObjectStore(place.objects(), false);
    Set<Thread> asking = ConcurrentHashMap.newKeySet();
    with(
        distant.asObjectStore(),
        remote,
        (one, sends) -> {
          distant.before((request, nth) -> asking.add(Thread.currentThread()));
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(List.of("list", MANIFEST, PAYLOAD), distant.requests());
          assertEquals(1, asking.size());
        });
  }

  /** Of what this machine has sent itself the payload would be read each time. */
  @Test
  void whatIsHereIsNotRead() throws Exception {
    with(
        (request, nth) -> {},
        (one, sends) -> {
          one.saveOverwrite(KEY, "two", new byte[] {2}, objective(1));
          sends.saved(KEY.digest(), "two");
          assertTrue(sends.flush(TimeUnit.SECONDS.toNanos(60)));
          distant.before((request, nth) -> {});
          assertFalse(sends.askNow(KEY.digest(), null));
          assertEquals(List.of("list", MANIFEST), distant.requests());
        });
  }

  /** A remote keeps what has expired: each process would read it once. */
  @Test
  void whatHasExpiredHereIsNotRead() throws Exception {
    save("two", new byte[] {2}, 1);
    NamedLimits limits =
        new NamedLimits(
            OptionalLong.empty(),
            Optional.of(Duration.ofNanos(1)),
            Optional.empty(),
            PolicyUse.THIS_STORE_ONLY,
            false);
    with(
        distant.asObjectStore(),
        remote,
        limits,
        (one, sends) -> {
          assertFalse(sends.askNow(KEY.digest(), null));
          assertEquals(List.of("list", MANIFEST), distant.requests());
        });
  }

  /** It would be read in vain for each lookup. */
  @Test
  void aWrongGuessIsMadeOnce() throws Exception {
    save("two", new byte[4096], 1);
    NamedLimits limits =
        new NamedLimits(
            OptionalLong.of(2048),
            Optional.empty(),
            Optional.empty(),
            PolicyUse.THIS_STORE_ONLY,
            false);
    with(
        distant.asObjectStore(),
        remote,
        limits,
        (one, sends) -> {
          distant.before(both((request, nth) -> {}));
          assertFalse(sends.askNow(KEY.digest(), null));
          assertEquals(1, distant.count(PAYLOAD));
          distant.before((request, nth) -> {});
          assertFalse(sends.askNow(KEY.digest(), null));
          assertEquals(List.of("list"), distant.requests());
          assertEquals(0, sends.state().failures());
        });
  }

  /** It may lose. */
  @Test
  void whatIsEarlierThanAnEntryHereIsReadOnceItsManifestHasWon() throws Exception {
    save("two", new byte[] {2}, 1);
    with(
        (request, nth) -> {},
        (one, sends) -> {
          one.saveOverwrite(KEY, "mine", new byte[] {1}, objective(2));
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(List.of("list", MANIFEST, PAYLOAD), distant.requests());
          assertEquals(2, valueOf(one.lookup(KEY, Ranking.LOWEST_OBJECTIVE)));
        });
  }

  /** The latest is no entry: its payload was asked for in vain, and is waited for by nobody. */
  @Test
  void aWrongGuessIsWaitedForByNobodyAndFailsNothing() throws Exception {
    save("other", new byte[] {1}, 1);
    save("two", new byte[] {2}, 1);
    put(
        objects().stream().filter(each -> each.matches(".*two.*json")).findAny().get(),
        "no manifest".getBytes(StandardCharsets.UTF_8));
    CountDownLatch until = new CountDownLatch(1);
    CountDownLatch failed = new CountDownLatch(1);
    with(
        both(
            (request, nth) -> {
              if (request.equals(PAYLOAD)) {
                await(until);
                failed.countDown();
                throw new IOException("reset");
              }
            }),
        (one, sends) -> {
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(1, valueOf(one.lookup(KEY)));
          until.countDown();
          await(failed);
          RemoteState state = sends.state();
          assertEquals(0, state.failures());
          assertEquals(1, state.refused());
          assertTrue(state.reachable());
          assertEquals(1, distant.count(PAYLOAD));
          assertEquals(1, distant.count("get payload other"));
        });
  }

  /** Five failures in a row open the breaker: two of one request would be three lookups. */
  @Test
  void aFailureOfThePayloadIsOneFailure() throws Exception {
    save("two", new byte[] {2}, 1);
    with(
        both(
            (request, nth) -> {
              if (request.equals(PAYLOAD)) {
                throw new IOException("reset");
              }
            }),
        (one, sends) -> {
          assertFalse(sends.askNow(KEY.digest(), null));
          assertEquals(1, distant.count(PAYLOAD));
          assertEquals(1, sends.state().failures());
          assertTrue(sends.state().reachable());
          distant.before((request, nth) -> {});
          assertTrue(sends.askNow(KEY.digest(), null));
          // Its manifest is known by now: one after the other is as fast.
          assertEquals(List.of("list", PAYLOAD), distant.requests());
        });
  }

  @Test
  void aFailureOfTheManifestIsOneFailureAndLeavesThePayload() throws Exception {
    save("two", new byte[] {2}, 1);
    with(
        both(
            (request, nth) -> {
              if (nth == 1 && !request.equals("list")) {
                throw new IOException("reset");
              }
            }),
        (one, sends) -> {
          assertFalse(sends.askNow(KEY.digest(), null));
          assertEquals(1, sends.state().failures());
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(2, valueOf(one.lookup(KEY)));
        });
  }

  @Test
  void aPayloadThatHasGoneIsLookedForOnceMore() throws Exception {
    save("two", new byte[] {2}, 1);
    with(
        both(
            (request, nth) -> {
              if (request.equals(PAYLOAD) && nth == 1) {
                throw new NoSuchFileException("two");
              }
            }),
        (one, sends) -> {
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(2, distant.count("list"));
          assertEquals(2, distant.count(PAYLOAD));
          assertEquals(0, sends.state().failures());
        });
  }

  /** Neither heap nor native memory may be wanting for what is not known to be wanted. */
  @Test
  void whereThereIsNoMemoryItIsReadAgain() throws Exception {
    save("two", new byte[] {2}, 1);
    with(
        both(
            (request, nth) -> {
              if (request.equals(PAYLOAD) && nth == 1) {
                throw new OutOfMemoryError("heap");
              }
            }),
        (one, sends) -> {
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(2, valueOf(one.lookup(KEY)));
          assertEquals(2, distant.count(PAYLOAD));
          assertEquals(0, sends.state().failures());
        });
  }

  @Test
  void whatIsTooLargeToBeReadInVainIsReadOnceItsManifestHasWon() throws Exception {
    byte[] payload = new byte[5 << 20];
    payload[payload.length - 1] = 7;
    payload[0] = 2;
    save("two", payload, 1);
    with(
        both((request, nth) -> {}),
        (one, sends) -> {
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(2, distant.count(PAYLOAD));
          try (Entry entry = one.lookup(KEY).orElseThrow()) {
            assertEquals(payload.length, entry.payloadLength());
            assertEquals(7, entry.payload().getByte(payload.length - 1));
          }
        });
  }

  @Test
  void aPayloadThatIsNotItsManifestsIsRefused() throws Exception {
    save("two", new byte[] {2}, 1);
    put(
        objects().stream().filter(each -> each.matches(".*two.*bin")).findAny().get(),
        new byte[] {9});
    with(
        both((request, nth) -> {}),
        (one, sends) -> {
          assertFalse(sends.askNow(KEY.digest(), null));
          assertEquals(1, sends.state().refused());
          assertEquals(List.of(), KeyFiles.of(one.root(), KEY).names());
        });
  }

  /** What fits into memory was written twice: into a file of its own, and as a pair. */
  @Test
  void noFileIsMadeForAPayloadThatFitsIntoMemory() throws Exception {
    save("two", new byte[1 << 20], 1);
    with(
        place.objects(),
        remote,
        (one, sends) -> {
          Path own = Files.createDirectories(one.root().resolve(".warmstart"));
          // Nothing can be made in it.
          Files.write(own.resolve("remote"), new byte[0]);
          assertTrue(sends.askNow(KEY.digest(), null));
          assertEquals(0, valueOf(one.lookup(KEY)));
        });
  }

  /** Its caller is let go, and what comes too late changes nothing. */
  @Test
  void aStoreThatClosesWaitsForNone() throws Exception {
    save("two", new byte[] {2}, 1);
    CountDownLatch until = new CountDownLatch(1);
    CompletableFuture<Thread> hangs = new CompletableFuture<>();
    with(
        both(
            (request, nth) -> {
              if (request.equals(PAYLOAD)) {
                hangs.complete(Thread.currentThread());
                while (until.getCount() > 0) {
                  // As a call that hangs in the kernel, which ends for no interrupt.
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                  Thread.interrupted();
                }
              }
            }),
        (one, sends) -> {
          Thread asks = new Thread(() -> sends.askNow(KEY.digest(), null));
          asks.start();
          try {
            Thread reads = hangs.get(20, TimeUnit.SECONDS);
            sends.close();
            asks.join();
            until.countDown();
            reads.join();
          } finally {
            until.countDown();
          }
          assertEquals(List.of(), KeyFiles.of(one.root(), KEY).names());
        });
  }
}
