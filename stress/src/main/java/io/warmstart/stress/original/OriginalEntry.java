package io.warmstart.stress.original;

import io.warmstart.model.EntryKind;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What a hit of the {@link OriginalStore} gives: the facts, and a copy of the payload. */
public final class OriginalEntry {
  private final byte[] payload;
  private final OptionalDouble objective;
  private final OptionalLong iteration;
  private final EntryKind kind;
  private final long writtenUnixSecs;

  OriginalEntry(
      byte[] payload,
      OptionalDouble objective,
      OptionalLong iteration,
      EntryKind kind,
      long writtenUnixSecs) {
    this.payload = payload;
    this.objective = objective;
    this.iteration = iteration;
    this.kind = kind;
    this.writtenUnixSecs = writtenUnixSecs;
  }

  /** The payload; the caller's own copy. */
  public byte[] payload() {
    return payload;
  }

  /** The objective, if the entry has one. */
  public OptionalDouble objective() {
    return objective;
  }

  /** The iteration, if the entry has one: unsigned. */
  public OptionalLong iteration() {
    return iteration;
  }

  /** Checkpoint or final result. */
  public EntryKind kind() {
    return kind;
  }

  /** When it was written or last looked up: this store keeps one stamp for both. */
  public long writtenUnixSecs() {
    return writtenUnixSecs;
  }

  OriginalEntry copyWrittenAt(long unixSecs) {
    return new OriginalEntry(payload.clone(), objective, iteration, kind, unixSecs);
  }
}
