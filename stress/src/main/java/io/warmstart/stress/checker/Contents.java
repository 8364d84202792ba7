package io.warmstart.stress.checker;

import java.util.Arrays;

/**
 * The versions that a key holds, in one possible order of events. Immutable, and compared by value.
 */
final class Contents {
  static final Contents NONE = new Contents(new long[0]);

  private final long[] versions;
  private final int hash;

  private Contents(long[] versions) {
    this.versions = versions;
    this.hash = Arrays.hashCode(versions);
  }

  int size() {
    return versions.length;
  }

  long version(int index) {
    return versions[index];
  }

  boolean holds(long version) {
    return Arrays.binarySearch(versions, version) >= 0;
  }

  Contents with(long version) {
    int at = Arrays.binarySearch(versions, version);
    if (at >= 0) {
      return this;
    }
    int place = -at - 1;
    long[] more = new long[versions.length + 1];
    System.arraycopy(versions, 0, more, 0, place);
    more[place] = version;
    System.arraycopy(versions, place, more, place + 1, versions.length - place);
    return new Contents(more);
  }

  Contents without(long version) {
    int at = Arrays.binarySearch(versions, version);
    if (at < 0) {
      return this;
    }
    long[] fewer = new long[versions.length - 1];
    System.arraycopy(versions, 0, fewer, 0, at);
    System.arraycopy(versions, at + 1, fewer, at, fewer.length - at);
    return new Contents(fewer);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Contents that && Arrays.equals(versions, that.versions);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
