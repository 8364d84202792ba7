package io.warmstart;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.agrona.MutableDirectBuffer;

/**
 * The main class of processes that have reserved a save when they are killed, or when their store
 * is closed.
 */
final class ReservingProcess {
  private ReservingProcess() {}

  /**
   * Reserves a version, saves others behind it, and then, when told to, does what it is told by its
   * last argument: commit, abort or nothing. The others are the root, the key's name and the
   * durability.
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments[3].equals("write until closed")) {
      writeUntilClosed(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
      System.out.println("done");
      return;
    }
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.valueOf(arguments[2]));
    WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]), options);
    Fingerprint key = Payloads.key(arguments[1]);
    int version = JournallingProcess.warmUp(store, key);
    int behind = version + 1;
    int last = version + 2;
    Reservation reserved =
        store.reserveOverwrite(
            key, JournallingProcess.RUN, 1000, EntryAttributes.checkpoint().withIteration(last));
    if (!MappedFiles.isOfSegment(reserved.buffer())) {
      throw new IllegalStateException("the journal has no room");
    }
    JournallingProcess.save(store, key, behind, 1000);
    reserved.buffer().putBytes(0, Versions.payload("v" + last, 1000));
    System.out.println("reserved " + behind);
    ForkedJvm.awaitParent();
    switch (arguments[3]) {
      case "commit" -> reserved.commit();
      case "abort" -> reserved.abort();
      default -> {}
    }
    JournallingProcess.save(store, Payloads.key(arguments[1] + "2"), 1, 1000);
    System.out.println("done");
    ForkedJvm.untilKilled();
    reserved.close();
  }

  /**
   * Another thread closes the store: who writes on runs into the buffer's end, and nothing else.
   */
  private static void writeUntilClosed(Path root, int length)
      throws IOException, InterruptedException {
    for (int round = 0; round < 40; round++) {
      WarmStartStore store =
          WarmStartStore.open(
              root, StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE));
      Fingerprint key = Payloads.key("k");
      JournallingProcess.warmUp(store, key);
      Reservation reserved =
          store.reserveOverwrite(key, JournallingProcess.RUN, length, EntryAttributes.checkpoint());
      MutableDirectBuffer buffer = reserved.buffer();
      CountDownLatch writing = new CountDownLatch(1);
      FutureTask<Void> writer =
          new FutureTask<>(
              () -> {
                for (long value = 0; ; value++) {
                  for (int at = 0; at + Long.BYTES <= length; at += Long.BYTES) {
                    buffer.putLong(at, value);
                  }
                  writing.countDown();
                }
              });
      new Thread(writer).start();
      writing.await();
      store.close();
      try {
        writer.get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof IndexOutOfBoundsException)) {
          throw new IllegalStateException(e);
        }
      }
      reserved.close();
    }
  }
}
