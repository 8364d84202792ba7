package io.warmstart.stress.worker;

import io.warmstart.Claim;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * A process that claims keys of a few without end, from two threads, and holds each for a moment;
 * of the last keys it saves a final result, so that each is computed once. Who else stands on the
 * {@link ClaimBoard} while it has a claim must be dead, or is told of in a complaint.
 *
 * <p>With a remote it is one of several machines, by a root of its own.
 */
@Command(name = ClaimCommand.NAME, hidden = true, description = "A worker of the scenario claims.")
public final class ClaimCommand implements Callable<Integer> {
  public static final String NAME = "claim-work";

  /** Keys that are held and given back. */
  public static final int HELD_KEYS = 12;

  /** Keys behind those, of which each is finished once. */
  public static final int FINISHED_KEYS = 500;

  public static final String COMPLAINT = "! ";

  /** What a line about a claim that was had begins with. */
  public static final String HAD = "had ";

  public static final String FINISHED = "finished ";

  private static final int MOST_HELD_MICROS = 3_000;

  // A claim in a remote takes far longer to have, so that others would seldom meet it.
  private static final int MOST_HELD_FAR_MICROS = 300_000;
  private static final int CONTENDED_KEYS = 3;

  private static final Duration MOST_WAIT = Duration.ofMillis(200);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** Longer than a process stands still on a machine that is busy. */
  public static final Duration LEASE = Duration.ofSeconds(6);

  private static final ClaimOptions OPTIONS = ClaimOptions.defaults().withLease(LEASE);

  private final Dialogue dialogue = new Dialogue();
  private final long self = ProcessHandle.current().pid();

  @Parameters(index = "0", paramLabel = "ROOT")
  private Path root;

  @Parameters(index = "1", paramLabel = "BOARD")
  private Path boardFile;

  @Parameters(index = "2", paramLabel = "SEED")
  private long seed;

  @Parameters(index = "3", arity = "0..1", paramLabel = "REMOTE")
  private @Nullable URI remote;

  @Override
  public Integer call() throws IOException, InterruptedException {
    dialogue.begin();
    ClaimBoard board = ClaimBoard.at(boardFile, HELD_KEYS + FINISHED_KEYS);
    try (WarmStartStore store = WarmStartStore.open(root, options(remote))) {
      Thread second = new Thread(() -> work(store, board, new SplittableRandom(~seed)), "second");
      second.start();
      work(store, board, new SplittableRandom(seed));
      second.join();
    }
    return 0;
  }

  /** Nothing is sent in the background: what is saved has to be there when its claim ends. */
  public static StoreOptions options(@Nullable URI remote) {
    StoreOptions options = StoreOptions.defaults();
    return remote == null
        ? options
        : options.withRemote(
            RemoteOptions.of(remote)
                .withPushInterval(Duration.ofHours(1))
                .withCheckInterval(Duration.ofMillis(10))
                .withDeadline(LEASE)
                .withFlushWait(Duration.ofSeconds(60)));
  }

  private void work(WarmStartStore store, ClaimBoard board, SplittableRandom random) {
    int next = 0;
    while (!dialogue.stopped()) {
      try {
        hold(store, board, random.nextInt(remote == null ? HELD_KEYS : CONTENDED_KEYS), random);
        // All begin with the same ones: so they meet.
        next = finish(store, board, next, random);
      } catch (StoreException | InterruptedException e) {
        dialogue.say(COMPLAINT + e);
      }
    }
  }

  private void hold(WarmStartStore store, ClaimBoard board, int key, SplittableRandom random)
      throws InterruptedException {
    try (Claim claim = store.claim(Names.key(key), OPTIONS)) {
      if (claim.await(random.nextBoolean() ? MOST_WAIT : Duration.ZERO) == ClaimState.MINE) {
        long before = stand(board, key);
        pause(random);
        if (!board.replace(key, self, 0) && !claim.lost()) {
          dialogue.say(COMPLAINT + "key " + key + ": another took it from a living holder");
        }
        dialogue.say(HAD + key + " " + before);
      }
    }
  }

  /** Takes the place on the board of the one who stands there, who must be dead or dying. */
  private long stand(ClaimBoard board, int key) {
    long before = board.at(key);
    long start = System.nanoTime();
    boolean met = false;
    while (before != 0 && isAlive(before) && !met) {
      LockSupport.parkNanos(100_000);
      // One that is being killed clears nothing, and is gone soon.
      met = board.at(key) != before || System.nanoTime() - start > PATIENCE_NANOS;
    }
    if (met || !board.replace(key, before, self)) {
      dialogue.say(COMPLAINT + "key " + key + ": two living holders: " + before + " and " + self);
      board.replace(key, board.at(key), self);
    }
    return before;
  }

  private int finish(WarmStartStore store, ClaimBoard board, int fit, SplittableRandom random)
      throws InterruptedException {
    int key = HELD_KEYS + fit;
    try (Claim claim = store.claim(Names.key(key), OPTIONS)) {
      if (claim.state() == ClaimState.MINE) {
        // Never cleared: who computes it again finds who has computed it before, who must be dead.
        stand(board, key);
        pause(random);
        save(store, Names.key(key));
        dialogue.say(FINISHED + fit);
      }
      return claim.state() == ClaimState.OTHERS ? fit : Math.min(fit + 1, FINISHED_KEYS - 1);
    }
  }

  private void save(WarmStartStore store, Fingerprint key) {
    EntryAttributes attributes = EntryAttributes.finalResult();
    if (remote == null) {
      store.save(key, new byte[100], attributes);
      return;
    }
    String runId =
        store.save(key, new byte[100], attributes.withAcknowledgement(Acknowledgement.REMOTE));
    if (store.acknowledgement(key, runId) != Acknowledgement.REMOTE) {
      dialogue.say(COMPLAINT + "a final result is not in the remote: " + key.toHex());
    }
  }

  private void pause(SplittableRandom random) {
    LockSupport.parkNanos(
        TimeUnit.MICROSECONDS.toNanos(
            random.nextInt(remote == null ? MOST_HELD_MICROS : MOST_HELD_FAR_MICROS)));
  }

  /** A zombie holds nothing, nor does who is being killed for long. */
  private static boolean isAlive(long pid) {
    try {
      String status = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return !status.substring(status.lastIndexOf(')')).startsWith(") Z");
    } catch (IOException e) {
      return false;
    }
  }
}
