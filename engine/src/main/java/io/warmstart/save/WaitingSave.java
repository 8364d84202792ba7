package io.warmstart.save;

import io.warmstart.format.Run;
import io.warmstart.model.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A save that was handed in, and waits for the thread that makes it. */
final class WaitingSave {
  /**
   * What is left of a save that has ended: its payload is not kept until somebody has heard of it.
   * Made when it is handed in: there may be no memory for it later.
   */
  static final class Stage {
    private final CompletableFuture<String> saved = new CompletableFuture<>();
    private final String runId;

    // Of the thread, until it is completed.
    boolean isSaved;
    @Nullable Throwable failure;

    private Stage(String runId) {
      this.runId = runId;
    }

    boolean hasEnded() {
      return isSaved || failure != null;
    }

    /**
     * For one of its callers.
     *
     * @param ofCallers runs what he makes depend on it
     */
    SavedStage ofCaller(Executor ofCallers) {
      return SavedStage.of(saved, ofCallers);
    }

    /** Lets go who waits for it, and what depends on it in its turn. */
    void complete() {
      if (isSaved) {
        saved.complete(runId);
      } else {
        SavedStage.fail(
            saved,
            failure != null
                ? failure
                : new StoreException("a save in the background was given up"));
      }
    }
  }

  final SaveFlow flow;
  final Run run;
  final Stage stage;

  /** Under the monitor of the queue until the thread has taken it. */
  Save save;

  /** Of the thread: what is to be finished. */
  SaveFlow.@Nullable Begun begun;

  WaitingSave(SaveFlow flow, Save save) {
    this.flow = flow;
    this.run = new Run(save.key().digest(), save.runId());
    this.stage = new Stage(save.runId());
    this.save = save;
  }

  long length() {
    return save.source().length();
  }
}
