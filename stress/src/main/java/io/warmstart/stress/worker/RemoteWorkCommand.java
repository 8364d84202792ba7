package io.warmstart.stress.worker;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.RemoteOptions;
import io.warmstart.stress.history.Version;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * A process of one of two machines that share a remote. A saver overwrites runs of its own, and
 * writes on a board what has returned and what the remote has acknowledged; a reader looks up all
 * keys, and complains if it finds less than the board says.
 */
@Command(
    name = RemoteWorkCommand.NAME,
    hidden = true,
    description = "A worker of the scenarios with a remote.")
public final class RemoteWorkCommand implements Callable<Integer> {
  public static final String NAME = "remote-work";
  public static final String SAVER = "save";
  public static final String READER = "read";

  /** Keys that each saver has. */
  public static final int KEYS = 4;

  public static final int MOST_PAYLOAD_BYTES = 30_000;
  public static final String READY = "ready";
  public static final String COMPLAINT = "! ";

  /** What a line begins with that counts something. */
  public static final String COUNT = "count ";

  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final Dialogue dialogue = new Dialogue();

  @Parameters(index = "0", paramLabel = "ROLE")
  private String role;

  @Parameters(index = "1", paramLabel = "ROOT")
  private Path root;

  @Parameters(index = "2", paramLabel = "URL")
  private URI url;

  @Parameters(index = "3", paramLabel = "BOARD")
  private Path boardFile;

  @Parameters(index = "4", paramLabel = "SAVERS")
  private int savers;

  @Parameters(index = "5", paramLabel = "SLOT")
  private int slot;

  @Parameters(index = "6", paramLabel = "WORKER")
  private int worker;

  @Parameters(index = "7", paramLabel = "SEED")
  private long seed;

  @Parameters(index = "8", paramLabel = "WAIT_MILLIS")
  private long waitMillis;

  /** Where on the board it stands what the remote has of a key. */
  public static int sent(int key) {
    return key;
  }

  /** Where it stands what the key's own machine has. */
  public static int saved(int savers, int key) {
    return savers * KEYS + key;
  }

  /** The board of so many savers. */
  public static ClaimBoard board(Path file, int savers) throws IOException {
    return ClaimBoard.at(file, 2 * savers * KEYS);
  }

  /** How the machines use their remote. */
  public static RemoteOptions remote(URI url, Duration wait) {
    return RemoteOptions.of(url)
        .withPushInterval(INTERVAL)
        .withCheckInterval(INTERVAL)
        .withDeadline(wait)
        .withFlushWait(wait);
  }

  @Override
  public Integer call() throws IOException {
    dialogue.begin();
    ClaimBoard board = board(boardFile, savers);
    try (WarmStartStore store =
        WarmStartStore.open(
            root,
            StoreOptions.defaults()
                .withTtl(Duration.ZERO)
                .withRemote(remote(url, Duration.ofMillis(waitMillis))))) {
      dialogue.say(READY);
      RemoteWorkload work =
          new RemoteWorkload(
              store,
              board,
              savers,
              slot,
              new SplittableRandom(seed),
              dialogue::stopped,
              dialogue::say);
      if (role.equals(SAVER)) {
        work.save(worker, Duration.ofMillis(waitMillis));
      } else {
        work.read();
      }
    }
    return 0;
  }

  /** What is wrong with an entry; empty if it is whole, and of one version. */
  public static String complaint(Entry entry, int key) {
    long version = entry.iteration().orElse(0);
    if (!entry.runId().equals(Names.sharedRun(key / KEYS))
        || entry.objective().orElse(-1) != Version.objective(version)
        || entry.payloadLength() < Version.HEADER_LENGTH
        || entry.payload().getLong(0, ByteOrder.LITTLE_ENDIAN) != version) {
      return "a mixture: manifest of " + Version.text(version);
    }
    return Version.complaint(entry.payload(), key / KEYS, key, MOST_PAYLOAD_BYTES);
  }
}
