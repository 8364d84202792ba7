package io.warmstart.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.testing.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callbacks run in order, and none keeps those behind it from running for good. */
@Timeout(60)
@Tag("once")
class CallbackRelayTest {
  private final AtomicInteger toldStuck = new AtomicInteger();
  private final CallbackRelay relay =
      new CallbackRelay("relay-under-test", toldStuck::incrementAndGet);

  @Test
  void allRunInOrder() throws Exception {
    List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch all = new CountDownLatch(10_000);
    for (int n = 0; n < 10_000; n++) {
      int number = n;
      relay.execute(
          () -> {
            ran.add(number);
            all.countDown();
            if (number % 1000 == 0) {
              Thread.currentThread().interrupt();
              throw new IllegalStateException("what a callback throws is its own");
            }
          });
    }
    all.await();
    assertEquals(IntStream.range(0, 10_000).boxed().toList(), ran);
  }

  /** Each waits for the next, which never ran. */
  @Test
  void callbacksThatWaitForEachOtherAllEnd() throws Exception {
    CyclicBarrier met = new CyclicBarrier(CallbackRelay.MOST_THREADS / 2);
    CountDownLatch ended = new CountDownLatch(met.getParties() + 1);
    for (int n = 0; n < met.getParties(); n++) {
      relay.execute(
          () -> {
            try {
              met.await();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            ended.countDown();
          });
    }
    relay.execute(ended::countDown);

    ended.await();

    Await.until("the threads end", () -> threads() == 0);
    CountDownLatch again = new CountDownLatch(1);
    relay.execute(again::countDown);
    again.await();
  }

  /** Once one of the most that there may be is free, it goes on. */
  @Test
  void moreThanThereAreThreadsForWaitForOneThatEnds() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch others = new CountDownLatch(1);
    CountDownLatch behind = new CountDownLatch(1);
    for (int n = 0; n < CallbackRelay.MOST_THREADS; n++) {
      CountDownLatch awaited = n == 0 ? first : others;
      relay.execute(
          () -> {
            try {
              awaited.await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
    }
    relay.execute(behind::countDown);
    Await.until("all wait", () -> waiting() == CallbackRelay.MOST_THREADS);
    assertEquals(1, behind.getCount());
    // Nothing more is handed in, which would have somebody look.
    Await.until("it is told", () -> toldStuck.get() > 0);

    first.countDown();

    behind.await();
    int told = toldStuck.get();
    others.countDown();
    relay.close();
    Await.until("the threads end", () -> threads() == 0);
    assertEquals(told, toldStuck.get(), "only as long as it is so");
  }

  /** Closed, it has nobody wait, and runs what is there and what comes. */
  @Test
  void oneThatIsClosedRunsAllAndKeepsNoThread() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(3);
    relay.execute(
        () -> {
          Uninterrupted.await(
              () -> {
                blocked.await();
                return true;
              });
          ended.countDown();
        });
    relay.execute(ended::countDown);

    relay.close();

    blocked.countDown();
    relay.execute(ended::countDown);
    ended.await();
    Await.until("the threads end", () -> threads() == 0);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().equals("relay-under-test"))
        .count();
  }

  private static long waiting() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getName().equals("relay-under-test"))
        .filter(each -> List.of(each.getValue()).toString().contains("CountDownLatch"))
        .count();
  }
}
