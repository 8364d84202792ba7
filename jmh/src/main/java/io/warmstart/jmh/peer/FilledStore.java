package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import io.warmstart.stress.frame.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A store that holds one entry under each of many keys, closed after it was filled and opened
 * again, so that none is measured out of the buffers that filling has left behind.
 *
 * <p>Where the system property {@code warmstart.jmh.prepared} names a directory, what was filled
 * there once is used by later forks too: filling takes longer than measuring.
 */
public final class FilledStore implements AutoCloseable {
  /** The system property that names the directory. */
  public static final String PREPARED_PROPERTY = "warmstart.jmh.prepared";

  private static final int CHECKED_KEYS = 64;
  private static final int MOST_READ_BEFORE = 100_000;

  private final @Nullable BenchmarkRoot ownRoot;
  private final Path path;
  private final Peer peer;
  private final Key[] keys;
  private final int payloadBytes;
  private final Queue<Reader> readers = new ConcurrentLinkedQueue<>();

  private FilledStore(
      @Nullable BenchmarkRoot ownRoot, Path path, Peer peer, Key[] keys, int payloadBytes) {
    this.ownRoot = ownRoot;
    this.path = path;
    this.peer = peer;
    this.keys = keys;
    this.payloadBytes = payloadBytes;
  }

  /** How to open the store once it is filled. */
  public interface Opening {
    /** Opens it. */
    Peer open(Path root, Sizing sizing) throws IOException;
  }

  /** A store with the payloads of the numbers from 0 on, verified. */
  public static FilledStore open(PeerKind kind, int keyCount, int payloadBytes) throws IOException {
    return open(kind, keyCount, payloadBytes, kind::open);
  }

  /** The same, opened in a way of one's own. */
  public static FilledStore open(PeerKind kind, int keyCount, int payloadBytes, Opening opening)
      throws IOException {
    Key[] keys = Key.first(keyCount);
    Sizing sizing = new Sizing(keyCount, payloadBytes);
    String prepared = System.getProperty(PREPARED_PROPERTY);
    BenchmarkRoot ownRoot = null;
    Path path;
    if (prepared == null) {
      ownRoot = BenchmarkRoot.create();
      path = ownRoot.path();
      fill(kind, path, keys, sizing);
    } else {
      path = prepare(Path.of(prepared), kind, keys, sizing);
    }
    FilledStore filled =
        new FilledStore(ownRoot, path, opening.open(path, sizing), keys, payloadBytes);
    filled.requireFilled();
    return filled;
  }

  private static Path prepare(Path parent, PeerKind kind, Key[] keys, Sizing sizing)
      throws IOException {
    Path path = parent.resolve(kind + "-" + keys.length + "-" + sizing.payloadBytes());
    Path complete = parent.resolve(path.getFileName() + ".complete");
    if (Files.exists(complete)) {
      return path;
    }
    if (Files.exists(path)) {
      Trees.remove(path);
    }
    Files.createDirectories(path);
    fill(kind, path, keys, sizing);
    Files.createFile(complete);
    return path;
  }

  private static void fill(PeerKind kind, Path path, Key[] keys, Sizing sizing) throws IOException {
    try (Peer peer = kind.open(path, sizing)) {
      peer.fill(keys, sizing.payloadBytes());
    }
  }

  /** Fails unless the store gives the bytes that were saved, for keys evenly spread. */
  public void requireFilled() throws IOException {
    Payload payload = new Payload(payloadBytes);
    byte[] actual = new byte[payloadBytes];
    int checked = Math.min(CHECKED_KEYS, keys.length);
    try (Reader reader = peer.reader()) {
      for (int i = 0; i < checked; i++) {
        int number = (int) ((long) i * keys.length / checked);
        Arrays.fill(actual, (byte) 0);
        int length = reader.copy(keys[number], actual);
        if (length != payloadBytes) {
          throw new IllegalStateException(
              "payload bytes: expected=" + payloadBytes + " actual=" + length);
        }
        payload.of(number);
        payload.requireLatest(actual);
        requireLastByte(reader, number);
      }
    }
  }

  /**
   * Looks each key up once, so that what a benchmark measures is not its first time: of rarely
   * drawn keys it otherwise would be.
   */
  public void readAll() throws IOException {
    int count = Math.min(MOST_READ_BEFORE, keys.length);
    try (Reader reader = peer.reader()) {
      for (int i = 0; i < count; i++) {
        requireLastByte(reader, i);
      }
    }
  }

  /** Fails if the store finds something under a key that was never saved. */
  public void requireMiss(Key absent) throws IOException {
    try (Reader reader = peer.reader()) {
      int actual = reader.lastByte(absent);
      if (actual != -1) {
        throw new IllegalStateException("lookup of an absent key: expected=-1 actual=" + actual);
      }
    }
  }

  private void requireLastByte(Reader reader, int number) throws IOException {
    int actual = reader.lastByte(keys[number]);
    if (actual != Payload.lastByteOf(number)) {
      throw new IllegalStateException(
          "last byte: expected=" + Payload.lastByteOf(number) + " actual=" + actual);
    }
  }

  /** Where it lies. */
  public Path path() {
    return path;
  }

  /** The store. */
  public Peer peer() {
    return peer;
  }

  /** The keys, number by number. */
  public Key[] keys() {
    return keys;
  }

  /**
   * A view for one thread. The store closes it: JMH may tear a shared state down before the states
   * of the threads, and a native store that is used after its end takes the JVM with it.
   */
  public Reader reader() throws IOException {
    Reader reader = peer.reader();
    readers.add(reader);
    return reader;
  }

  /** Closes the store and its readers; all threads must have stopped reading. */
  @Override
  public void close() throws IOException {
    for (Reader reader : readers) {
      reader.close();
    }
    peer.close();
    if (ownRoot != null) {
      ownRoot.close();
    }
  }
}
