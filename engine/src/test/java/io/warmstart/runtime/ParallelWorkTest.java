package io.warmstart.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParallelWorkTest {
  private final Set<Integer> done = ConcurrentHashMap.newKeySet();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  private static List<Integer> numbers(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private void note(int number) {
    assertTrue(done.add(number), "twice: " + number);
    threads.add(Thread.currentThread());
  }

  @Test
  void asManyAsAreAskedForWorkAtOnce() {
    CountDownLatch all = new CountDownLatch(3);
    ParallelWork.each(
        numbers(10),
        3,
        "work",
        number -> {
          note(number);
          all.countDown();
          Uninterrupted.await(
              () -> {
                all.await();
                return true;
              });
        });
    assertEquals(10, done.size());
    assertEquals(3, threads.size());
    assertTrue(threads.contains(Thread.currentThread()));
  }

  @Test
  void ofOneElementTheCallerDoesAllAndOfNoneNobodyDoesAnything() {
    ParallelWork.each(numbers(1), 3, "work", this::note);
    assertEquals(Set.of(Thread.currentThread()), threads);
    ParallelWork.each(List.of(), 3, "work", number -> note(-1));
    assertEquals(Set.of(0), done);
  }

  @Test
  void whatIsThrownKeepsNoOtherFromItsTurn() {
    for (int threads : new int[] {1, 3}) {
      done.clear();
      RuntimeException thrown = new IllegalStateException("of the third");
      assertSame(
          thrown,
          assertThrows(
              IllegalStateException.class,
              () ->
                  ParallelWork.each(
                      numbers(10),
                      threads,
                      "work",
                      number -> {
                        note(number);
                        if (number == 3) {
                          throw thrown;
                        }
                      })));
      assertEquals(10, done.size());
    }
  }

  @Test
  void anInterruptDoesNotEndItAndIsHandedOn() {
    Thread.currentThread().interrupt();
    ParallelWork.each(
        numbers(10),
        3,
        "work",
        number -> {
          note(number);
          Thread.yield();
        });
    assertEquals(10, done.size());
    assertTrue(Thread.interrupted());
  }
}
