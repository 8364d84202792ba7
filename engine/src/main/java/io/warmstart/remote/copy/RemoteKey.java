package io.warmstart.remote.copy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.VersionName;
import io.warmstart.model.Digest256;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a listing tells of one key in a remote. A version is there if its manifest is: that is put
 * last. Of the versions of one run the latest counts.
 */
public final class RemoteKey {
  /** Before the run id of a version without a stamp; no run id begins so. */
  private static final String UNSTAMPED = ".";

  /** Of a key that no object has. */
  public static final RemoteKey NOTHING = new RemoteKey(List.of());

  private final Set<String> objects = new HashSet<>();
  private final Map<String, VersionName> latest = new HashMap<>();
  private final SortedSet<Long> claims = new TreeSet<>();

  /**
   * Reads a listing.
   *
   * @param names of objects, without the key's own
   */
  RemoteKey(Collection<String> names) {
    for (String name : names) {
      switch (DirectoryNames.classify(name).kind()) {
        case MANIFEST -> add(name, VersionName.parse(runIdOf(name)));
        case PAYLOAD -> objects.add(name);
        case STAGED, FOREIGN_TEMPORARY, UNKNOWN -> addClaim(name);
      }
    }
  }

  private void addClaim(String name) {
    long number = ClaimName.numberIn(name);
    if (number != 0) {
      claims.add(number);
    }
  }

  /** The numbers of the key's claims; the last one tells who has it. */
  public SortedSet<Long> claims() {
    return claims;
  }

  /** What the names of a key's objects begin with. */
  public static String prefix(Digest256 key) {
    return key.toHex() + "/";
  }

  /** Lists a key. */
  public static RemoteKey list(ObjectStore store, Digest256 key) throws IOException {
    String prefix = prefix(key);
    return new RemoteKey(
        store.list(prefix).stream().map(name -> name.substring(prefix.length())).toList());
  }

  /** Lists all keys; one that is not among them has nothing there. */
  public static Map<Digest256, RemoteKey> listAll(ObjectStore store) throws IOException {
    Map<String, List<String>> names = new HashMap<>();
    for (String name : store.list("")) {
      int slash = name.indexOf('/');
      if (slash > 0 && DirectoryNames.isKeyDirectory(name.substring(0, slash))) {
        names
            .computeIfAbsent(name.substring(0, slash), key -> new ArrayList<>())
            .add(name.substring(slash + 1));
      }
    }
    Map<Digest256, RemoteKey> keys = new HashMap<>();
    names.forEach((key, objects) -> keys.put(Digest256.fromHex(key), new RemoteKey(objects)));
    return keys;
  }

  private void add(String name, VersionName version) {
    objects.add(name);
    // Which of the two is later, their manifests tell.
    String of = version.nanos() == 0 ? UNSTAMPED + version.stem() : version.runId();
    latest.merge(of, version, (one, other) -> other.isLaterThan(one) ? other : one);
  }

  /** Whether this very version is there. */
  boolean has(VersionName version) {
    return objects.contains(version.manifestName());
  }

  /** Whether there is nothing to put of a version: it is there, or a later one of its run. */
  public boolean hasAsLate(VersionName version) {
    return asLate(version).isPresent();
  }

  /** That version, or the later one. */
  Optional<VersionName> asLate(VersionName version) {
    return has(version)
        ? Optional.of(version)
        : Optional.ofNullable(latest.get(version.runId()))
            .filter(other -> other.isLaterThan(version));
  }

  /** The latest version of each run, and what has no stamp: which run that is of, it may tell. */
  Collection<VersionName> versions() {
    return latest.values();
  }

  /** The objects of a run's versions before one, each manifest before its payload. */
  List<String> before(VersionName version) {
    return objects(
        other ->
            other.nanos() != 0
                && other.runId().equals(version.runId())
                && version.isLaterThan(other));
  }

  /**
   * All objects of a run, each manifest before its payload.
   *
   * @param runId null for all runs
   */
  List<String> objectsOf(@Nullable String runId) {
    String there = runId == null ? null : VersionName.runIdThere(runId);
    return objects(
        other -> there == null || other.runId().equals(there) || other.stem().equals(there));
  }

  /** How many objects are halves of pairs. */
  public int size() {
    return objects.size();
  }

  /** The objects of versions of which a later one of their run is there, manifests first. */
  public List<String> superseded() {
    return objects(
        version -> {
          VersionName has = version.nanos() == 0 ? null : latest.get(version.runId());
          return has != null && has.isLaterThan(version);
        });
  }

  /**
   * Payloads without a manifest, which are not superseded. Those without a stamp are left out: a
   * copy of a root may be under way.
   */
  public List<String> payloadsAlone() {
    List<String> superseded = superseded();
    return objects.stream()
        .filter(
            name -> {
              VersionName version = VersionName.parse(runIdOf(name));
              return version.nanos() != 0
                  && name.equals(version.payloadName())
                  && !objects.contains(version.manifestName());
            })
        .filter(name -> !superseded.contains(name))
        .sorted()
        .toList();
  }

  private List<String> objects(Predicate<VersionName> of) {
    List<String> manifests = new ArrayList<>();
    List<String> payloads = new ArrayList<>();
    for (String name : objects) {
      VersionName version = VersionName.parse(runIdOf(name));
      if (of.test(version)) {
        (name.equals(version.manifestName()) ? manifests : payloads).add(name);
      }
    }
    manifests.addAll(payloads);
    return manifests;
  }

  /** Of a name that was kept: each is half of a pair. */
  private static String runIdOf(String name) {
    return Objects.requireNonNull(DirectoryNames.classify(name).runId());
  }
}
