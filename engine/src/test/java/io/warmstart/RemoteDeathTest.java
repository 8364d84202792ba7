package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Processes that die while they send: the next on their root sends what they have left. */
@Tag("slow")
@Tag("once")
@ExtendWith(Seeds.class)
class RemoteDeathTest extends RemoteFixture {
  private static final int KILLS = Rounds.times(6);

  /** Saves versions of a run for ever, has each sent, and says so. */
  static final class Sender {
    private Sender() {}

    public static void main(String[] arguments) throws IOException {
      Path told = Path.of(arguments[3]);
      RemoteOptions remote =
          RemoteOptions.of(URI.create(arguments[1])).withPushInterval(Duration.ofHours(1));
      try (WarmStartStore store =
          WarmStartStore.open(Path.of(arguments[0]), StoreOptions.defaults().withRemote(remote))) {
        for (int version = Integer.parseInt(arguments[2]); ; version++) {
          byte[] payload =
              ByteBuffer.allocate(40_000).putInt(version).putInt(39_996, version).array();
          store.saveOverwrite(Payloads.key("fit"), "run", payload, EntryAttributes.checkpoint());
          tell(told, "saved " + version);
          if (store.flushRemote(Duration.ofSeconds(30))) {
            tell(told, "sent " + version);
            System.out.println("sent");
          }
        }
      }
    }
  }

  private static void tell(Path told, String line) throws IOException {
    Files.writeString(told, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static int version(WarmStartStore store) {
    try (Entry entry = store.lookupLatest(Payloads.key("fit")).orElseThrow()) {
      ByteBuffer payload = ByteBuffer.wrap(Payloads.bytes(entry));
      assertEquals(40_000, payload.capacity());
      assertEquals(payload.getInt(0), payload.getInt(39_996), "a mixture");
      return payload.getInt(0);
    }
  }

  @Test
  void whatWasAcknowledgedIsThereAndTheRestIsSentByTheNext(Random random) throws Exception {
    Path root = Files.createDirectory(work.resolve("root"));

    RemoteOptions with = RemoteOptions.of(place.url());
    int version = 1;
    for (int kill = 0; kill < KILLS; kill++) {
      Path told = work.resolve("told" + kill);
      try (ForkedJvm child =
          ForkedJvm.start(
              Sender.class,
              root.toString(),
              place.url().toString(),
              Integer.toString(version),
              told.toString())) {
        child.awaitLine("sent");
        LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(40)));
        child.kill();
      }
      int sent = last(told, "sent ");
      int saved = last(told, "saved ");
      try (WarmStartStore other = WarmStartStore.open(work.resolve("other" + kill))) {
        SyncReport report = other.sync(with, SyncDirection.PULL, List.of(), false);
        assertEquals(List.of(), report.problems());
        int found = version(other);
        assertTrue(found >= sent && found <= saved + 1, sent + "<=" + found + "<=" + saved);
      }
      try (WarmStartStore next =
              WarmStartStore.open(root, StoreOptions.defaults().withRemote(with));
          WarmStartStore third =
              WarmStartStore.open(
                  work.resolve("third" + kill), StoreOptions.defaults().withRemote(with))) {
        assertTrue(next.flushRemote(Duration.ofSeconds(30)));
        int here = version(next);
        assertTrue(here >= saved, here + ">=" + saved);
        assertEquals(here, version(third));
        version = here + 1;
      }
    }
  }

  private static int last(Path told, String word) throws IOException {
    return Files.readAllLines(told).stream()
        .filter(line -> line.startsWith(word))
        .mapToInt(line -> Integer.parseInt(line.substring(word.length())))
        .max()
        .orElseThrow();
  }
}
