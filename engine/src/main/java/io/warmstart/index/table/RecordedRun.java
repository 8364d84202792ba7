package io.warmstart.index.table;

/**
 * What the index knows of an entry for a lookup to choose by.
 *
 * @param writtenNanos unix nanoseconds of the written stamp
 * @param objective NaN if it has none
 * @param finalResult whether it is a fit's final result
 */
public record RecordedRun(String runId, long writtenNanos, double objective, boolean finalResult) {}
