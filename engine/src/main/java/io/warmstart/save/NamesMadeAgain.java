package io.warmstart.save;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.FileOps;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.PairWriter.ManifestOf;
import io.warmstart.pair.StagedPair;
import io.warmstart.payload.PayloadMemory;
import java.io.IOException;
import java.nio.file.NoSuchFileException;

/**
 * Names of pairs of which nobody knows that they are durable, made again. The kernel tells of what
 * it could not write once, and calls it written from then on: another sync of the same names would
 * succeed, and a power cut take them all the same. So they are made again before it, by a copy.
 *
 * <p>A save makes them again by itself. What was saved in the journal, and finds a pair as late in
 * place, does not, and its record is not needed any more once that pair is durable.
 *
 * <p>Safe for all threads.
 */
public final class NamesMadeAgain {
  private final FileOps ops;
  private final PairReader reader;
  private final PairWriter pairWriter;
  private final Publisher publisher;

  public NamesMadeAgain(
      FileOps ops, PairReader reader, PairWriter pairWriter, Publisher publisher) {
    this.ops = ops;
    this.reader = reader;
    this.pairWriter = pairWriter;
    this.publisher = publisher;
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
    try (StagedPair copy =
        pairWriter.stage(directory, runId, memory.asPayload(), ManifestOf.version(manifest))) {
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
