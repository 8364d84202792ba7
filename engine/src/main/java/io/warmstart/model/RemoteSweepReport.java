package io.warmstart.model;

import java.util.List;

/**
 * What was removed from a remote because it counts for nobody.
 *
 * @param dryRun whether nothing was: then the names are those of what would be
 * @param superseded objects of versions that a later one of their run has taken the place of
 * @param abandoned payloads of which the manifest never came
 * @param claims objects of claims that later ones have followed
 * @param objects how many there were before, without those of claims
 */
public record RemoteSweepReport(
    boolean dryRun,
    List<String> superseded,
    List<String> abandoned,
    List<String> claims,
    long objects) {}
