package io.warmstart.ranking;

import io.warmstart.format.Manifest;

/**
 * One entry of a key, as the rules of choice see it.
 *
 * @param runId the entry's run id, which breaks the last ties
 * @param manifest the entry's facts
 */
public record Candidate(String runId, Manifest manifest) {}
