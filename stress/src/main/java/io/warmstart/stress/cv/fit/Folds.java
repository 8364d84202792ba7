package io.warmstart.stress.cv.fit;

import java.util.Random;
import java.util.stream.IntStream;

/**
 * A split of the observations into folds that keeps the share of each class, the same for the same
 * seed on every machine: {@link Random}'s sequence is part of its specification.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class Folds {
  private final int[] foldOfRow;
  private final int count;

  private Folds(int[] foldOfRow, int count) {
    this.foldOfRow = foldOfRow;
    this.count = count;
  }

  /**
   * Deals the shuffled rows of each class round the folds.
   *
   * @throws IllegalArgumentException if some fold would leave a class without any training row
   */
  public static Folds stratified(Observations observations, int count, long seed) {
    if (count < 2 || count > observations.rows()) {
      throw new IllegalArgumentException(
          "folds: expected=2..%d actual=%d".formatted(observations.rows(), count));
    }
    int[] shuffled = IntStream.range(0, observations.rows()).toArray();
    Random random = new Random(seed);
    for (int i = shuffled.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int row = shuffled[i];
      shuffled[i] = shuffled[other];
      shuffled[other] = row;
    }
    int[] foldOfRow = new int[shuffled.length];
    int dealt = 0;
    for (int label = 0; label < observations.classes(); label++) {
      int ofClass = 0;
      for (int row : shuffled) {
        if (observations.label(row) == label) {
          foldOfRow[row] = dealt % count;
          dealt++;
          ofClass++;
        }
      }
      if (ofClass < 2) {
        throw new IllegalArgumentException(
            "rows of class %d: expected=at least 2 actual=%d; take more rows"
                .formatted(label, ofClass));
      }
    }
    return new Folds(foldOfRow, count);
  }

  public int count() {
    return count;
  }

  /** Rows to fit on, ascending; {@link #count} as {@code fold} means all rows, none held out. */
  public int[] trainingRows(int fold) {
    return IntStream.range(0, foldOfRow.length).filter(row -> foldOfRow[row] != fold).toArray();
  }

  /** Rows to judge the fit on, ascending; none for {@link #count}. */
  public int[] heldOutRows(int fold) {
    return IntStream.range(0, foldOfRow.length).filter(row -> foldOfRow[row] == fold).toArray();
  }
}
