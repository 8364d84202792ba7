package io.warmstart.io;

import java.io.IOException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * File operations between which something happens once: what it wraps may be the real ones, or
 * others that observe.
 */
public final class OnceBefore extends ObservedFileOps {
  private Predicate<FileOp> awaited = op -> false;
  private int left;
  private Step step = () -> {};

  /** What happens; may itself use the files, or never return. */
  public interface Step {
    void run() throws IOException;
  }

  /** On the real files. */
  public OnceBefore() {
    this(new NioFileOps());
  }

  public OnceBefore(FileOps delegate) {
    super(delegate);
  }

  /** The step will run before the n-th operation of those that are awaited, by any thread. */
  public synchronized void arm(Predicate<FileOp> operations, int nth, Step what) {
    awaited = operations;
    left = nth;
    step = what;
  }

  /** Whether it has happened. */
  public synchronized boolean done() {
    return left <= 0;
  }

  /** Others wait meanwhile, so that they see what the step has done or nothing of it. */
  private synchronized void runIfDue(FileOp op) throws IOException {
    if (left > 0 && awaited.test(op) && --left == 0) {
      step.run();
    }
  }

  @Override
  protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException {
    runIfDue(op);
    return whole.run();
  }
}
