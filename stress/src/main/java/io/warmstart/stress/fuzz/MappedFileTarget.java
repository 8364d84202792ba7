package io.warmstart.stress.fuzz;

import io.warmstart.model.Durability;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.frame.Trees;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A file that all processes of a root have mapped, changed under an open store, or before it is
 * opened; now and then it is truncated, or gone. The pairs are untouched, so each lookup must find
 * what was saved last, if need be within some seconds, each save must succeed, and nothing may be
 * thrown. Changes add up: the files stay as the inputs before have left them, until the engine
 * makes new ones.
 */
final class MappedFileTarget implements FuzzTarget {
  /** So rarely the store is closed, changed, and opened. */
  private static final int ONE_IN_CLOSED = 32;

  /** So rarely the file is cut off or removed. */
  private static final int ONE_IN_CUT = 64;

  private static final int ONE_IN_SWEPT = 16;
  private static final int ONE_IN_VERIFIED = 256;
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final String name;
  private final FuzzedRoot root;
  private final Path file;
  private final ByteBuffer image;
  private long inputs;

  /**
   * Makes a root.
   *
   * @param file the engine's name of the file
   * @param directory where nothing is yet
   */
  MappedFileTarget(String file, Path directory) {
    this.name = file;
    this.root = new FuzzedRoot(directory, Durability.IN_FILES);
    this.file = root.own(file);
    this.image = ByteBuffer.allocate(8 << 20).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<byte[]> corpus() {
    return Corpus.scripts();
  }

  @Override
  public String judge(byte[] input) throws IOException {
    long number = inputs++;
    int key = (int) (number % FuzzedRoot.KEYS);
    if (number % ONE_IN_CLOSED == 0) {
      root.close();
    }
    change(input, number % ONE_IN_CUT == ONE_IN_CUT - 1);
    String complaint = soon(root::judgeAll);
    if (!complaint.isEmpty()) {
      return complaint;
    }
    root.save(key, (int) (number / FuzzedRoot.KEYS % FuzzedRoot.RUNS));
    if (number % ONE_IN_SWEPT == 0) {
      root.open().evictOverflow();
    }
    if (number % ONE_IN_VERIFIED == 0) {
      List<VerifyReport.Problem> left =
          root.open().repair().problems().stream()
              .filter(each -> !each.kind().equals("index"))
              .toList();
      if (!left.isEmpty()) {
        return "verification: " + left;
      }
    }
    return soon(() -> root.judgeKey(key));
  }

  /**
   * What is still wrong after some seconds. Who scribbles over the index under an open store may
   * have lookups answer by what was saved before, until somebody looks at the files.
   */
  private static String soon(Supplier<String> judge) {
    long began = System.nanoTime();
    String complaint = judge.get();
    while (!complaint.isEmpty() && System.nanoTime() - began < SOON_NANOS) {
      LockSupport.parkNanos(AGAIN_NANOS);
      complaint = judge.get();
    }
    return complaint;
  }

  private void change(byte[] script, boolean cut) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (cut) {
        cut(channel, script);
        return;
      }
      image.clear();
      while (image.hasRemaining() && channel.read(image) >= 0) {
        // Until all is read.
      }
      image.flip();
      ByteBuffer before = image.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      byte[] old = new byte[before.remaining()];
      before.get(old);
      new Edits(image).apply(script);
      // Only what has changed, as a hand would that scribbles: others write there, too.
      ByteBuffer changed = ByteBuffer.wrap(old).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 0; at + Long.BYTES <= image.limit(); at += Long.BYTES) {
        if (image.getLong(at) != changed.getLong(at)) {
          ByteBuffer word = image.slice(at, Long.BYTES);
          channel.write(word, at);
        }
      }
    } catch (NoSuchFileException e) {
      // The engine has none at the moment, or an input before has removed it.
    }
  }

  private void cut(FileChannel channel, byte[] script) throws IOException {
    int value = script.length == 0 ? 0 : script[0] & 0xff;
    if (value % 2 == 0) {
      channel.truncate(channel.size() * value / 256);
    } else {
      Files.deleteIfExists(file);
    }
  }

  @Override
  public void close() throws IOException {
    root.close();
    Trees.remove(root.root());
  }
}
