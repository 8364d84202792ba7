package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process is stopped in the moment in which it gives up segments of the dead. */
@Tag("slow")
@Tag("once")
@Timeout(120)
class StoppedGivingUpTest extends JournallingProcessFixture {
  private static final Fingerprint KEY = Payloads.key("k");
  private static final int MANY = 20;

  /** Holds the byte under which that is done, as the format says. */
  static final class Holder {
    public static void main(String[] arguments) throws IOException {
      try (FileChannel locks =
              FileChannel.open(
                  Path.of(arguments[0], ".warmstart", "locks"), StandardOpenOption.WRITE);
          FileLock turn = locks.lock(2049, 1, false)) {
        System.out.println("holds " + turn.isValid());
        ForkedJvm.untilKilled();
      }
    }
  }

  private long pairs() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(KEY.toHex()))) {
      return files.filter(each -> each.getFileName().toString().endsWith(".json")).count();
    }
  }

  /**
   * What waits for pairs of what the dead have left was told that there are, and there were not.
   */
  @Test
  void othersGoOnAfterAWhile() throws Exception {
    try (ForkedJvm child = start("many", "k", Durability.PROCESS_SAFE, MANY)) {
      child.awaitLine("saved");
      child.kill();
    }
    try (ForkedJvm holder = ForkedJvm.start(Holder.class, root.toString())) {
      assertEquals("true", holder.awaitLine("holds"));
      try (WarmStartStore store = WarmStartStore.open(root)) {
        int entries = store.contents(KEY).entries().size();
        assertEquals(entries, pairs());
        assertEquals(MANY + 1, entries);
      }
    }
  }
}
