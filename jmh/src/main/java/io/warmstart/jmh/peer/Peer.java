package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the benchmarks ask of a store, the same of each. Safe for all threads.
 *
 * <p>A save is durable when it returns: it survives a power cut at that instant, as far as the
 * store can promise that ({@link PeerKind#durability}).
 */
public interface Peer extends AutoCloseable {

  /**
   * Saves a checkpoint beside what the key has.
   *
   * @param number falls with nothing, rises with each save: iteration, and the objective's divisor
   */
  void save(Key key, long number, byte[] payload) throws IOException;

  /** Saves a checkpoint in place of the one that an overwrite of this key has saved before. */
  void overwrite(Key key, long number, byte[] payload) throws IOException;

  /** A view for one thread, which closes it. */
  Reader reader() throws IOException;

  /**
   * Saves the payloads of the numbers from 0 on under as many keys, as {@link #overwrite} does, and
   * in whatever way loads many fastest. Not measured.
   */
  default void fill(Key[] keys, int payloadBytes) throws IOException {
    int threads = Math.min(keys.length, 16);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int first = thread;
        parts.add(
            executor.submit(
                () -> {
                  Payload payload = new Payload(payloadBytes);
                  for (int i = first; i < keys.length; i += threads) {
                    overwrite(keys[i], i, payload.of(i));
                  }
                  return null;
                }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("cannot fill the store", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while filling the store", e);
    } finally {
      executor.shutdownNow();
    }
  }

  @Override
  void close() throws IOException;
}
