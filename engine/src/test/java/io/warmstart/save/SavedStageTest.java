package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.StoreException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a caller has of a save in the background is like any other stage, but for those who wait.
 */
@Timeout(60)
class SavedStageTest {
  private static final StoreException FAILURE = new StoreException("made up");

  private final CompletableFuture<String> saved = new CompletableFuture<>();
  private final List<Runnable> turns = new ArrayList<>();
  private final CompletionStage<String> stage = SavedStage.of(saved, turns::add);
  private final List<Object> ran = new ArrayList<>();

  @Test
  void whoWaitsGoesOnAndWhatDependsOnItWaitsForItsTurn() throws Exception {
    CompletableFuture<String> future = stage.toCompletableFuture();
    assertThrows(TimeoutException.class, () -> future.get(1, TimeUnit.MILLISECONDS));
    stage.thenAccept(ran::add);
    future.thenAccept(ran::add);
    Thread waits = new Thread(future::join);
    waits.start();

    saved.complete("run");

    waits.join();
    assertEquals("run", future.join());
    assertEquals("run", future.get());
    assertEquals("run", future.get(1, TimeUnit.MINUTES));
    assertEquals(List.of(), ran);
    turns.get(0).run();
    assertEquals(List.of("run", "run"), ran);
  }

  /** After get, isDone was false and getNow gave the other value, until its turn had come. */
  @Test
  void whoAsksIsToldWhatThoseAreWhoWait() throws Exception {
    CompletableFuture<String> future = stage.toCompletableFuture();
    assertFalse(future.isDone());
    assertEquals("not yet", future.getNow("not yet"));
    assertThrows(IllegalStateException.class, () -> added("resultNow", future));
    assertThrows(IllegalStateException.class, () -> added("exceptionNow", future));
    future.thenAccept(ran::add);

    saved.complete("run");

    assertTrue(future.isDone());
    assertEquals("run", future.getNow("not yet"));
    assertFalse(future.isCompletedExceptionally());
    assertEquals("run", added("resultNow", future));
    assertThrows(IllegalStateException.class, () -> added("exceptionNow", future));
    assertFalse(future.complete("another"));
    assertFalse(future.completeExceptionally(FAILURE));
    assertFalse(future.cancel(true));
    assertEquals("run", future.completeAsync(() -> "another", Runnable::run).get());
    assertEquals(List.of(), ran);
    turns.get(0).run();
    assertEquals(List.of("run"), ran);
    assertEquals("run", future.get());
  }

  /** As {@link CompletableFuture} has it, from JDK 19 on: before that as its method is named. */
  private static Object added(String name, CompletableFuture<String> future) throws Exception {
    boolean there =
        Stream.of(CompletableFuture.class.getMethods()).anyMatch(m -> m.getName().equals(name));
    Method method = (there ? CompletableFuture.class : SavedStage.class).getMethod(name);
    try {
      return method.invoke(future);
    } catch (InvocationTargetException e) {
      throw assertInstanceOf(RuntimeException.class, e.getCause());
    }
  }

  /** Each wait that timed out left something behind until the save had ended. */
  @Test
  void waitsThatTimeOutLeaveNothing() {
    CompletableFuture<String> future = stage.toCompletableFuture();
    int before = saved.getNumberOfDependents() + future.getNumberOfDependents();
    for (int i = 0; i < 100; i++) {
      assertThrows(TimeoutException.class, () -> future.get(1, TimeUnit.MICROSECONDS));
    }
    assertEquals(before, saved.getNumberOfDependents() + future.getNumberOfDependents());
  }

  @Test
  void aFailureIsWhatItIsOfAnyStageThatDependsOnAnother() throws Exception {
    CompletableFuture<String> future = stage.toCompletableFuture();
    saved.completeExceptionally(FAILURE);
    assertFailed(future);
    turns.get(0).run();
    assertFailed(future);
    stage.exceptionally(
        failure -> {
          ran.add(failure);
          return "";
        });
    assertSame(FAILURE, assertInstanceOf(CompletionException.class, ran.get(0)).getCause());
  }

  private static void assertFailed(CompletableFuture<String> future) throws Exception {
    assertTrue(future.isDone());
    assertTrue(future.isCompletedExceptionally());
    assertFalse(future.isCancelled());
    assertSame(FAILURE, added("exceptionNow", future));
    assertThrows(IllegalStateException.class, () -> added("resultNow", future));
    assertSame(
        FAILURE,
        assertThrows(CompletionException.class, () -> future.getNow("not yet")).getCause());
    assertSame(FAILURE, assertThrows(CompletionException.class, future::join).getCause());
    assertSame(FAILURE, assertThrows(ExecutionException.class, future::get).getCause());
    assertSame(
        FAILURE,
        assertThrows(ExecutionException.class, () -> future.get(1, TimeUnit.MINUTES)).getCause());
  }

  @Test
  void whatACallerDoesToHisIsHis() throws Exception {
    CompletableFuture<String> his = stage.toCompletableFuture();
    CompletableFuture<String> another = stage.toCompletableFuture();
    Thread waits = new Thread(() -> assertThrows(CancellationException.class, his::join));
    waits.start();
    his.cancel(true);
    waits.join();
    assertThrows(CancellationException.class, his::join);
    assertThrows(CancellationException.class, his::get);
    assertTrue(his.isCancelled());
    assertThrows(IllegalStateException.class, () -> added("exceptionNow", his));
    CompletableFuture<String> given = stage.toCompletableFuture();
    given.thenAccept(ran::add);
    assertTrue(given.complete("his"));
    CompletableFuture<String> later = stage.toCompletableFuture();
    later.thenAccept(ran::add);
    later.completeAsync(() -> "later", Runnable::run);
    assertEquals(List.of("his", "later"), ran);
    saved.complete("run");
    turns.get(0).run();
    assertEquals("run", another.join());
    assertEquals("his", given.join());
    assertEquals("his", given.toCompletableFuture().join());
    assertEquals("later", later.getNow("not yet"));
    another.obtrudeValue("forced");
    assertEquals("forced", another.join());
    assertEquals(List.of("his", "later"), ran);
  }

  @Test
  void moreThanThatItIsSavedIsWaitedForWithoutATurn() {
    CompletableFuture<String> more = new CompletableFuture<>();
    List<Runnable> ofMore = new ArrayList<>();
    CompletableFuture<String> future =
        SavedStage.of(saved, turns::add).then(runId -> more, ofMore::add).toCompletableFuture();
    future.thenAccept(ran::add);
    saved.complete("run");
    more.complete("run");
    assertEquals("run", future.join());
    assertEquals(List.of(), ran);
    ofMore.get(0).run();
    assertEquals(List.of("run"), ran);
  }

  /** Who waited did so for ever: a heap that is full may leave no room to tell of a failure. */
  @Test
  void aFailureIsToldOnceThereIsMemoryToTellIt() {
    AtomicInteger refusals = new AtomicInteger(3);
    CompletableFuture<String> future =
        new CompletableFuture<>() {
          @Override
          public boolean completeExceptionally(Throwable failure) {
            if (refusals.getAndDecrement() > 0) {
              throw new OutOfMemoryError("made up");
            }
            return super.completeExceptionally(failure);
          }
        };
    try {
      assertTrue(SavedStage.fail(future, FAILURE));
    } catch (OutOfMemoryError e) {
      // Which the test engine would not survive.
      throw new AssertionError("it was not tried again", e);
    }
    assertSame(FAILURE, assertThrows(CompletionException.class, future::join).getCause());
    assertFalse(SavedStage.fail(future, new StoreException("too late")));
  }
}
