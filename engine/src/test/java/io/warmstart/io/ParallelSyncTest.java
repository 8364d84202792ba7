package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ParallelSyncTest {
  @TempDir Path directory;
  private final List<String> synced = new ArrayList<>();
  private final Late threads = new Late();
  private final ParallelSync sync = new ParallelSync(threads);
  private @Nullable String failing;
  private FileOps.FileHandle first;
  private FileOps.FileHandle second;

  /** Threads that come when they are told to. */
  private static final class Late extends AbstractExecutorService {
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean full;

    @Override
    public void execute(Runnable task) {
      if (full) {
        throw new RejectedExecutionException();
      }
      waiting.add(task);
    }

    void come() {
      waiting.forEach(Runnable::run);
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return false;
    }
  }

  @BeforeEach
  void openFiles() throws IOException {
    FileOps ops =
        new ObservedFileOps(new UnsyncedFileOps()) {
          @Override
          protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
              throws IOException {
            String name = op.path().getFileName().toString();
            if (op.kind() == Kind.SYNC) {
              synced.add(name);
              if (name.equals(failing)) {
                throw new IOException(name);
              }
            }
            return whole.run();
          }
        };
    first = ops.createExclusive(directory.resolve("first"));
    second = ops.createExclusive(directory.resolve("second"));
  }

  @Test
  void whatNoThreadHasComeToIsSyncedByTheCallerOnce() throws IOException {
    ParallelSync.Pending pending = sync.begin(first);
    pending.with(second);
    threads.come();

    assertEquals(List.of("second", "first"), synced);
  }

  @Test
  void whatAThreadHasDoneIsNotDoneAgain() throws IOException {
    ParallelSync.Pending pending = sync.begin(first);
    threads.come();
    pending.with(second);

    assertEquals(List.of("first", "second"), synced);
  }

  @Test
  void whatIsNotWantedIsNotSyncedByALateThread() throws IOException {
    ParallelSync.Pending pending = sync.begin(first);

    assertNull(pending.settle());
    threads.come();

    assertEquals(List.of(), synced);
  }

  @Test
  void failureOfTheOtherThreadIsThrown() throws IOException {
    failing = "first";
    ParallelSync.Pending pending = sync.begin(first);
    threads.come();

    assertEquals("first", assertThrows(IOException.class, () -> pending.with(second)).getMessage());
    assertNull(pending.settle(), "told before");
  }

  @Test
  void failureThatNobodyHasWaitedForIsToldAsItSettles() throws IOException {
    failing = "first";
    ParallelSync.Pending pending = sync.begin(first);
    threads.come();

    assertEquals("first", Objects.requireNonNull(pending.settle()).getMessage());
  }

  @Test
  void withoutAThreadItIsSyncedAtOnceAndItsFailureThrownAtOnce() throws IOException {
    threads.full = true;
    ParallelSync.Pending pending = sync.begin(first);
    assertEquals(List.of("first"), synced);
    pending.with(second);
    assertEquals(List.of("first", "second"), synced);

    failing = "first";
    assertThrows(IOException.class, () -> sync.begin(first));
  }
}
