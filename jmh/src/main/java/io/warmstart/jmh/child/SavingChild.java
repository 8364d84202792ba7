package io.warmstart.jmh.child;

import io.warmstart.jmh.peer.Peer;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;

/**
 * The process of a {@link SavingProcess}: opens a store, says so, waits for a line, saves once at
 * least until the next line or the end of its input, which is that of the process that started it,
 * and prints how many saves failed and how long the others took.
 */
public final class SavingChild {
  static final String READY = "ready";

  private SavingChild() {}

  /** Takes what {@link Orders#toArguments} makes. */
  public static void main(String[] args) throws IOException {
    Orders orders = Orders.ofArguments(args);
    Histogram nanos = new Histogram(3);
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    long failed = 0;
    try (Peer peer = orders.kind().open(Path.of(orders.root()), orders.sizing())) {
      System.out.println(READY);
      if (lines.readLine() != null) {
        failed = save(orders, peer, until(lines), nanos);
      }
    }
    ByteBuffer bytes = ByteBuffer.allocate(nanos.getNeededByteBufferCapacity());
    int length = nanos.encodeIntoCompressedByteBuffer(bytes);
    byte[] encoded = new byte[length];
    bytes.get(0, encoded);
    System.out.println(failed + " " + Base64.getEncoder().encodeToString(encoded));
  }

  /** Becomes true with the next line, or when there is none any more. */
  private static AtomicBoolean until(BufferedReader lines) {
    AtomicBoolean ended = new AtomicBoolean();
    Thread thread =
        new Thread(
            () -> {
              try {
                lines.readLine();
              } catch (IOException e) {
                // Nobody is there to go on for.
              } finally {
                ended.set(true);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return ended;
  }

  /**
   * Saves once at least. Returns how many failed: those of the original do, when a sibling sweeps.
   */
  private static long save(Orders orders, Peer peer, AtomicBoolean ended, Histogram nanos) {
    Key[] keys = new Key[orders.keys()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = Key.of(orders.firstKey() + i);
    }
    Payload payload = new Payload(orders.sizing().payloadBytes());
    long failed = 0;
    do {
      byte[] bytes = payload.next();
      Key key = keys[(int) (payload.number() % keys.length)];
      long start = System.nanoTime();
      try {
        if (orders.overwrite()) {
          peer.overwrite(key, payload.number(), bytes);
        } else {
          peer.save(key, payload.number(), bytes);
        }
        nanos.recordValue(System.nanoTime() - start);
      } catch (IOException | RuntimeException e) {
        if (failed++ == 0) {
          System.err.println("first save that failed: " + e);
        }
      }
    } while (!ended.get());
    return failed;
  }

  /**
   * What to save where.
   *
   * @param overwrite whether over what the key has, or beside it
   */
  public record Orders(
      PeerKind kind, String root, Sizing sizing, long firstKey, int keys, boolean overwrite) {

    String[] toArguments() {
      return new String[] {
        kind.name(),
        root,
        String.valueOf(sizing.entries()),
        String.valueOf(sizing.payloadBytes()),
        String.valueOf(sizing.budgetBytes()),
        String.valueOf(firstKey),
        String.valueOf(keys),
        String.valueOf(overwrite)
      };
    }

    static Orders ofArguments(String[] args) {
      return new Orders(
          PeerKind.valueOf(args[0]),
          args[1],
          new Sizing(Long.parseLong(args[2]), Integer.parseInt(args[3]), Long.parseLong(args[4])),
          Long.parseLong(args[5]),
          Integer.parseInt(args[6]),
          Boolean.parseBoolean(args[7]));
    }
  }
}
