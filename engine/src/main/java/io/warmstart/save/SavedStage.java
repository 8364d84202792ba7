package io.warmstart.save;

import io.warmstart.runtime.BackgroundThread;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a caller has of a save in the background. What he makes depend on it runs where all of that
 * runs. A thread that waits for it or asks whether it is done needs no turn there: it may be what
 * others wait for.
 *
 * <p>So it has its end twice. {@link #outcome} is what all hear who wait or ask, and is set first
 * and once, by the save or by the caller; the future's own result is a copy of that, made in turn,
 * and lets go what depends on it.
 *
 * <p>{@code state}, which JDK 19 has added, is of the copy: its type is not there to override it.
 *
 * <p>Nobody else has this one, nor what {@link #toCompletableFuture} gives: it may be completed by
 * its caller.
 */
public final class SavedStage extends CompletableFuture<String> {
  private static final int MOST_ATTEMPTS = 1000;
  private static final long AGAIN_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** Completes where it is saved: nothing of a caller's depends on it. */
  private final CompletableFuture<String> saved;

  private final CompletableFuture<String> outcome = new CompletableFuture<>();

  private SavedStage(CompletableFuture<String> saved) {
    this.saved = saved;
  }

  /**
   * Makes one. Each has a turn of its own: what depends on one may wait for what depends on
   * another.
   *
   * @param saved completes at once, on whatever thread
   * @param ofCallers runs what belongs to callers
   */
  static SavedStage of(CompletableFuture<String> saved, Executor ofCallers) {
    SavedStage made = new SavedStage(saved);
    atEndOf(saved, made::decide);
    CompletionStage<String> inTurn = saved;
    inTurn.whenCompleteAsync(made::end, ofCallers);
    return made;
  }

  /**
   * Ends a future with a failure. Where there is no memory for that now it tries again, for ten
   * seconds at most: who waits would wait for ever.
   *
   * @return false if it has ended before
   */
  static boolean fail(CompletableFuture<String> future, Throwable failure) {
    for (int attempt = 1; ; attempt++) {
      try {
        // As of each stage that depends on another.
        return future.completeExceptionally(
            failure instanceof CompletionException ? failure : new CompletionException(failure));
      } catch (OutOfMemoryError e) {
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
        BackgroundThread.pause(AGAIN_AFTER_NANOS);
      }
    }
  }

  /** Of a stage: what is made to depend on a future may not be dropped, says the compiler. */
  private static void atEndOf(
      CompletionStage<String> stage, BiConsumer<@Nullable String, @Nullable Throwable> heard) {
    stage.whenComplete(heard);
  }

  /** Whether that is its end: not if it has one already. */
  private boolean decide(@Nullable String runId, @Nullable Throwable failure) {
    return failure == null ? outcome.complete(runId) : fail(outcome, failure);
  }

  private void end(@Nullable String runId, @Nullable Throwable failure) {
    // Its turn may come before those who wait have been told.
    decide(runId, failure);
    letGo(true);
  }

  /** Lets go what depends on it, if the outcome is decided. Of a success it needs no memory. */
  private boolean letGo(boolean decided) {
    if (decided && outcome.isCompletedExceptionally()) {
      atEndOf(outcome, (runId, failure) -> super.completeExceptionally(failure));
    } else if (decided) {
      super.complete(outcome.join());
    }
    return decided;
  }

  /** One that waits for something more, which is begun once it is saved, wherever that is. */
  public SavedStage then(Function<String, CompletionStage<String>> more, Executor ofCallers) {
    return of(saved.thenCompose(more), ofCallers);
  }

  @Override
  public CompletableFuture<String> toCompletableFuture() {
    SavedStage made = new SavedStage(outcome);
    atEndOf(outcome, made::decide);
    atEndOf(this, made::end);
    return made;
  }

  @Override
  public boolean complete(@Nullable String runId) {
    return letGo(outcome.complete(runId));
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return letGo(outcome.completeExceptionally(failure));
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    letGo(outcome.cancel(mayInterruptIfRunning));
    return isCancelled();
  }

  @Override
  public CompletableFuture<String> completeAsync(
      Supplier<? extends String> supplier, Executor executor) {
    atEndOf(
        CompletableFuture.supplyAsync(supplier::get, executor),
        (runId, failure) -> letGo(decide(runId, failure)));
    return this;
  }

  @Override
  public void obtrudeValue(@Nullable String runId) {
    outcome.obtrudeValue(runId);
    super.obtrudeValue(runId);
  }

  @Override
  public void obtrudeException(Throwable failure) {
    outcome.obtrudeException(failure);
    super.obtrudeException(failure);
  }

  @Override
  public String join() {
    return outcome.join();
  }

  @Override
  public String get() throws InterruptedException, ExecutionException {
    return outcome.get();
  }

  @Override
  public String get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    return outcome.get(timeout, unit);
  }

  @Override
  public @Nullable String getNow(@Nullable String ifAbsent) {
    return outcome.getNow(ifAbsent);
  }

  @Override
  public boolean isDone() {
    return outcome.isDone();
  }

  @Override
  public boolean isCompletedExceptionally() {
    return outcome.isCompletedExceptionally();
  }

  @Override
  public boolean isCancelled() {
    return outcome.isCancelled();
  }

  /** Overrides what JDK 19 has added: there it returns an object, once its type is erased. */
  public Object resultNow() {
    if (!isDone() || isCompletedExceptionally()) {
      throw new IllegalStateException(
          isDone() ? "it is not saved: it has failed or was cancelled" : "it is not done yet");
    }
    return outcome.join();
  }

  /** Overrides what JDK 19 has added. */
  public Throwable exceptionNow() {
    if (!isCompletedExceptionally() || isCancelled()) {
      throw new IllegalStateException(
          isDone() ? "it is saved or was cancelled" : "it is not done yet");
    }
    try {
      outcome.join();
      throw new IllegalStateException("it has been given another end meanwhile");
    } catch (CancellationException e) {
      throw new IllegalStateException("it was cancelled", e);
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      return cause == null ? e : cause;
    }
  }
}
