package io.warmstart.remote.copy;

import io.warmstart.format.VersionName;
import io.warmstart.model.Digest256;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.RankingRule;
import io.warmstart.remote.copy.LocalEntries.Here;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which versions of a key that a remote has are to come here, so that every lookup finds here what
 * it would find if all of them had come. For one thread.
 *
 * <p>What counts is what will lie here. So a version that wins nothing comes all the same if an
 * earlier one of its run would win: it is superseded. And what is here and cannot be answered, for
 * it has expired or its payload is lost, keeps nothing from coming.
 */
final class Choice {
  private final LocalEntries local;
  private final Digest256 key;

  /** What is here, by the names that its runs have there: a long run id has another one. */
  private final Map<String, Here> here = new HashMap<>();

  /** The run ids of the same. */
  private final Map<String, String> runIds = new HashMap<>();

  private final List<RemoteVersion> left = new ArrayList<>();

  /**
   * Compares what is here and there.
   *
   * @param run only this run, by the id that it is asked for by; null for all
   * @param there the latest version of each run
   */
  Choice(LocalEntries local, Digest256 key, @Nullable String run, Collection<RemoteVersion> there)
      throws IOException {
    this.local = local;
    this.key = key;
    for (Here each : local.entriesOf(key)) {
      Candidate candidate = each.candidate();
      String name =
          VersionName.of(candidate.runId(), candidate.manifest())
              .map(VersionName::runId)
              .orElse(candidate.runId());
      // To ask for a run is to ask for that id, be it here under the other one.
      if (run == null || run.equals(candidate.runId())) {
        here.merge(name, each, Choice::later);
      }
    }
    here.forEach((name, each) -> runIds.put(name, each.candidate().runId()));
    String wanted = run == null ? null : VersionName.runIdThere(run);
    for (RemoteVersion each : there) {
      if ((wanted == null || wanted.equals(each.runId()))
          && supersedesWhatIsHere(each)
          && !local.wouldNotStay(each.manifest())) {
        left.add(each);
      }
    }
  }

  private static Here later(Here one, Here other) {
    return isLater(other.candidate(), one.candidate()) ? other : one;
  }

  private static boolean isLater(Candidate one, Candidate other) {
    return one.manifest().written().compareTo(other.manifest().written()) > 0;
  }

  /** Whether it is later than what its run has here, or that cannot be read. */
  private boolean supersedesWhatIsHere(RemoteVersion each) throws IOException {
    Here has = here.get(each.runId());
    if (has == null || isLater(each.candidate(), has.candidate())) {
      return true;
    }
    if (local.isWhole(key, has)) {
      return false;
    }
    here.remove(each.runId());
    return true;
  }

  /** All that have not been taken yet. */
  Set<RemoteVersion> all() {
    return Set.copyOf(left);
  }

  /** Those of them without which some lookup would be answered by another version. */
  Set<RemoteVersion> winners() throws IOException {
    Set<RemoteVersion> winners = new LinkedHashSet<>();
    for (RankingRule rule : RankingRule.values()) {
      RemoteVersion winner = winner(rule);
      if (winner != null) {
        winners.add(winner);
      }
    }
    return winners;
  }

  private @Nullable RemoteVersion winner(RankingRule rule) throws IOException {
    while (true) {
      Map<Candidate, RemoteVersion> there = new HashMap<>();
      left.forEach(each -> there.put(each.candidate(), each));
      Map<Candidate, String> names = new HashMap<>();
      here.forEach((name, each) -> names.put(each.candidate(), name));
      List<Candidate> all = new ArrayList<>(there.keySet());
      all.addAll(names.keySet());
      Optional<Candidate> winner = rule.winner(all);
      if (winner.isEmpty()) {
        return null;
      }
      RemoteVersion wins = there.get(winner.get());
      if (wins != null) {
        return wins;
      }
      String name = names.get(winner.get());
      for (RemoteVersion each : left) {
        if (each.runId().equals(name)) {
          return each;
        }
      }
      if (local.isAnswered(key, Objects.requireNonNull(here.get(name)))) {
        return null;
      }
      here.remove(name);
    }
  }

  /** The run id under which a version is to come here. */
  String runIdOf(RemoteVersion version) {
    return runIds.getOrDefault(version.runId(), version.runId());
  }

  /** A version has come, or would: its payload is there, under this run id. */
  void taken(RemoteVersion version, String runId) {
    here.put(version.runId(), new Here(new Candidate(runId, version.manifest()), false));
  }

  /** Some have come, or will not. */
  void passed(Set<RemoteVersion> versions) {
    left.removeAll(versions);
  }

  boolean isOver() {
    return left.isEmpty();
  }
}
