package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Owner;
import io.warmstart.mapped.ControlLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BiasesTest {
  @ParameterizedTest
  @CsvSource({"0, 1", "1, 7", "1023, 1", "5, 2147483647", "700, 4294967295"})
  void aBiasNamesItsOwnerAndAFlippedBitMakesNone(int row, long epoch) {
    Owner owner = new Owner(row, 42, epoch);
    long bias = Biases.of(owner);

    assertNotEquals(0, bias);
    assertTrue(Biases.isOne(bias));
    assertFalse(Biases.isRevoked(bias));
    assertNotEquals(bias, Biases.of(new Owner(row, 42, epoch + 1)));
    long revoked = Biases.revoked(bias);
    assertTrue(Biases.isOne(revoked));
    assertTrue(Biases.isRevoked(revoked));
    assertEquals(Biases.notInUse(bias), Biases.notInUse(revoked));
    for (int bit = 0; bit < 63; bit++) {
      assertFalse(Biases.isOne(bias ^ 1L << bit), "bit " + bit);
    }
  }

  @Test
  void whatNobodyCanHaveWrittenIsNone() {
    assertFalse(Biases.isOne(Biases.NONE));
    assertFalse(Biases.isOne(0));
    assertFalse(Biases.isOne(Biases.revoked(0)));
    assertFalse(Biases.isOne(-1));
    assertFalse(Biases.isOne(1));
    assertFalse(Biases.isOne(Biases.of(new Owner(ControlLayout.PROCESS_ROWS, 0, 1))));
    assertFalse(Biases.isOne(Biases.notInUse(Biases.of(new Owner(3, 0, 5)))));
  }
}
