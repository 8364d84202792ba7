package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.index.table.BestAndLatest;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.model.Digest256;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.Rankings;
import io.warmstart.testing.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** By the index the same entries are a key's best and latest as by its manifests. */
@ExtendWith(Seeds.class)
class BestAndLatestTest {
  private static final double[] OBJECTIVES = {Double.NaN, 0, 0, 1e-13, 2e-12, 5};
  private static final Digest256 KEY = IndexModel.key(1);

  @TempDir Path parent;

  @Test
  void theyAreThoseOfTheRankings(Random random) throws Exception {
    try (IndexRoot root = IndexRoot.open(parent)) {
      for (int round = 0; round < 500; round++) {
        IndexModel model = new IndexModel(new MemoryIndex());
        IndexModel.Member process = new IndexModel.Member(root, model.memory);
        List<Candidate> candidates = new ArrayList<>();
        List<Long> stamps = new ArrayList<>(IntStream.range(1, 8).mapToObj(Long::valueOf).toList());
        Collections.shuffle(stamps, random);
        for (int n = random.nextInt(stamps.size()); n >= 0; n--) {
          double objective = OBJECTIVES[random.nextInt(OBJECTIVES.length)];
          boolean isFinal = random.nextInt(3) == 0;
          long written = stamps.get(n);
          model.publish(
              process,
              KEY,
              new EntryFacts("run-" + n, written, written, false, 100, objective, isFinal));
          candidates.add(candidate("run-" + n, written, objective, isFinal));
        }

        Set<String> found = new TreeSet<>();
        BestAndLatest either = BestAndLatest.of(process.attached().entries(), KEY);
        for (RecordedEntry each : process.attached().entries().entriesOf(KEY)) {
          if (either.includes(each)) {
            found.add(Objects.requireNonNull(each.runId()));
          }
        }

        assertEquals(
            new TreeSet<>(Rankings.bestAndLatest(candidates)), found, () -> "of " + candidates);
      }
    }
  }

  private static Candidate candidate(
      String runId, long writtenNanos, double objective, boolean isFinal) {
    return new Candidate(
        runId,
        Manifest.ofNewEntry(
            "test",
            Stamp.ofUnixNanos(writtenNanos),
            Double.isNaN(objective) ? OptionalDouble.empty() : OptionalDouble.of(objective),
            OptionalLong.empty(),
            isFinal,
            KEY,
            0));
  }
}
