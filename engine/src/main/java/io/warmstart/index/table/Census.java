package io.warmstart.index.table;

/**
 * What a slot says of its key's entries: all of them are recorded.
 *
 * @param ctime the directory's change time, if it shows whatever others change; else 0
 * @param asOf unix nanoseconds: nothing that others had changed by then is missing
 * @param sum of the hashes of the entries, so that one that is torn, flipped or lost is noticed
 */
public record Census(long ctime, long asOf, long sum) {}
