package io.warmstart.ranking;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * Which of a key's entries is the one to start from, and which comes next if that proves
 * unreadable. The answer depends on the entries alone, never on the order in which they are listed.
 */
public enum RankingRule {
  /**
   * The lowest objective. Objectives closer than {@link #OBJECTIVE_TIE} to the lowest tie with it;
   * among these a final result is preferred, then the latest written. Any objective beats none.
   * Entries without objectives go by the latest written.
   */
  LOWEST_OBJECTIVE {
    @Override
    public List<Candidate> preferenceOrder(Collection<Candidate> candidates) {
      List<Candidate> order = new ArrayList<>(candidates.size());
      List<Candidate> without = new ArrayList<>();
      List<Candidate> with = new ArrayList<>();
      for (Candidate candidate : candidates) {
        (hasObjective(candidate) ? with : without).add(candidate);
      }
      addByObjective(with, order);
      without.sort(LATEST_FIRST);
      order.addAll(without);
      return order;
    }

    @Override
    public Optional<Candidate> winner(Collection<Candidate> candidates) {
      double lowest = Double.POSITIVE_INFINITY;
      for (Candidate candidate : candidates) {
        if (hasObjective(candidate)) {
          lowest = Math.min(lowest, objective(candidate));
        }
      }
      if (lowest == Double.POSITIVE_INFINITY) {
        return LATEST.winner(candidates);
      }
      Candidate best = null;
      for (Candidate candidate : candidates) {
        if (hasObjective(candidate)
            && objective(candidate) - lowest < OBJECTIVE_TIE
            && (best == null || TIE_ORDER.compare(candidate, best) < 0)) {
          best = candidate;
        }
      }
      return Optional.ofNullable(best);
    }
  },

  /** The latest written, a final result before a checkpoint of the same stamp. */
  LATEST {
    @Override
    public List<Candidate> preferenceOrder(Collection<Candidate> candidates) {
      List<Candidate> order = new ArrayList<>(candidates);
      order.sort(LATEST_FIRST);
      return order;
    }

    @Override
    public Optional<Candidate> winner(Collection<Candidate> candidates) {
      return candidates.stream().min(LATEST_FIRST);
    }
  },

  /** The latest final result if there is one, else the best checkpoint by lowest objective. */
  FINAL_FIRST {
    @Override
    public List<Candidate> preferenceOrder(Collection<Candidate> candidates) {
      List<Candidate> order = LATEST.preferenceOrder(ofKind(candidates, true));
      order.addAll(LOWEST_OBJECTIVE.preferenceOrder(ofKind(candidates, false)));
      return order;
    }

    @Override
    public Optional<Candidate> winner(Collection<Candidate> candidates) {
      Optional<Candidate> latestFinal = LATEST.winner(ofKind(candidates, true));
      return latestFinal.isPresent() ? latestFinal : LOWEST_OBJECTIVE.winner(candidates);
    }
  };

  /*
   * "Closer than 1e-12 ties" is no order: a may tie with b and b with c while a beats c, and a scan
   * that keeps the better of two then answers by the order of the listing. So a tie here is always
   * a tie with the lowest objective among those in question: first find it, then choose among all
   * that tie with it. The runner-up is the winner of the rest, found by the same rule.
   *
   * Run ids are unique within a key, so with them as the last word every order below is total.
   */

  /** Objectives that differ by less than this are equally good. */
  public static final double OBJECTIVE_TIE = 1e-12;

  private static final Comparator<Candidate> BY_STAMP =
      Comparator.comparing(candidate -> candidate.manifest().written());
  private static final Comparator<Candidate> BY_FINAL =
      Comparator.comparing(candidate -> candidate.manifest().finalResult());
  private static final Comparator<Candidate> BY_RUN_ID = Comparator.comparing(Candidate::runId);

  /** Preferred first: latest, then final, then the greatest run id, fresh ids sorting by time. */
  private static final Comparator<Candidate> LATEST_FIRST =
      BY_STAMP.thenComparing(BY_FINAL).thenComparing(BY_RUN_ID).reversed();

  /** Preferred first, among equally good objectives: final, then latest, then run id. */
  private static final Comparator<Candidate> TIE_ORDER =
      BY_FINAL.thenComparing(BY_STAMP).thenComparing(BY_RUN_ID).reversed();

  /** Returns the preferred candidate; empty if there are none. */
  public abstract Optional<Candidate> winner(Collection<Candidate> candidates);

  /**
   * Returns all candidates, the winner first and each next one the winner among those after it. The
   * list is new and the caller's.
   */
  public abstract List<Candidate> preferenceOrder(Collection<Candidate> candidates);

  /**
   * Compares two candidates as if they were the only ones: negative if {@code a} is preferred,
   * positive if {@code b} is, 0 only for the same run id. Because of ties this is no comparator for
   * sorting; that is what {@link #preferenceOrder} is for.
   */
  int compare(Candidate a, Candidate b) {
    if (a.runId().equals(b.runId())) {
      return 0;
    }
    return winner(List.of(a, b)).orElseThrow().runId().equals(a.runId()) ? -1 : 1;
  }

  private static boolean hasObjective(Candidate candidate) {
    return candidate.manifest().objective().isPresent();
  }

  private static double objective(Candidate candidate) {
    return candidate.manifest().objective().getAsDouble();
  }

  private static List<Candidate> ofKind(Collection<Candidate> candidates, boolean finalResult) {
    List<Candidate> chosen = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (candidate.manifest().finalResult() == finalResult) {
        chosen.add(candidate);
      }
    }
    return chosen;
  }

  /**
   * Appends {@code candidates}, which all have objectives, in preference order. The lowest
   * objective among those left only grows, so a candidate that once ties with it ties until taken:
   * each enters the queue of the tied once, and the whole takes n log n.
   */
  private static void addByObjective(List<Candidate> candidates, List<Candidate> order) {
    candidates.sort(Comparator.comparingDouble(RankingRule::objective).thenComparing(TIE_ORDER));
    PriorityQueue<Ranked> tied = new PriorityQueue<>();
    boolean[] taken = new boolean[candidates.size()];
    int lowest = 0;
    int nextToTie = 0;
    while (lowest < candidates.size()) {
      double lowestObjective = objective(candidates.get(lowest));
      while (nextToTie < candidates.size()
          && objective(candidates.get(nextToTie)) - lowestObjective < OBJECTIVE_TIE) {
        tied.add(new Ranked(candidates.get(nextToTie), nextToTie));
        nextToTie++;
      }
      Ranked best = tied.remove();
      order.add(best.candidate());
      taken[best.index()] = true;
      while (lowest < candidates.size() && taken[lowest]) {
        lowest++;
      }
    }
  }

  /** A candidate and its place in the order of objectives. */
  private record Ranked(Candidate candidate, int index) implements Comparable<Ranked> {
    @Override
    public int compareTo(Ranked other) {
      return TIE_ORDER.compare(candidate, other.candidate);
    }
  }
}
