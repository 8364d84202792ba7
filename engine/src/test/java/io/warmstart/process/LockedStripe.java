package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexChild;
import io.warmstart.index.IndexRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A process that is attached, and others that hold its stripes. */
public abstract class LockedStripe {
  public static final int STRIPE = StripeLocks.stripeOf(IndexRoot.key(0));
  public static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
  public @TempDir Path parent;
  public Path directory;
  public IndexRoot self;

  @BeforeEach
  void attach() throws IOException {
    directory = parent.resolve(".warmstart");
    self = IndexRoot.open(directory);
  }

  @AfterEach
  void leave() {
    self.close();
  }

  void reattach(long lockTimeoutNanos) throws IOException {
    self.close();
    self = IndexRoot.open(directory, lockTimeoutNanos);
  }

  ForkedJvm forkHolder(String key) throws Exception {
    ForkedJvm holder = ForkedJvm.start(IndexChild.class, "hold", directory.toString(), key);
    assertEquals("true", holder.awaitLine("held"));
    return holder;
  }

  long state() {
    return self.controlFile().intentState(STRIPE);
  }
}
