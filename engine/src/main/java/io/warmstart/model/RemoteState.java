package io.warmstart.model;

import java.util.Optional;

/**
 * What one store knows of its remote.
 *
 * @param url where it is
 * @param reachable whether the last attempts succeeded; while they do not, nobody waits for it, and
 *     it is tried again after a second, and then ever later, up to a minute
 * @param dueKeys keys of which something waits to go there, of this store's saves; -1 until the
 *     store has compared the root with the remote once
 * @param pushed entries that this store has put there
 * @param fetched entries that this store has taken from there
 * @param refused objects that did not fit their manifest, or could not be read: they are passed
 *     over, and stay where they are
 * @param failures attempts that failed
 * @param lastFailure what the last of them failed with
 */
public record RemoteState(
    String url,
    boolean reachable,
    long dueKeys,
    long pushed,
    long fetched,
    long refused,
    long failures,
    Optional<String> lastFailure) {}
