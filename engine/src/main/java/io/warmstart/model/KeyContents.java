package io.warmstart.model;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SortedMap;

/**
 * What lies under a key, as its manifests and the journal tell. That a payload fits its manifest is
 * not checked: {@code explain} and {@code verify} of the store do that.
 *
 * @param key the key
 * @param entries its entries, the latest written first; expired ones too
 * @param bytes what counts of the files in its directory, and nothing of the journal: see {@link
 *     RootInspection#bytes}
 * @param unreadable manifests that could not be read
 * @param pinned whether the key is pinned as a whole
 * @param labels what people call it: names and values, in the order of the names
 * @param failure why its directory could not be listed, in a few words; then there are no entries
 *     here, and the bytes are those that the index knows of
 */
public record KeyContents(
    Fingerprint key,
    List<Listed> entries,
    long bytes,
    int unreadable,
    boolean pinned,
    SortedMap<String, String> labels,
    Optional<String> failure) {

  /** The latest written first; of one moment the one whose run id sorts last. */
  public static final Comparator<Listed> LATEST_FIRST =
      Comparator.comparingLong((Listed each) -> each.writtenUnixSecs() ^ Long.MIN_VALUE)
          .thenComparingInt(Listed::writtenNanos)
          .thenComparing(Listed::runId)
          .reversed();

  /**
   * One entry.
   *
   * @param runId its run
   * @param objective its objective, if any
   * @param iteration its iteration, if any, unsigned
   * @param kind checkpoint or final
   * @param payloadBytes its payload's length
   * @param writtenUnixSecs when it was saved: whole seconds since 1970, unsigned
   * @param writtenNanos the nanoseconds within the second
   * @param accessed whether a lookup has returned it; hits show here once a manifest tells them
   * @param accessedUnixSecs when one last did, unsigned; 0 if that was not recorded
   * @param accessedNanos the nanoseconds within the second
   * @param expired whether it has outlived this store's TTL
   * @param pinned whether no sweep removes it, because it is pinned or its key
   */
  public record Listed(
      String runId,
      OptionalDouble objective,
      OptionalLong iteration,
      EntryKind kind,
      long payloadBytes,
      long writtenUnixSecs,
      int writtenNanos,
      boolean accessed,
      long accessedUnixSecs,
      int accessedNanos,
      boolean expired,
      boolean pinned) {}
}
