package io.warmstart.remote.copy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.warmstart.model.Payload;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EarlyPayloadTest {
  private static final String OBJECT = "key/run.bin";

  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger pieces = new AtomicInteger();

  private interface Body {
    void pour(Payload.Sink sink) throws IOException, InterruptedException;
  }

  private EarlyPayload early(Body body) {
    ObjectStore store =
        (ObjectStore)
            Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(),
                new Class<?>[] {ObjectStore.class},
                (proxy, method, arguments) -> {
                  requests.incrementAndGet();
                  body.pour(
                      (piece, count) -> {
                        ((Payload.Sink) arguments[1]).accept(piece, count);
                        pieces.incrementAndGet();
                      });
                  return null;
                });
    return new EarlyPayload(store, OBJECT);
  }

  @Test
  void whatWasReadIsTakenOnce() throws IOException {
    try (EarlyPayload early = early(sink -> sink.accept(new byte[] {1, 2}, 2))) {
      early.run();
      assertNull(early.take("key/other.bin", 2));
      FetchedPayload taken = early.take(OBJECT, 2);
      assertNotNull(taken);
      PayloadMemory memory = taken.load().memory();
      assertEquals(2, memory.length());
      memory.release();
      assertNull(early.take(OBJECT, 2));
    }
  }

  /** All threads may be busy: who takes it reads it, and nobody does so again. */
  @Test
  void whatWasNotBegunIsNotWaitedForAndNeverRead() throws IOException {
    EarlyPayload early = early(sink -> sink.accept(new byte[1], 1));
    assertNull(early.take(OBJECT, 1));
    early.run();
    assertEquals(0, requests.get());
  }

  @Test
  void whatIsLeftBeforeItHasBegunIsNeverRead() {
    EarlyPayload early = early(sink -> sink.accept(new byte[1], 1));
    early.close();
    early.run();
    assertEquals(0, requests.get());
  }

  /** All that was not wanted came to its end before. */
  @Test
  void whatIsLeftEndsWithItsNextPiece() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    EarlyPayload early =
        early(
            sink -> {
              sink.accept(new byte[1], 1);
              first.countDown();
              left.await();
              for (int piece = 0; piece < 10; piece++) {
                sink.accept(new byte[1], 1);
              }
            });
    Thread reads = new Thread(early);
    reads.start();
    first.await();
    early.close();
    left.countDown();
    reads.join();
    assertEquals(1, pieces.get());
  }

  @Test
  void whatIsTooLongIsReadNoFurtherAndIsTheTakersToRead() throws IOException {
    byte[] piece = new byte[1 << 20];
    try (EarlyPayload early =
        early(
            sink -> {
              for (int count = 0; count < 10; count++) {
                sink.accept(piece, piece.length);
              }
            })) {
      early.run();
      assertEquals(4, pieces.get());
      assertNull(early.take(OBJECT, 4));
    }
  }

  /** By its manifest it will not fit: it is not waited for. */
  @Test
  void whatIsKnownToBeTooLongIsNotWaitedFor() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch taken = new CountDownLatch(1);
    EarlyPayload early =
        early(
            sink -> {
              begun.countDown();
              taken.await();
            });
    Thread reads = new Thread(early);
    reads.start();
    begun.await();
    assertNull(early.take(OBJECT, EarlyPayload.MOST_BYTES + 1));
    taken.countDown();
    reads.join();
  }

  /** It would end a thread that has others to serve. */
  @Test
  void anErrorEndsNoThreadAndIsTheTakersToMeet() throws IOException {
    try (EarlyPayload early =
        early(
            sink -> {
              throw new OutOfMemoryError("heap");
            })) {
      early.run();
      assertNull(early.take(OBJECT, 1));
    }
  }

  @Test
  void aFailureIsThatOfWhoTakesIt() throws IOException {
    try (EarlyPayload early =
        early(
            sink -> {
              throw new IOException("reset");
            })) {
      early.run();
      assertEquals(
          "reset", assertThrows(IOException.class, () -> early.take(OBJECT, 1)).getMessage());
    }
  }
}
