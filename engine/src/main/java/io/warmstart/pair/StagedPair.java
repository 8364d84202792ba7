package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.StagedName;
import io.warmstart.io.FileFacts;
import java.nio.file.Path;

/**
 * A pair that lies complete and durable in its key directory under staged names.
 *
 * @param directory where
 * @param payloadName the staged payload
 * @param manifestName the staged manifest
 * @param manifest what the staged manifest says
 * @param payloadFacts the staged payload's file, to be recognised after the renames
 * @param manifestFacts the staged manifest's file
 * @param open the two files, whose numbers are given to no other while they are open: without that,
 *     a file that somebody makes in place of one that somebody has removed could pass for it
 */
public record StagedPair(
    KeyDirectory directory,
    StagedName payloadName,
    StagedName manifestName,
    Manifest manifest,
    FileFacts payloadFacts,
    FileFacts manifestFacts,
    OpenStaged open)
    implements AutoCloseable {

  /** The run that the pair belongs to. */
  public String runId() {
    return payloadName.runId();
  }

  public Path stagedPayload() {
    return directory.staged(payloadName);
  }

  public Path stagedManifest() {
    return directory.staged(manifestName);
  }

  @Override
  public void close() {
    open.close();
  }

  /** What the pair adds to the root. */
  public long bytes() {
    return payloadFacts.size() + manifestFacts.size();
  }
}
