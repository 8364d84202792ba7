package io.warmstart.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Payloads;
import io.warmstart.io.FileFacts;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of the pins is what their directory says. */
class PinsTest {
  @TempDir Path root;
  private final Digest256 key = Payloads.key("k").digest();
  private final AtomicInteger lists = new AtomicInteger();

  /** A disk whose times are those of a moment, whatever changes. */
  private final class Timeless extends ObservedFileOps {
    private final long changedNanos;

    Timeless(long changedNanos) {
      super(new NioFileOps());
      this.changedNanos = changedNanos;
    }

    @Override
    public FileFacts stat(Path path) throws IOException {
      FileFacts facts = super.stat(path);
      return new FileFacts(
          facts.regular(), facts.directory(), facts.size(), changedNanos, facts.identity());
    }

    @Override
    public long changedNanos(Path path) {
      return changedNanos;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (op.kind() == Kind.LIST) {
        lists.incrementAndGet();
      }
      return whole.run();
    }
  }

  private Pins pins(long changedNanos) {
    return new Pins(new Timeless(changedNanos), root, RacyWindow.SAME_CLOCK);
  }

  private void pin(String name) throws IOException {
    Files.createDirectories(root.resolve(".warmstart/pins"));
    Files.createFile(root.resolve(".warmstart/pins").resolve(name));
  }

  @Test
  void aDirectoryThatLooksUnchangedAndMayNotBeIsListedAgain() throws Exception {
    long wholeSecond = TimeUnit.SECONDS.toNanos(System.currentTimeMillis() / 1000 + 1);
    Pins pins = pins(wholeSecond);
    pin(key.toHex() + "+pin");
    assertEquals(Set.of(key), pins.look().keys());

    pin(key.toHex() + "+run+pin");

    assertEquals(Map.of(key, Set.of("run")), pins.look().runs());
  }

  @Test
  void oneThatHasNotChangedForLongIsNot() throws Exception {
    Pins pins = pins(TimeUnit.SECONDS.toNanos(1_000_000_000));
    pin(key.toHex() + "+pin");
    Pins.Known first = pins.look();
    assertEquals(Set.of(key), first.keys());

    assertSame(first, pins.look());
    assertEquals(1, lists.get());
  }

  @Test
  void namesThatAreNoPinsPinNothing() throws Exception {
    for (String name :
        new String[] {
          "+pin",
          key.toHex(),
          key.toHex() + "+run",
          key.toHex() + "run+pin",
          key.toHex() + "+.run+pin",
          key.toHex() + "+" + "r".repeat(129) + "+pin",
          key.toHex().substring(1) + "+pin",
          key.toHex().toUpperCase(Locale.ROOT) + "+pin",
          "x" + key.toHex().substring(1) + "+pin"
        }) {
      pin(name);
    }
    assertTrue(pins(0).look().isEmpty());
  }
}
