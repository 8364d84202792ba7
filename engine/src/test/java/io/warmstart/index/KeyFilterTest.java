package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Digest256;
import io.warmstart.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class KeyFilterTest {
  private static final int OTHERS = 100_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 1000, 65_536, 100_001})
  void itHasEachOfItsKeysAndFewOthers(int count, Random random) {
    List<Digest256> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keys.add(
          Digest256.ofWords(
              random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()));
    }

    KeyFilter filter = new KeyFilter(keys);

    assertTrue(keys.stream().allMatch(filter::mayHave));
    long wrong =
        IntStream.range(0, OTHERS)
            .mapToObj(i -> Digest256.ofWords(random.nextLong(), random.nextLong(), i, 0))
            .filter(filter::mayHave)
            .count();
    assertTrue(wrong < OTHERS / 100, wrong + " of " + OTHERS);
  }

  /** A caller's own fingerprints need not be hashes. */
  @Test
  void keysThatCountUpAreToldApart() {
    List<Digest256> keys =
        IntStream.range(0, 10_000).mapToObj(i -> Digest256.ofWords(0, 0, 0, i)).toList();

    KeyFilter filter = new KeyFilter(keys);

    assertTrue(keys.stream().allMatch(filter::mayHave));
    long wrong =
        IntStream.range(10_000, 10_000 + OTHERS)
            .mapToObj(i -> Digest256.ofWords(0, 0, 0, i))
            .filter(filter::mayHave)
            .count();
    assertTrue(wrong < OTHERS / 100, wrong + " of " + OTHERS);
  }

  @Test
  void anEmptyRootHasNone() {
    assertFalse(new KeyFilter(List.of()).mayHave(Digest256.ofWords(1, 2, 3, 4)));
  }
}
