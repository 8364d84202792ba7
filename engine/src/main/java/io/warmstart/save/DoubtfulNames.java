package io.warmstart.save;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.StagedPair;
import io.warmstart.payload.PayloadMemory;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The runs whose names could not be synced. The kernel tells of what it could not write once, and
 * calls it written from then on: another sync of the same names would succeed, and a power cut take
 * them all the same. So they are made again before it.
 *
 * <p>A save makes them again by itself. What was saved in the journal, and finds a pair as late in
 * place, does not, and its record is not needed any more once that pair is durable.
 *
 * <p>Safe for all threads.
 */
public final class DoubtfulNames {
  private static final int MOST = 1 << 12;

  private record Run(Digest256 key, String runId) {}

  private final FileOps ops;
  private final PairReader reader;
  private final PairWriter pairWriter;
  private final Publisher publisher;
  private final Set<Run> runs = ConcurrentHashMap.newKeySet();

  /** Whether there were too many to know each: then all are. */
  private volatile boolean all;

  public DoubtfulNames(FileOps ops, PairReader reader, PairWriter pairWriter, Publisher publisher) {
    this.ops = ops;
    this.reader = reader;
    this.pairWriter = pairWriter;
    this.publisher = publisher;
  }

  /** They could not be synced. */
  void add(KeyDirectory directory, String runId) {
    if (runs.size() < MOST) {
      runs.add(new Run(directory.key(), runId));
    } else {
      all = true;
    }
  }

  /** They were made again, and synced since. */
  void settled(KeyDirectory directory, String runId) {
    if (!runs.isEmpty()) {
      runs.remove(new Run(directory.key(), runId));
    }
  }

  /** Whether they could not be synced, and were not since. */
  boolean has(KeyDirectory directory, String runId) {
    return all || (!runs.isEmpty() && runs.contains(new Run(directory.key(), runId)));
  }

  /**
   * Makes them again, with a copy of what is in place. Under the key's lock.
   *
   * @throws IOException if that could not be done, or what is in place is no pair
   */
  void makeAgain(KeyDirectory directory, String runId) throws IOException {
    Manifest manifest;
    try {
      manifest = ManifestFile.read(ops, directory.manifest(runId)).manifest();
    } catch (NoSuchFileException e) {
      // What has taken its place lies elsewhere.
      return;
    } catch (ManifestFormatException e) {
      throw new IOException(e);
    }
    PairReader.PairRead read = reader.read(directory, runId, manifest);
    PayloadMemory memory = read.memory();
    if (memory == null) {
      throw new IOException(read.mismatch());
    }
    try (StagedPair copy = pairWriter.stage(directory, runId, memory.asPayload(), manifest)) {
      publish(copy);
    } finally {
      memory.release();
    }
  }

  private void publish(StagedPair copy) throws IOException {
    boolean inPlace = false;
    try {
      inPlace = publisher.publish(copy);
      if (!inPlace) {
        throw new IOException("others have removed what was in place");
      }
    } finally {
      if (!inPlace) {
        pairWriter.discard(copy, new IOException("it was not published"));
      }
    }
  }
}
