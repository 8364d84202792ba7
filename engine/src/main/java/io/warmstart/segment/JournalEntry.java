package io.warmstart.segment;

import io.warmstart.format.Manifest;
import io.warmstart.format.Run;
import io.warmstart.format.Stamp;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A version of an entry that lies in the journal.
 *
 * @param key its key
 * @param runId its run
 * @param writtenNanos the written stamp, unix nanoseconds
 * @param objective finite, or absent
 * @param iteration unsigned, or absent
 * @param finalResult whether it is a fit's final result
 * @param payloadBytes the payload's length
 * @param place where it lies
 */
public record JournalEntry(
    Digest256 key,
    String runId,
    long writtenNanos,
    OptionalDouble objective,
    OptionalLong iteration,
    boolean finalResult,
    long payloadBytes,
    Place place) {

  /**
   * Where a record lies.
   *
   * @param segment the segment's number
   * @param salt which life of the segment
   * @param position where the record begins
   * @param length of the whole record
   * @param payloadCheck CRC32C of the payload
   * @param powerSafe whether its save returned only when it was durable
   */
  public record Place(
      int segment, long salt, int position, int length, int payloadCheck, boolean powerSafe) {}

  /** What a save says of its entry; an objective that is not finite is none. */
  public static JournalEntry of(
      Digest256 key,
      String runId,
      long writtenNanos,
      EntryAttributes attributes,
      long payloadBytes,
      Place place) {
    OptionalDouble objective = attributes.objective();
    return new JournalEntry(
        key,
        runId,
        writtenNanos,
        objective.isPresent() && Double.isFinite(objective.getAsDouble())
            ? objective
            : OptionalDouble.empty(),
        attributes.iteration(),
        attributes.kind() == EntryKind.FINAL,
        payloadBytes,
        place);
  }

  public Run run() {
    return new Run(key, runId);
  }

  /** Where the record ends. */
  public int end() {
    return place.position() + place.length();
  }

  /** Where the payload begins. */
  public int payloadPosition() {
    return place.position() + JournalLayout.payloadOffset(runId.length());
  }

  /** The written stamp. */
  public Stamp written() {
    return Stamp.ofUnixNanos(writtenNanos);
  }

  /**
   * The manifest that its pair will have, or one without a checksum for as long as none is known.
   */
  public Manifest manifest(Digest256 checksum) {
    return Manifest.ofNewEntry(
        Manifest.PRODUCER, written(), objective, iteration, finalResult, checksum, payloadBytes);
  }
}
