package io.warmstart.stress.cv.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FoldsTest {
  private final Observations digits = Observations.digits();

  @Test
  void everyRowIsHeldOutExactlyOnce() {
    Folds folds = Folds.stratified(digits, 10, 1);

    int[] heldOut = new int[digits.rows()];
    for (int fold = 0; fold < folds.count(); fold++) {
      for (int row : folds.heldOutRows(fold)) {
        heldOut[row]++;
      }
      assertEquals(digits.rows(), folds.heldOutRows(fold).length + folds.trainingRows(fold).length);
    }

    assertTrue(Arrays.stream(heldOut).allMatch(times -> times == 1));
    assertArrayEquals(
        IntStream.range(0, digits.rows()).toArray(), folds.trainingRows(folds.count()));
    assertEquals(0, folds.heldOutRows(folds.count()).length);
  }

  @Test
  void everyFoldHoldsEachClassInProportion() {
    Folds folds = Folds.stratified(digits, 10, 1);

    for (int label = 0; label < 10; label++) {
      int wanted = label;
      int least = Integer.MAX_VALUE;
      int most = 0;
      for (int fold = 0; fold < folds.count(); fold++) {
        int members =
            (int)
                Arrays.stream(folds.heldOutRows(fold))
                    .filter(row -> digits.label(row) == wanted)
                    .count();
        least = Math.min(least, members);
        most = Math.max(most, members);
      }
      assertTrue(most - least <= 1, "class " + label + ": " + least + ".." + most);
    }
  }

  @Test
  void splitDependsOnTheSeedAlone() {
    int[] first = Folds.stratified(digits, 10, 7).heldOutRows(3);

    assertArrayEquals(first, Folds.stratified(digits, 10, 7).heldOutRows(3));
    assertFalse(Arrays.equals(first, Folds.stratified(digits, 10, 8).heldOutRows(3)));
  }

  @Test
  void impossibleSplitsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Folds.stratified(digits, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> Folds.stratified(digits, 1798, 1));
    Observations few = digits.firstRows(12);
    assertThrows(IllegalArgumentException.class, () -> Folds.stratified(few, 2, 1));
  }
}
