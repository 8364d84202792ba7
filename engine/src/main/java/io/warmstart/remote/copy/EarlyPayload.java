package io.warmstart.remote.copy;

import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The payload of a version that is likely to come, read by another thread while its manifest is
 * read.
 *
 * <p>It is one request more only if the manifest says that the version does not come: what becomes
 * of the request counts for nobody but the thread that takes the payload, and for that as if it had
 * made it then. If no thread has begun it by then, or there is too much of it, that thread makes it
 * itself. Nobody waits for one that is not taken: it ends with its next piece.
 *
 * <p>Safe for all threads.
 */
final class EarlyPayload implements Runnable, AutoCloseable {
  /** So much is read in vain at most, and kept in memory. */
  static final long MOST_BYTES = 4 << 20;

  private enum State {
    DUE,
    READING,
    READ,
    LEFT
  }

  private final ObjectStore store;
  private final String object;

  // Under the monitor.
  private State state = State.DUE;
  private @Nullable FetchedMemory payload;
  private @Nullable IOException failure;

  EarlyPayload(ObjectStore store, String object) {
    this.store = store;
    this.object = object;
  }

  /** Reads it, unless it was taken or left before. */
  @Override
  public void run() {
    synchronized (this) {
      if (state != State.DUE) {
        return;
      }
      state = State.READING;
    }
    FetchedMemory came = null;
    IOException failed = null;
    boolean whole = false;
    try {
      FetchedMemory into = new FetchedMemory(MOST_BYTES);
      came = into;
      store.get(object, (piece, count) -> add(into, piece, count));
      whole = true;
    } catch (LocalException e) {
      // Too long, not wanted any more, or no memory: who takes it reads it, and is told.
    } catch (IOException e) {
      failed = e;
    } catch (RuntimeException | Error e) {
      // So is this.
    } finally {
      end(came, whole, failed);
    }
  }

  private void add(FetchedMemory into, byte[] piece, int count) throws LocalException {
    into.add(piece, count);
    if (!into.isWhole() || isLeft()) {
      throw new LocalException("not read on");
    }
  }

  private synchronized boolean isLeft() {
    return state == State.LEFT;
  }

  private synchronized void end(
      @Nullable FetchedMemory came, boolean whole, @Nullable IOException failed) {
    if (whole && state == State.READING) {
      payload = came;
    } else if (came != null) {
      came.close();
    }
    failure = failed;
    state = state == State.LEFT ? State.LEFT : State.READ;
    notifyAll();
  }

  /**
   * Waits for the payload of a version whose manifest was read.
   *
   * @param name of its object
   * @param bytes how long it is to be
   * @return null if the caller is to read it; else for the caller to close
   * @throws IOException what the request has failed with
   */
  synchronized @Nullable FetchedPayload take(String name, long bytes) throws IOException {
    if (!name.equals(object)) {
      return null;
    }
    if (bytes > MOST_BYTES) {
      close();
    }
    try {
      while (state == State.READING) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted: object=" + object, e);
    }
    IOException failed = failure;
    FetchedMemory came = payload;
    payload = null;
    failure = null;
    close();
    if (failed != null) {
      throw failed;
    }
    return came;
  }

  /** Lets it go, if it was not taken. */
  @Override
  public synchronized void close() {
    state = State.LEFT;
    failure = null;
    if (payload != null) {
      payload.close();
      payload = null;
    }
  }
}
