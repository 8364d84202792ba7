package io.warmstart.io;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** File operations with a step before each, which may look, wait, or fail in its place. */
public final class WatchedFileOps extends ObservedFileOps {
  private volatile Step step;

  /** What happens before an operation, in the thread that asks for it. */
  public interface Step {
    void before(FileOp op) throws IOException;
  }

  /** On the real files; nothing happens until there is something to {@link #watch}. */
  public WatchedFileOps() {
    this(op -> {});
  }

  /** On the real files. */
  public WatchedFileOps(Step step) {
    this(new NioFileOps(), step);
  }

  public WatchedFileOps(FileOps delegate, Step step) {
    super(delegate);
    this.step = step;
  }

  /** From now on this happens instead. */
  public void watch(Step other) {
    step = other;
  }

  /** From now on nothing happens. */
  public void rest() {
    step = op -> {};
  }

  @Override
  protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException {
    step.before(op);
    return whole.run();
  }
}
