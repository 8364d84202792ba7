package io.warmstart.process;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexChild;
import io.warmstart.index.IndexRoot;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** What the processes do that keep a stripe. */
final class KeptStripeChild {
  private KeptStripeChild() {}

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[1]);
    switch (args[0]) {
      case "keep" -> keepAndHold(directory, IndexRoot.key(Integer.parseInt(args[2])));
      case "unattached" -> sayUnattached(directory);
      case "turns" -> count(directory, Path.of(args[2]), Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Takes a stripe until it is kept. */
  static void keep(IndexRoot root, Digest256 key) {
    int stripe = StripeLocks.stripeOf(key);
    ControlFile file;
    do {
      root.stripes.acquire(key).close();
      file = root.processTable.current();
      // Without the file, none is.
    } while (file != null && file.bias(stripe) != Biases.of(file));
  }

  /** Keeps a key's stripe in use; takes it, and releases it, whenever it is told. */
  private static void keepAndHold(Path directory, Digest256 key) throws Exception {
    try (IndexRoot root = IndexRoot.open(directory)) {
      keep(root, key);
      System.out.println("kept");
      while (true) {
        while (System.in.available() == 0) {
          // One that is not taken for a while is given back.
          keep(root, key);
          Thread.sleep(20);
        }
        ForkedJvm.awaitParent();
        keep(root, key);
        try (StripeLocks.Hold hold = root.stripes.acquire(key)) {
          long since = System.nanoTime();
          System.out.println("held " + hold.heldAcrossProcesses() + "\nsince " + since);
          ForkedJvm.awaitParent();
        }
        System.out.println("released");
      }
    }
  }

  /** Is one that has no coordination file, and so cannot see who keeps a stripe. */
  private static void sayUnattached(Path directory) throws IOException {
    try (IndexRoot root = IndexRoot.open(directory)) {
      FileLock lock =
          Objects.requireNonNull(
              root.processTable.lockFile().tryLockShared(LockFile.UNATTACHED_BYTE));
      System.out.println("said " + lock.isShared());
      ForkedJvm.untilKilled();
    }
  }

  private static void count(Path directory, Path file, int turns) throws Exception {
    try (IndexRoot root = IndexRoot.open(directory)) {
      System.out.println("ready");
      ForkedJvm.awaitParent();
      int taken = countInTurns(root, file, turns);
      System.out.println("without " + root.counters.own(StoreCounter.FILES_ONLY));
      System.out.println("counted " + taken);
    }
  }

  /**
   * Counts on from what stands in a file, in turns of a hundred, between which others may; until
   * the stripe was kept once at the end of a turn, at least.
   *
   * @return how many turns there were
   */
  static int countInTurns(IndexRoot root, Path file, int least) throws IOException {
    MappedByteBuffer counter = IndexChild.map(file);
    boolean kept = false;
    int turns = 0;
    for (; turns < least || !kept; turns++) {
      for (int i = 0; i < 100; i++) {
        try (StripeLocks.Hold hold = root.stripes.acquire(IndexRoot.key(i % 2))) {
          long before = counter.getLong(0);
          for (int spin = 0; spin < 20; spin++) {
            Thread.onSpinWait();
          }
          counter.putLong(0, before + (hold.heldAcrossProcesses() ? 1 : 0));
        }
      }
      int stripe = ControlLayout.stripeOf(IndexRoot.key(0));
      kept |= root.controlFile().bias(stripe) == Biases.of(root.controlFile());
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(2_000_000));
    }
    return turns;
  }
}
