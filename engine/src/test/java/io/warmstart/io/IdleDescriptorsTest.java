package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class IdleDescriptorsTest {
  private final IdleDescriptors idle = new IdleDescriptors(1024);
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicInteger attempts = new AtomicInteger();

  /** Finds no descriptor until so many were closed. */
  private int openOnceFree(int needed) throws IOException {
    attempts.incrementAndGet();
    if (needed > 0 && held.get() > 0) {
      throw new FileSystemException("file", null, "Too many open files");
    }
    return needed;
  }

  @Test
  void anOpenThatFindsNoDescriptorRunsAgainOnceIdleOnesAreClosed() throws IOException {
    held.set(3);
    idle.add(() -> held.getAndSet(0));

    assertEquals(1, idle.opening(() -> openOnceFree(1)));
    assertEquals(2, attempts.get());
  }

  /** It was told of none, and failed, before the thread that had closed them had said so. */
  @Test
  void aThreadThatAsksWhileAnotherIsToldOfWhatWasClosedIsToldToo() throws Exception {
    CountDownLatch taken = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    held.set(3);
    idle.add(
        () -> {
          int closed = held.getAndSet(0);
          if (closed > 0) {
            taken.countDown();
            Await.until("both ask", () -> goesOn.getCount() == 0);
          }
          return closed;
        });
    FutureTask<Integer> first = new FutureTask<>(() -> idle.opening(() -> openOnceFree(1)));
    AtomicInteger steps = new AtomicInteger();
    FutureTask<Integer> second =
        new FutureTask<>(
            () ->
                idle.opening(
                    () -> {
                      if (steps.getAndIncrement() == 0) {
                        Await.until("the other was told", () -> taken.getCount() == 0);
                        throw new FileSystemException("file", null, "Too many open files");
                      }
                      return 2;
                    }));
    Thread waiting = new Thread(second);
    waiting.start();
    Await.until("its step has begun", () -> steps.get() > 0);
    new Thread(first).start();
    Await.until(
        "it asks, or has failed",
        () -> second.isDone() || waiting.getState() == Thread.State.BLOCKED);
    goesOn.countDown();

    assertEquals(1, first.get());
    assertEquals(2, second.get());
  }

  /** The application holds them all: trying for ever would hang it. */
  @Test
  void anOpenFailsWithItsOwnErrorIfNothingIsIdle() {
    FileSystemException full = new FileSystemException("file", null, "Too many open files");
    idle.add(() -> 0);

    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                idle.opening(
                    () -> {
                      attempts.incrementAndGet();
                      throw full;
                    }));
    assertSame(full, thrown);
    assertEquals(1, attempts.get());
  }

  @Test
  void anOpenThatFailsForAnotherReasonClosesNothing() {
    held.set(3);
    idle.add(() -> held.getAndSet(0));

    assertThrows(
        NoSuchFileException.class,
        () ->
            idle.opening(
                () -> {
                  throw new NoSuchFileException("file");
                }));
    assertThrows(
        FileSystemException.class,
        () ->
            idle.opening(
                () -> {
                  throw new FileSystemException("file", null, "Too many levels of symbolic links");
                }));
    assertEquals(3, held.get());
  }

  @Test
  void aHolderThatHasClosedIsNotAsked() {
    held.set(3);
    IdleDescriptors.Holder holder = () -> held.getAndSet(0);
    idle.add(holder);
    idle.remove(holder);

    assertThrows(FileSystemException.class, () -> idle.opening(() -> openOnceFree(1)));
  }

  /** A hundred stores that each keep their fill would keep all that there is. */
  @Test
  void holdersShareAFixedPartOfWhatTheProcessMayOpen() {
    idle.add(() -> 0);
    assertEquals(256, idle.allowance(512));
    assertEquals(100, idle.allowance(100));
    for (int more = 1; more < 8; more++) {
      idle.add(() -> 0);
    }
    assertEquals(32, idle.allowance(512));
    for (int more = 8; more < 1000; more++) {
      idle.add(() -> 0);
    }
    assertEquals(0, idle.allowance(512));
  }
}
