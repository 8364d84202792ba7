package io.warmstart.remote;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.DirectoryNames.Classified;
import io.warmstart.format.VersionName;
import io.warmstart.model.Digest256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a listing tells of one key in a remote. A version is there if its manifest is: that is put
 * last. Of the versions of one run the latest counts.
 */
final class RemoteKey {
  /** Before the run id of a version without a stamp; no run id begins so. */
  private static final String UNSTAMPED = ".";

  private final Set<String> objects = new HashSet<>();
  private final Map<String, VersionName> latest = new HashMap<>();

  /**
   * Reads a listing.
   *
   * @param names of objects, without the key's own
   */
  RemoteKey(Collection<String> names) {
    for (String name : names) {
      Classified classified = DirectoryNames.classify(name);
      switch (classified.kind()) {
        case MANIFEST -> add(name, VersionName.parse(Objects.requireNonNull(classified.runId())));
        case PAYLOAD -> objects.add(name);
        case STAGED, FOREIGN_TEMPORARY, UNKNOWN -> {}
      }
    }
  }

  /** What the names of a key's objects begin with. */
  static String prefix(Digest256 key) {
    return key.toHex() + "/";
  }

  /** Lists a key. */
  static RemoteKey list(ObjectStore store, Digest256 key) throws IOException {
    String prefix = prefix(key);
    return new RemoteKey(
        store.list(prefix).stream().map(name -> name.substring(prefix.length())).toList());
  }

  private void add(String name, VersionName version) {
    objects.add(name);
    // Which of the two is later, their manifests tell.
    String of = version.nanos() == 0 ? UNSTAMPED + version.stem() : version.runId();
    latest.merge(of, version, (one, other) -> other.isLaterThan(one) ? other : one);
  }

  /** Whether there is nothing to put of a version: it is there, or a later one of its run. */
  boolean hasAsLate(VersionName version) {
    VersionName has = latest.get(version.runId());
    return objects.contains(version.manifestName()) || (has != null && has.isLaterThan(version));
  }

  /** The latest version of each run, and what has no stamp: which run that is of, it may tell. */
  Collection<VersionName> versions() {
    return latest.values();
  }

  /** The objects of a run's versions before one, each manifest before its payload. */
  List<String> before(VersionName version) {
    List<String> manifests = new ArrayList<>();
    List<String> payloads = new ArrayList<>();
    for (String name : objects) {
      VersionName other = versionOf(name);
      if (other != null
          && other.nanos() != 0
          && other.runId().equals(version.runId())
          && version.isLaterThan(other)) {
        (name.equals(other.manifestName()) ? manifests : payloads).add(name);
      }
    }
    manifests.addAll(payloads);
    return manifests;
  }

  /**
   * All objects of a run, each manifest before its payload.
   *
   * @param runId null for all runs
   */
  List<String> objectsOf(@Nullable String runId) {
    String there = runId == null ? null : VersionName.runIdThere(runId);
    List<String> manifests = new ArrayList<>();
    List<String> payloads = new ArrayList<>();
    for (String name : objects) {
      VersionName other = versionOf(name);
      if (other != null
          && (there == null || other.runId().equals(there) || other.stem().equals(there))) {
        (name.equals(other.manifestName()) ? manifests : payloads).add(name);
      }
    }
    manifests.addAll(payloads);
    return manifests;
  }

  private static @Nullable VersionName versionOf(String name) {
    String runId = DirectoryNames.classify(name).runId();
    return runId == null ? null : VersionName.parse(runId);
  }
}
