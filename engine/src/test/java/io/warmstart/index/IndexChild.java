package io.warmstart.index;

import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** What the processes of the lock tests do. */
public final class IndexChild {
  private IndexChild() {}

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[1]);
    switch (args[0]) {
      case "attach" -> attach(directory);
      case "hold" -> hold(IndexRoot.open(directory), args[2]);
      case "hold-beside-store" -> hold(IndexRoot.openBesideStore(directory), args[2]);
      case "try" -> tryHolding(directory);
      case "count" -> count(directory, Path.of(args[2]), Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Attaches, says who it is, and stays until told to leave in order. */
  private static void attach(Path directory) throws IOException {
    try (IndexRoot root = IndexRoot.open(directory)) {
      System.out.println("pid " + ProcessHandle.current().pid());
      System.out.println("owner " + root.controlFile().owner().toText());
      ForkedJvm.awaitParent();
    }
    System.out.println("left");
    ForkedJvm.untilKilled();
  }

  /** Takes a key's stripe or that of the sweeps, announces and releases it when told. */
  private static void hold(IndexRoot opened, String key) throws IOException {
    try (IndexRoot root = opened) {
      System.out.println("pid " + ProcessHandle.current().pid());
      try (StripeLocks.Hold hold =
          key.equals("sweep")
              ? root.stripes.acquireSweep(IndexRoot.LONG_NANOS)
              : root.stripes.acquire(IndexRoot.key(Integer.parseInt(key)))) {
        System.out.println("held " + hold.heldAcrossProcesses());
        ForkedJvm.awaitParent();
      }
      System.out.println("released");
      ForkedJvm.untilKilled();
    }
  }

  /** Says whenever it is told whether it could take a key's stripe, and how many live. */
  private static void tryHolding(Path directory) throws IOException {
    try (IndexRoot root = IndexRoot.open(directory, 0)) {
      while (true) {
        ForkedJvm.awaitParent();
        try (StripeLocks.Hold hold = root.stripes.acquire(IndexRoot.key(0))) {
          System.out.println(
              "tried " + hold.heldAcrossProcesses() + " live " + root.processTable.liveProcesses());
        }
      }
    }
  }

  /** Counts on from what stands in a file, from two threads, under the lock of one key. */
  private static void count(Path directory, Path file, int times) throws Exception {
    try (IndexRoot root = IndexRoot.open(directory)) {
      System.out.println("ready");
      ForkedJvm.awaitParent();
      countOn(root, file, times, 2);
      System.out.println("counted " + root.counters.own(StoreCounter.FILES_ONLY));
    }
  }

  public static void countOn(IndexRoot root, Path file, int times, int threads) throws Exception {
    MappedByteBuffer counter = map(file);
    List<Thread> counting = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      Digest256 key = IndexRoot.key(thread);
      counting.add(
          new Thread(
              () -> {
                for (int i = 0; i < times; i++) {
                  try (StripeLocks.Hold hold = root.stripes.acquire(key)) {
                    long before = counter.getLong(0);
                    for (int spin = 0; spin < 100; spin++) {
                      Thread.onSpinWait();
                    }
                    counter.putLong(0, before + (hold.heldAcrossProcesses() ? 1 : 0));
                  }
                }
              }));
    }
    counting.forEach(Thread::start);
    for (Thread thread : counting) {
      thread.join();
    }
  }

  public static MappedByteBuffer map(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, 8);
    }
  }
}
