package io.warmstart.segment;

import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;

/**
 * What a save says of a version, beside its payload.
 *
 * @param key its key
 * @param runId its run
 * @param attributes kind, objective and iteration
 * @param writtenNanos the written stamp, unix nanoseconds
 * @param powerSafe whether the save returns only when it is durable
 */
public record Version(
    Digest256 key,
    String runId,
    EntryAttributes attributes,
    long writtenNanos,
    boolean powerSafe) {}
